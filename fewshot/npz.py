"""Columns come in and one .npz file goes out; and back, streamed and checked, without pickle.

numpy's own format: a zip, nothing compressed, with one .npy a column; `np.load` reads it. Beside
them `manifest.json` says what it is, and the SHA-256 of every column.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fewshot.errors import FileDamaged, UnreadableFile
from fewshot.ordinary import open_ordinary

MANIFEST = "manifest.json"
MAX_MANIFEST = 1 << 20
MAX_MEMBERS = 64
_CHUNK = 1 << 20
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same content is the same file
NO_ZIP = (
    *(zipfile.BadZipFile, OSError, EOFError, ValueError, KeyError, RuntimeError),
    *(NotImplementedError, OverflowError, MemoryError, AttributeError, IndexError),
    *(TypeError, RecursionError, SyntaxError, tokenize.TokenError, struct.error, zlib.error),
)  # what zipfile and numpy raise at files that are none


class NpzWriter:
    """Writes columns, one after the other."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True)
        self._digests: dict[str, str] = {}

    def __enter__(self) -> NpzWriter:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError, ValueError):  # what was not finished is not kept
            self._zip.close()

    def column(
        self, name: str, dtype: DTypeLike, shape: tuple[int, ...], blocks: Iterable[NDArray[Any]]
    ) -> None:
        """Write a column of this shape, block by block along its first axis."""
        digest = hashlib.sha256()
        kind = np.dtype(dtype)
        written = 0
        with self._zip.open(_member(f"{name}.npy"), "w", force_zip64=True) as member:
            head = io.BytesIO()
            about = {"descr": kind.str, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(head, about)
            digest.update(head.getvalue())
            member.write(head.getvalue())
            for block in blocks:
                data = np.ascontiguousarray(block, kind).tobytes()
                digest.update(data)
                member.write(data)
                written += len(block)
        if written != shape[0]:
            raise ValueError(f"column {name} has {written} rows, not {shape[0]}")
        self._digests[name] = digest.hexdigest()

    def close(self, about: Mapping[str, Any]) -> None:
        """Write the manifest and the zip's own table; about: what the file is."""
        document = {**about, "sha256": self._digests}
        text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True)
        self._zip.writestr(_member(MANIFEST), text)
        self._zip.close()


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, EPOCH)
    member.external_attr = 0o600 << 16
    return member


class Column:
    """A column that is read in blocks."""

    def __init__(self, path: Path, name: str, file: IO[bytes], size: int) -> None:
        self._path, self._name, self._file = path, name, file
        if np.lib.format.read_magic(file) != (1, 0):
            raise ValueError(f"column {name} is of another version")
        self.shape, turned, self.dtype = np.lib.format.read_array_header_1_0(file)
        if turned or self.dtype.hasobject or not self.shape:
            raise ValueError(f"column {name} is no plain array")
        self._row = self.dtype.itemsize * math.prod(self.shape[1:])
        if min(self.shape) < 0 or file.tell() + self.shape[0] * self._row != size:
            raise ValueError(f"column {name} has another size than it says")

    def require(self, kind: DTypeLike, *row: int) -> Column:
        """Return it where its rows are of this kind and shape; raises FileDamaged."""
        wanted = np.dtype(kind)
        fits = self.dtype == wanted or (not wanted.itemsize and self.dtype.kind == wanted.kind)
        if not fits or self.shape[1:] != row:
            raise FileDamaged(self._path, f"{self._name} is {self.dtype} of shape {self.shape}")
        return self

    def take(self, count: int) -> NDArray[Any]:
        """Return the next `count` rows; raises FileDamaged where there are fewer."""
        data = self._file.read(count * self._row) if count and self._row else b""
        if len(data) != count * self._row:
            raise FileDamaged(self._path, f"{self._name} ends too early")
        return np.frombuffer(data, self.dtype).reshape(count, *self.shape[1:])

    def all(self) -> NDArray[Any]:
        """Return the whole column, an array of its own."""
        column: NDArray[Any] = np.empty(self.shape, self.dtype)
        rows = max(1, _CHUNK // max(1, self._row))
        for at in range(0, self.shape[0], rows):
            column[at : at + rows] = self.take(min(rows, self.shape[0] - at))
        return column


class NpzReader:
    """A checked file: its manifest, and its columns."""

    def __init__(self, path: Path, file: IO[bytes], *, believed: bool = False) -> None:
        """Check the file whole; raises FileDamaged.

        believed: its digest was checked already, those of its columns need not be.
        """
        self.path = path
        try:
            self._zip = zipfile.ZipFile(file)
            self._members = self._checked(os.fstat(file.fileno()).st_size)
            with self._zip.open(MANIFEST) as member:
                manifest = json.loads(member.read(MAX_MANIFEST).decode())
            self.manifest: dict[str, Any] = manifest
            digests = dict(manifest["sha256"])
            if {f"{name}.npy" for name in digests} | {MANIFEST} != set(self._members):
                raise FileDamaged(path, "it has other columns than it says")
            for name, digest in digests.items():
                if not believed and self._digest(name) != digest:
                    raise FileDamaged(path, f"{name} is damaged")
        except NO_ZIP as error:
            raise FileDamaged(path, "it is no file that fewshot wrote, or damaged") from error

    def column(self, name: str, kind: DTypeLike, *row: int) -> Column:
        """Return a column whose rows are of this kind and shape; raises FileDamaged."""
        try:
            member = self._members[f"{name}.npy"]
            column = Column(self.path, name, self._zip.open(member), member.file_size)
            return column.require(kind, *row)
        except NO_ZIP as error:
            raise FileDamaged(self.path, f"its column {name} cannot be read") from error

    def _checked(self, size: int) -> dict[str, zipfile.ZipInfo]:
        """Return the members, none of which takes more room than the file has."""
        members = self._zip.infolist()
        if len(members) > MAX_MEMBERS:
            raise ValueError("too many members")
        for one in members:
            stored = one.compress_type == zipfile.ZIP_STORED and one.file_size == one.compress_size
            if not stored or one.file_size > size:
                raise ValueError("a member is not as it was written")
        if sum(one.file_size for one in members) > size:
            raise ValueError("its members overlap")
        return {one.filename: one for one in members}

    def _digest(self, name: str) -> str:
        digest = hashlib.sha256()
        with self._zip.open(f"{name}.npy") as member:
            while chunk := member.read(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest()


@contextmanager
def opened_npz(path: Path) -> Iterator[NpzReader]:
    """Open and check a file that `NpzWriter` wrote; raises FileDamaged, UnreadableFile."""
    try:
        file = open_ordinary(path)
    except OSError as error:
        raise UnreadableFile(path, (error.strerror or str(error)).lower()) from error
    with file:
        yield NpzReader(path, file)
