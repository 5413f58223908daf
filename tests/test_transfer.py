"""export, import, merge: what went out comes back equal, and nothing foreign comes in."""

from __future__ import annotations

import json
import os
import pickle
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fewshot import FewshotError, Recognizer
from fewshot.cli.output import Row
from fewshot.errors import CannotWrite, FileDamaged, RecipeMismatch, UnreadableFile
from fewshot.recipe import Recipe
from fewshot.store import Store
from tests.conftest import Run, draw

Change = Callable[[dict[str, Any], dict[str, Any]], None]


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    path = tmp_path / "mine.db"
    with Recognizer.create(path) as recognizer:
        recognizer.enroll([draw("red", 0), draw("red", 1)], "red")
        recognizer.enroll(draw("green"), "gone")
        recognizer.enroll(draw("blue"), "Ælf 青")
        recognizer.forget("gone")
    return path


@pytest.fixture
def exported(gallery: Path, tmp_path: Path) -> Path:
    with Recognizer.open(gallery) as recognizer:
        assert recognizer.export(tmp_path / "mine.npz") == 3
    return tmp_path / "mine.npz"


def content(path: Path) -> list[Row]:
    """All that stands in a gallery, but for ids."""
    with closing(Store.open(path)) as store:
        rows = []
        for name in store.names():
            for one in store.references(name):
                kept = (one.name, one.source, one.box, one.enrolled_at, one.digest)
                rows.append({"kept": kept, "jpeg": store.thumbnail(one.id)})
        vectors = [blob for _, _, blob in store.vectors()]
        return [*rows, {"vectors": vectors}, {"recipe": store.recipe.to_json()}]


def test_what_is_exported_comes_back_equal(gallery: Path, exported: Path, tmp_path: Path) -> None:
    with Recognizer.create_for(exported, tmp_path / "new.db") as recognizer:
        brought = recognizer.import_from(exported)
    assert (brought.references, brought.already, brought.names) == (3, 0, 2)
    assert content(tmp_path / "new.db") == content(gallery)


def test_the_imported_is_recognized(exported: Path, tmp_path: Path) -> None:
    with Recognizer.create_for(exported, tmp_path / "new.db") as recognizer:
        recognizer.import_from(exported)
        assert recognizer.match(draw("blue")).name == "Ælf 青"


def test_the_same_gallery_is_the_same_file(gallery: Path, exported: Path, tmp_path: Path) -> None:
    with Recognizer.open(gallery) as recognizer:
        recognizer.export(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == exported.read_bytes()


def test_numpy_reads_an_export_without_pickle(gallery: Path, exported: Path) -> None:
    with np.load(exported, allow_pickle=False) as columns:
        assert columns["names"].tolist() == ["red", "Ælf 青"]
        assert columns["identity"].tolist() == [0, 0, 1]
        lengths = np.linalg.norm(columns["vectors"], axis=1)
        assert lengths == pytest.approx(np.ones(3), abs=1e-5)
        first = columns["thumbnails"][: columns["thumbnails.ends"][0]].tobytes()
    assert first.startswith(b"\xff\xd8")
    with Recognizer.open(gallery) as recognizer:
        assert first == recognizer.thumbnail(recognizer.references("red")[0].id)


def test_an_import_is_one_operation_and_can_be_undone(exported: Path, gallery: Path) -> None:
    with Recognizer.open(gallery) as recognizer:
        recognizer.forget("red")
        before = content(gallery)
        assert recognizer.import_from(exported).references == 2
        assert recognizer.history(1)[0].what == "import"
        recognizer.undo()
        assert content(gallery) == before


def test_an_import_twice_adds_nothing(exported: Path, gallery: Path) -> None:
    with Recognizer.open(gallery) as recognizer:
        brought = recognizer.import_from(exported)
    assert (brought.references, brought.already) == (0, 3)


def test_a_gallery_of_another_recipe_takes_no_export(exported: Path, tmp_path: Path) -> None:
    with closing(Store.create(tmp_path / "b.db", Recipe("whole", "other", "ab", None, 4))) as store:
        assert store.is_empty()
    refusal = pytest.raises(RecipeMismatch, match="belongs to one made the same way")
    with refusal:
        Recognizer.create_for(exported, tmp_path / "b.db")
    with Recognizer.open(tmp_path / "b.db") as recognizer, refusal:
        recognizer.import_from(exported)


def test_two_galleries_are_merged(gallery: Path, tmp_path: Path) -> None:
    with Recognizer.create(tmp_path / "other.db") as other:
        other.enroll([draw("red", 1), draw("red", 7)], "red")
        other.enroll(draw("yellow"), "yellow")
    before = (tmp_path / "other.db").read_bytes()
    with Recognizer.open(gallery) as recognizer:
        brought = recognizer.merge(tmp_path / "other.db")
        assert (brought.references, brought.already, brought.names) == (2, 1, 2)
        assert len(recognizer.references("red")) == 3
        assert recognizer.match(draw("yellow")).name == "yellow"
        assert recognizer.undo().what == "merge"
        assert len(recognizer.references("red")) == 2
    assert (tmp_path / "other.db").read_bytes() == before


def test_galleries_of_two_recipes_are_not_merged(gallery: Path, tmp_path: Path) -> None:
    Store.create(tmp_path / "b.db", Recipe("whole", "other", "ab", None, 4)).close()
    with Recognizer.open(gallery) as recognizer, pytest.raises(RecipeMismatch):
        recognizer.merge(tmp_path / "b.db")


def test_a_vector_that_is_none_is_not_merged(gallery: Path, tmp_path: Path) -> None:
    with Recognizer.create(tmp_path / "bad.db") as bad:
        bad.enroll(draw("yellow"), "yellow")
        nothing = 4 * bad._store.recipe.d
        bad._store.connection.execute(
            "UPDATE picture_references SET vector = zeroblob(?)", [nothing]
        )
    with Recognizer.open(gallery) as recognizer:
        with pytest.raises(FewshotError, match="vectors must have length 1"):
            recognizer.merge(tmp_path / "bad.db")
        assert len(recognizer.identities()) == 2


@pytest.mark.parametrize("kind", ["npz", "thumbnails", "projector"])
def test_an_export_is_its_owner_s_or_says_where_it_cannot_be_written(
    gallery: Path, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "file").write_text("x")
    with Recognizer.open(gallery) as recognizer, pytest.raises(CannotWrite):
        recognizer.export(tmp_path / "file" / "target", kind)


def test_an_export_does_not_replace_what_is_none(gallery: Path) -> None:
    before = gallery.read_bytes()
    refusal = pytest.raises(CannotWrite, match="it is there already")
    with Recognizer.open(gallery) as recognizer, refusal:
        recognizer.export(gallery)
    assert gallery.read_bytes() == before


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_an_export_that_fails_leaves_the_one_before(
    gallery: Path, exported: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr({"fsync": "os.fsync", "replace": "pathlib.Path.replace"}[step], full)
    before = exported.read_bytes()
    with Recognizer.open(gallery) as recognizer:
        recognizer.rename("red", "rot")
        with pytest.raises(CannotWrite, match="no space left"):
            recognizer.export(exported)
    assert exported.read_bytes() == before
    assert {path.name for path in exported.parent.iterdir()} == {"mine.db", "mine.npz"}


def rebuilt(path: Path, change: Change) -> Path:
    """Write an export anew, its columns and its manifest changed, its checksums right."""
    import io
    from hashlib import sha256

    with np.load(path) as old:
        columns: dict[str, Any] = {name: old[name] for name in old.files if name[-5:] != ".json"}
        manifest = json.loads(old["manifest.json"])
    change(columns, manifest)
    spoiled = path.with_name("spoiled.npz")
    with zipfile.ZipFile(spoiled, "w") as archive:
        for name, column in columns.items():
            data = column
            if not isinstance(column, bytes):
                buffer = io.BytesIO()
                np.save(buffer, column, allow_pickle=True)
                data = buffer.getvalue()
            archive.writestr(f"{name}.npy", data)
            manifest["sha256"][name] = sha256(data).hexdigest()
        for name in set(manifest["sha256"]) - set(columns):
            del manifest["sha256"][name]
        archive.writestr("manifest.json", json.dumps(manifest))
    return spoiled


class Boom:
    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (os.environ["BOOM"], "w"))


def put(name: str, value: Callable[[Any], Any]) -> Change:
    def change(columns: dict[str, Any], _: dict[str, Any]) -> None:
        columns[name] = value(columns.get(name))

    return change


def say(key: str, value: object) -> Change:
    def change(_: dict[str, Any], manifest: dict[str, Any]) -> None:
        manifest[key] = value

    return change


SPOILED: dict[str, tuple[Change, str]] = {
    "another format": (say("format", "cake"), "no export of a gallery"),
    "a later version": (say("version", 4), "a later version"),
    "no recipe": (say("recipe", {"d": 3}), "recipe cannot be read"),
    "another d": (put("vectors", lambda v: v[:, :7]), "vectors is float32 of shape"),
    "a vector not of length 1": (put("vectors", lambda v: v * 2), "length 1"),
    "a vector that is no number": (put("vectors", lambda v: v * np.nan), "length 1"),
    "a name too few": (put("names", lambda v: v[:1]), "out of bounds"),
    "a name empty": (put("names", lambda v: np.array(["", "b"])), "as a name"),
    "fewer rows": (put("boxes", lambda v: v[:1]), "not of one length"),
    "a negative box": (put("boxes", lambda v: -v), "out of bounds"),
    "ends running back": (put("sources.ends", lambda v: v[::-1].copy()), "out of bounds"),
    "ends beyond the end": (put("thumbnails.ends", lambda v: v + 9), "ends too early"),
    "text that is none": (put("sources", lambda v: v | 0x80), "utf-8"),
    "objects": (put("vectors", lambda v: np.array([Boom()] * 3, object)), "cannot be read"),
    "a pickle": (put("vectors", lambda v: pickle.dumps(Boom())), "cannot be read"),
    "a monstrous shape": (
        put("identity", lambda v: b"\x93NUMPY\x01\x00v\x00" + str(
            {"descr": "<i8", "fortran_order": False, "shape": (10**18,)}
        ).ljust(117).encode() + b"\n"),
        "cannot be read",
    ),
    "a member elsewhere": (put("../../evil", lambda v: np.zeros(3)), ""),
}  # fmt: skip


@pytest.mark.parametrize("kind", [kind for kind in SPOILED if SPOILED[kind][1]])
def test_a_spoiled_export_is_refused_and_nothing_changed(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("BOOM", str(tmp_path / "boom"))
    change, words = SPOILED[kind]
    spoiled = rebuilt(exported, change)
    with pytest.raises(FileDamaged, match=words):
        Recognizer.create_for(spoiled, tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()
    assert not (tmp_path / "boom").exists()


def test_the_pickle_of_these_tests_would_do_harm_if_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOOM", str(tmp_path / "boom"))
    pickle.loads(pickle.dumps(Boom())).close()
    assert (tmp_path / "boom").exists()


def test_a_member_with_a_path_is_written_nowhere(exported: Path, tmp_path: Path) -> None:
    spoiled = rebuilt(exported, SPOILED["a member elsewhere"][0])
    before = set(tmp_path.parent.rglob("*"))
    with Recognizer.create_for(spoiled, tmp_path / "new.db") as recognizer:
        recognizer.import_from(spoiled)
    made = {path.name for path in set(tmp_path.parent.rglob("*")) - before}
    assert made == {"new.db"}


def test_a_compressed_export_is_refused(exported: Path, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.npz"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", "{}" + " " * 10_000_000)
    with pytest.raises(FileDamaged):
        Recognizer.create_for(bomb, tmp_path / "new.db")


@pytest.mark.parametrize("at", range(0, 100, 7))
def test_a_byte_changed_anywhere_is_noticed_or_changes_nothing(
    gallery: Path, exported: Path, tmp_path: Path, at: int
) -> None:
    data = bytearray(exported.read_bytes())
    data[at * len(data) // 100] ^= 0x10
    exported.write_bytes(data)
    try:
        with Recognizer.create_for(exported, tmp_path / "new.db") as recognizer:
            recognizer.import_from(exported)
    except FileDamaged:
        assert not (tmp_path / "new.db").exists()
    else:  # a date in the zip's table, say
        assert content(tmp_path / "new.db") == content(gallery)


def test_a_missing_export_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="no such file"):
        Recognizer.create_for(tmp_path / "none.npz", tmp_path / "new.db")


def test_the_commands_say_what_they_did(fewshot: Run, gallery: Path, tmp_path: Path) -> None:
    there = tmp_path / "there.npz"
    answer = fewshot("export", there, "-g", gallery)
    assert (answer.code, answer.out) == (0, f"3 reference(s) written to {there}\n")
    answer = fewshot("import", there, "--json")
    (row,) = answer.json["imported"]
    assert row == {
        **{"source": str(there), "references": 3, "already": 0, "names": 2},
        **{"corrections": 0, "strangers": 0, "corrected": 0},
    }
    assert fewshot("merge", gallery).out == (
        f"0 reference(s) of 0 name(s) added from {gallery}, 3 already there\n"
    )
    answer = fewshot("import", gallery)
    assert (answer.code, "it is a database" in answer.err) == (2, True)
