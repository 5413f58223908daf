"""Named bytes come in; one file goes out; and back, every byte checked, nothing unpacked to disk.

A zip whose members are stored as they are: `unzip` opens it, and nothing in it can grow. Beside the
members `manifest.json` says what each one is, by size and SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from fewshot.bundles.errors import BundleRefused
from fewshot.npz import EPOCH, NO_ZIP
from fewshot.ordinary import open_ordinary

MANIFEST = "manifest.json"
FORMAT = 1
MAX_MEMBERS, MAX_MANIFEST, MAX_BYTES = 64, 16 << 20, 2 << 30
_NAME = re.compile(r"[a-z0-9_]{1,40}(/[a-z0-9_]{1,40})?\.[a-z0-9]{1,8}")


def write_archive(file: IO[bytes], about: Mapping[str, Any], members: Mapping[str, bytes]) -> None:
    """Write members and, first, the manifest: `about`, with what the members are."""
    for name in members:
        if not _NAME.fullmatch(name):
            raise ValueError(f"a member is called {name!r}")
    stated = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in members.items()
    }
    manifest = {"format": FORMAT, **about, "members": stated}
    text = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, data in {MANIFEST: text.encode(), **members}.items():
            info = zipfile.ZipInfo(name, EPOCH)
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)


def read_archive(path: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the manifest and the members of a file; raises BundleRefused for anything else.

    Sizes are bounded by the file's own before a byte is taken; nothing is written anywhere.
    """
    try:
        with open_ordinary(path) as file:
            size = file.seek(0, 2)
            if size > MAX_BYTES:
                raise BundleRefused(path, f"it has more than {MAX_BYTES >> 30} GiB")
            return _read(path, file, size)
    except NO_ZIP as error:
        if isinstance(error, OSError) and error.errno:
            raise BundleRefused(path, (error.strerror or str(error)).lower()) from error
        raise BundleRefused(path, "it is no model that fewshot wrote, or damaged") from error


def _read(path: Path, file: IO[bytes], size: int) -> tuple[dict[str, Any], dict[str, bytes]]:
    _refuse_many(path, file, size)
    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        if len(infos) > MAX_MEMBERS:
            raise BundleRefused(path, f"it has {len(infos)} members, {MAX_MEMBERS} are the most")
        _refuse_odd(path, infos, size)
        manifest = _manifest(path, archive)
        stated = manifest["members"]
        if {one.filename for one in infos} != {MANIFEST, *stated}:
            raise BundleRefused(path, "it holds other members than it says")
        members = {}
        for name, about in stated.items():
            data = archive.read(name)
            if len(data) != about["bytes"] or hashlib.sha256(data).hexdigest() != about["sha256"]:
                raise BundleRefused(path, f"its {name} is damaged")
            members[name] = data
        return manifest, members


def _refuse_many(path: Path, file: IO[bytes], size: int) -> None:
    """Refuse a table of contents that is longer than any of ours, before it is read.

    Ours has neither a comment nor the records of very large files, so it ends in 22 bytes.
    """
    file.seek(max(0, size - 22))
    end = file.read(22)
    if end[:4] != b"PK\5\6" or struct.unpack("<H", end[10:12])[0] > MAX_MEMBERS:
        raise BundleRefused(path, "it is no model that fewshot wrote, or damaged")


def _refuse_odd(path: Path, infos: list[zipfile.ZipInfo], size: int) -> None:
    total = 0
    for one in infos:
        if one.filename != MANIFEST and not _NAME.fullmatch(one.filename):
            raise BundleRefused(path, f"a member is called {one.filename[:60]!r}")
        if one.compress_type != zipfile.ZIP_STORED or one.file_size != one.compress_size:
            raise BundleRefused(path, f"its {one.filename} is compressed, which fewshot never does")
        total += one.file_size
    if total > size or len({one.filename for one in infos}) != len(infos):
        raise BundleRefused(path, "its members overlap")


def _manifest(path: Path, archive: zipfile.ZipFile) -> dict[str, Any]:
    if archive.getinfo(MANIFEST).file_size > MAX_MANIFEST:
        raise BundleRefused(path, "its manifest is too large")
    manifest = json.loads(archive.read(MANIFEST).decode())
    if not isinstance(manifest, dict) or type(manifest.get("format")) is not int:
        raise BundleRefused(path, "it has no manifest")
    if manifest["format"] != FORMAT:
        raise BundleRefused(
            path,
            f"it has format {manifest['format']}, this fewshot knows {FORMAT}; upgrade fewshot",
        )
    return manifest
