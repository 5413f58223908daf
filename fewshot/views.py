"""A gallery comes in; a folder for other programs goes out: its thumbnails, or its vectors.

`thumbnails`: an ImageFolder, one sub-folder a name, as Keras, torchvision and `enroll` read it.
`projector`: `vectors.tsv` and `metadata.tsv`, as the TensorFlow embedding projector reads them.
"""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

import numpy as np

from fewshot.errors import CannotWrite, GalleryDamaged
from fewshot.store import MAX_THUMBNAIL, Store
from fewshot.watch import Watch

_UNSAFE = re.compile(r'[\x00-\x1f\x7f"*/:<>?\\|%]|^\.|[. ]$')
_MOST_BYTES = 200
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def export_thumbnails(store: Store, folder: Path, watch: Watch) -> int:
    """Write each reference's thumbnail to FOLDER/NAME/ID.jpg; return how many.

    Raises CannotWrite, also where the folder is there and holds anything.
    """
    _make_empty(folder)
    with store.reading(), watch.bar("exporting", store.count()) as advance:
        names = store.names()
        folders = dict(zip(names, folder_names(names), strict=True))
        rows = store.stream(
            """SELECT r.id, i.name, t.jpeg FROM picture_references r
               JOIN identities i ON i.id = r.identity AND i.forgotten IS NULL
               JOIN thumbnails t ON t.reference = r.id AND length(t.jpeg) <= ? ORDER BY r.id""",
            (int, str, bytes),
            (MAX_THUMBNAIL,),
        )
        count = 0
        for number, name, jpeg in rows:
            if name not in folders:
                raise GalleryDamaged(store.path, "a reference belongs to nobody")
            path = folder / folders[name] / f"{number}.jpg"
            try:
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(jpeg)
            except OSError as error:
                raise CannotWrite(path, (error.strerror or str(error)).lower(), "file") from error
            count += 1
            advance(1)
    return count


def export_projector(store: Store, folder: Path, watch: Watch) -> int:
    """Write `vectors.tsv` and `metadata.tsv` (name, reference, source); return how many rows.

    Raises CannotWrite, also where the folder is there and holds anything.
    """
    _make_empty(folder)
    with store.reading(), watch.bar("exporting", store.count()) as advance:
        rows = store.stream(
            """SELECT r.id, i.name, r.source, r.vector FROM picture_references r
               JOIN identities i ON i.id = r.identity AND i.forgotten IS NULL ORDER BY r.id""",
            (int, str, str, bytes),
        )
        count = 0
        try:
            with (
                (folder / "vectors.tsv").open("x", encoding="utf-8", newline="\n") as vectors,
                (folder / "metadata.tsv").open("x", encoding="utf-8", newline="\n") as metadata,
            ):
                metadata.write("name\treference\tsource\n")
                for number, name, source, blob in rows:
                    if len(blob) != 4 * store.recipe.d:
                        raise GalleryDamaged(store.path, "a reference has no vector of its d")
                    numbers = np.frombuffer(blob, "<f4").tolist()
                    vectors.write("\t".join(f"{one:.7g}" for one in numbers) + "\n")
                    metadata.write(f"{_cell(name)}\t{number}\t{_cell(source)}\n")
                    count += 1
                    advance(1)
        except OSError as error:
            raise CannotWrite(folder, (error.strerror or str(error)).lower(), "table") from error
    return count


def folder_names(names: list[str]) -> list[str]:
    """Return a folder's name for each name: itself where every file system takes it.

    What one would not take is written %2F, so that no name leads out of the folder; too long ones
    are cut, and those that differ in case alone, or were cut alike, end in some of their digest.
    """
    taken: set[str] = set()
    found = []
    for name in names:
        safe = _UNSAFE.sub(lambda match: f"%{ord(match[0]):02X}", name)
        if _RESERVED.match(safe):
            safe = f"%{ord(safe[0]):02X}{safe[1:]}"
        cut = safe.encode()[:_MOST_BYTES].decode(errors="ignore")
        if cut != safe or cut.casefold() in taken:
            cut = f"{cut}%{sha256(name.encode()).hexdigest()[:12]}"
        taken.add(cut.casefold())
        found.append(cut)
    return found


def _cell(text: str) -> str:
    return " ".join(text.split())


def _make_empty(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise CannotWrite(folder, "it is not empty; name a new folder", "folder")
    except OSError as error:
        raise CannotWrite(folder, (error.strerror or str(error)).lower(), "folder") from error
