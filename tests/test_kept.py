"""kept: vectors are made once; a cache that is damaged costs time alone."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from numpy.typing import NDArray

from fewshot.backbones.catalog import PALETTE
from fewshot.backbones.palette import Palette
from fewshot.evaluation import kept as kept_module
from fewshot.evaluation.embedding import embed_samples
from fewshot.evaluation.kept import Kept, forget_kept, vectors_folder
from fewshot.evaluation.samples import read_samples
from fewshot.watch import Watch
from tests.conftest import Folder, Run

KEY = sha256(b"a picture").hexdigest()


class Counting(Palette):
    """Palette that counts what it embeds."""

    asked = 0

    def embed(self, crops, *, threads=1):  # type: ignore[no-untyped-def]
        self.asked += len(crops)
        return super().embed(crops, threads=threads)


def embedded(folder: Path, view: str = "color", keep: bool = True) -> tuple[NDArray[Any], int]:
    backbone = Counting(PALETTE)
    found = embed_samples(read_samples(folder), backbone, view, Watch(), keep=keep)
    return found.vectors, backbone.asked


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    with Kept(tmp_path / "a" / "kept.db") as one:
        one.put({KEY: b"content"})
    with Kept(tmp_path / "a" / "kept.db") as one:
        assert one.get([KEY, "00" * 32]) == {KEY: b"content"}


def test_a_picture_is_embedded_once(folder_of: Folder) -> None:
    folder = folder_of(red=2, blue=2)
    first, asked = embedded(folder)
    again, asked_again = embedded(folder)
    assert (asked, asked_again) == (4, 0)
    assert (first == again).all()


def test_a_picture_is_known_by_its_content(folder_of: Folder) -> None:
    folder = folder_of(red=2, blue=2)
    embedded(folder)
    (folder / "red" / "00.png").rename(folder / "red" / "moved.png")
    assert embedded(folder)[1] == 0


def test_other_colors_are_embedded_by_themselves(folder_of: Folder) -> None:
    folder = folder_of(red=1, blue=1)
    color, _ = embedded(folder)
    gray, asked = embedded(folder, "gray")
    assert asked == 2
    assert (color != gray).any()


def test_nothing_is_kept_unless_it_is_wanted(folder_of: Folder) -> None:
    folder = folder_of(red=1, blue=1)
    embedded(folder, keep=False)
    assert not vectors_folder().exists()
    assert embedded(folder)[1] == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    Kept(tmp_path / "kept.db").close()
    assert stat.S_IMODE((tmp_path / "kept.db").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\x00" + b"\xff" * 200])
def test_a_damaged_cache_is_made_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "kept.db").write_bytes(content)
    with Kept(tmp_path / "kept.db") as one:
        one.put({KEY: b"content"})
        assert one.get([KEY]) == {KEY: b"content"}


def test_a_database_of_others_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE kept (digest BLOB PRIMARY KEY, content BLOB)")
        other.execute("INSERT INTO kept VALUES (?, ?)", (bytes.fromhex(KEY), b"content"))
    other.close()
    with Kept(path) as one:
        assert one.get([KEY]) == {}


@pytest.mark.parametrize("content", [b"", b"short", b"\x00" * 4 * PALETTE.d, b"\xff" * 4 * 502])
def test_a_vector_that_is_none_is_made_anew(folder_of: Folder, content: bytes) -> None:
    folder = folder_of(red=1, blue=1)
    right, _ = embedded(folder)
    [path] = vectors_folder().glob("*.db")
    with Kept(path) as one:
        one.put(dict.fromkeys(read_samples(folder).digests, content))
    again, asked = embedded(folder)
    assert asked == 2
    assert (again == right).all()


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with Kept(tmp_path / "file" / "kept.db") as one:
        one.put({KEY: b"content"})
        assert one.get([KEY]) == {}


def test_what_is_forgotten_is_in_no_file_any_more(folder_of: Folder) -> None:
    folder = folder_of(red=1, blue=1)
    samples = read_samples(folder)
    vectors, _ = embedded(folder)
    [path] = vectors_folder().glob("*.db")
    whole = vectors[1].astype("<f4").tobytes()
    parts = [whole[at : at + 100] for at in range(0, len(whole) - 100, 100)]  # pages part it
    assert sum(one in path.read_bytes() for one in parts) > 15
    assert forget_kept([samples.digests[1]]) == []
    assert not any(one in path.read_bytes() for one in parts)
    assert embedded(folder)[1] == 1


def test_a_name_that_is_erased_is_in_no_cache_either(folder_of: Folder, fewshot: Run) -> None:
    folder = folder_of(red=2, blue=1)
    embedded(folder)
    fewshot("enroll", folder)
    assert fewshot("forget", "red").code == 0
    assert embedded(folder)[1] == 0  # undo may bring it back
    assert fewshot("forget", "red", "--erase").code == 0
    assert embedded(folder)[1] == 2


def test_a_vector_that_was_changed_is_made_anew(folder_of: Folder) -> None:
    folder = folder_of(red=1, blue=1)
    right, _ = embedded(folder)
    [path] = vectors_folder().glob("*.db")
    with sqlite3.connect(path) as kept:
        turned = (-right[0]).astype("<f4").tobytes()  # of length 1 too
        kept.execute("UPDATE kept SET content = ?", (turned,))
    kept.close()
    again, asked = embedded(folder)
    assert asked == 2
    assert (again == right).all()


def test_a_file_that_is_damaged_within_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    digests = [sha256(bytes([number])).hexdigest() for number in range(200)]
    with Kept(path) as one:
        one.put(dict.fromkeys(digests, b"content" * 50))
    whole = bytearray(path.read_bytes())
    whole[4096:] = b"\xff" * (len(whole) - 4096)
    path.write_bytes(bytes(whole))
    with Kept(path) as one:
        assert one.get(digests) == {}
        one.put({KEY: b"content"})
        assert one.get([KEY]) == {KEY: b"content"}


def test_processes_that_make_it_at_once_lose_nothing(tmp_path: Path) -> None:
    program = (
        "import sys; from hashlib import sha256; from pathlib import Path\n"
        "from fewshot.evaluation.kept import Kept\n"
        "Kept(Path(sys.argv[1])).put({sha256(sys.argv[2].encode()).hexdigest(): b'x'})"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "kept.db"), str(number)])
        for number in range(6)
    ]
    assert [one.wait() for one in started] == [0] * 6
    digests = [sha256(str(number).encode()).hexdigest() for number in range(6)]
    with Kept(tmp_path / "kept.db") as one:
        assert len(one.get(digests)) == 6


def test_vectors_that_cannot_be_forgotten_now_are_said(
    folder_of: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_of(red=1, blue=1)
    embedded(folder)
    [path] = vectors_folder().glob("*.db")
    monkeypatch.setattr(kept_module, "_WAIT", 0.01)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert forget_kept(read_samples(folder).digests) == [path]
    other.execute("ROLLBACK")
    other.close()
