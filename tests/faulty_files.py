"""A disk that fails when told to, put beneath Python's sqlite3 in this process.

The library that `_sqlite3` is linked to gets another default file layer (sqlite.org/vfs): a copy of
its own, except that write, fsync and truncate on chosen files are counted and can fail.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import os
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

OK = 0
_NAME = b"fewshot-faulty-files"
_POINTER, _INT, _LONG = ctypes.c_void_p, ctypes.c_int, ctypes.c_int64

_OPEN = ctypes.CFUNCTYPE(_INT, _POINTER, _POINTER, _POINTER, _INT, _POINTER)
_WRITE = ctypes.CFUNCTYPE(_INT, _POINTER, _POINTER, _INT, _LONG)
_SYNC = ctypes.CFUNCTYPE(_INT, _POINTER, _INT)
_TRUNCATE = ctypes.CFUNCTYPE(_INT, _POINTER, _LONG)


@dataclass(frozen=True)
class Fault:
    """How one kind of call fails."""

    call: str  # write, sync or truncate
    code: int
    torn: bool = False  # the first half of the bytes is written all the same


DISK_FULL = Fault("write", 13)  # SQLITE_FULL
WRITE_FAILS = Fault("write", 778)  # SQLITE_IOERR_WRITE
TORN_WRITE = Fault("write", 778, torn=True)
SYNC_FAILS = Fault("sync", 1034)  # SQLITE_IOERR_FSYNC
TRUNCATE_FAILS = Fault("truncate", 1546)  # SQLITE_IOERR_TRUNCATE


class Unreachable(Exception):
    """The SQLite library beneath Python's sqlite3 gives no access to its file layer."""


@dataclass
class Disk:
    """What happens to the files whose name starts with `prefix`."""

    prefix: bytes
    counts: Counter[str] = field(default_factory=Counter)  # calls since `break_`
    failed: int = 0  # how many of them failed
    _fault: Fault | None = None
    _nth: int = 0
    _lasting: bool = False

    def break_(self, fault: Fault, nth: int, *, lasting: bool) -> None:
        """Let the nth call from now on fail; lasting: and every later one of its kind."""
        self.counts.clear()
        self.failed = 0
        self._fault, self._nth, self._lasting = fault, nth, lasting

    def mend(self) -> None:
        """Let nothing fail any more."""
        self._fault = None

    def meets(self, call: str) -> Fault | None:
        """Count a call; return the fault where it is to fail."""
        self.counts[call] += 1
        fault, count = self._fault, self.counts[call]
        if fault is None or fault.call != call:
            return None
        if count != self._nth and not (self._lasting and count > self._nth):
            return None
        self.failed += 1
        return fault


class _Methods(ctypes.Structure):
    """sqlite3_io_methods, version 3."""

    _fields_ = (
        ("version", _INT),
        *((name, _POINTER) for name in ("close", "read")),
        ("write", _WRITE),
        ("truncate", _TRUNCATE),
        ("sync", _SYNC),
        *((f"other_{n}", _POINTER) for n in range(13)),  # xFileSize to xUnfetch
    )


class _Layer(ctypes.Structure):
    """sqlite3_vfs, version 3."""

    _fields_ = (
        ("version", _INT),
        ("file_size", _INT),
        ("longest_path", _INT),
        ("next", _POINTER),
        ("name", ctypes.c_char_p),
        ("data", _POINTER),
        ("open", _OPEN),
        *((f"other_{n}", _POINTER) for n in range(15)),  # xDelete to xNextSystemCall
    )


class _Shim:
    """The layer itself. Made once and kept: a connection may outlive the time it was the default.

    Whatever is not chosen, or comes while no disk is there, goes through untouched.
    """

    def __init__(self) -> None:
        self.disk: Disk | None = None
        if sys.platform == "win32":
            raise Unreachable("is made for POSIX")
        try:
            library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
            find, self._register = library.sqlite3_vfs_find, library.sqlite3_vfs_register
            self._unregister = library.sqlite3_vfs_unregister
        except (OSError, AttributeError) as error:
            raise Unreachable(f"Python's sqlite3 hides its library: {error}") from error
        find.restype, find.argtypes = ctypes.POINTER(_Layer), (ctypes.c_char_p,)
        self._register.argtypes = (ctypes.POINTER(_Layer), _INT)
        self._unregister.argtypes = (ctypes.POINTER(_Layer),)
        self._real = find(None)
        if not self._real or self._real.contents.version != 3:
            raise Unreachable("SQLite's default file layer is none that is known here")
        self._real_open = self._real.contents.open
        self._layer = _Layer.from_buffer_copy(self._real.contents)
        self._layer.next, self._layer.name = None, _NAME
        self._layer.open = _OPEN(self._open)
        self._patched: dict[int, _Methods] = {}  # by the address of what they were copied from

    def install(self) -> None:
        self._register(ctypes.byref(self._layer), 1)
        try:  # is the library the one that the module calls?
            sqlite3.connect(f"file::memory:?vfs={_NAME.decode()}", uri=True).close()
        except sqlite3.OperationalError as error:
            self.remove()
            raise Unreachable("Python's sqlite3 calls another copy of its library") from error

    def remove(self) -> None:
        self._unregister(ctypes.byref(self._layer))
        self._register(self._real, 1)

    def _open(self, layer: int, name: int | None, file: int, flags: int, got: int | None) -> int:
        code = int(self._real_open(ctypes.cast(self._real, _POINTER), name, file, flags, got))
        chosen = self.disk and name and ctypes.string_at(name).startswith(self.disk.prefix)
        methods = _POINTER.from_address(file)  # the first field of sqlite3_file
        if code == OK and chosen and methods.value:
            methods.value = self._patch(methods.value)
        return code

    def _patch(self, address: int) -> int:
        if address not in self._patched:
            real = _Methods.from_address(address)
            assert real.version == 3
            real_write, real_sync, real_truncate = real.write, real.sync, real.truncate

            def write(file: int, data: int, size: int, offset: int) -> int:
                fault = self.disk and self.disk.meets("write")
                if fault and fault.torn:
                    real_write(file, data, size // 2, offset)
                return fault.code if fault else int(real_write(file, data, size, offset))

            def sync(file: int, flags: int) -> int:
                if self.disk is None:
                    return int(real_sync(file, flags))
                fault = self.disk.meets("sync")
                return fault.code if fault else OK  # no test cuts the power: this saves its time

            def truncate(file: int, size: int) -> int:
                fault = self.disk and self.disk.meets("truncate")
                return fault.code if fault else int(real_truncate(file, size))

            patched = _Methods.from_buffer_copy(real)
            patched.write, patched.sync, patched.truncate = (
                _WRITE(write),
                _SYNC(sync),
                _TRUNCATE(truncate),
            )
            self._patched[address] = patched
        return ctypes.addressof(self._patched[address])


_shim = cache(_Shim)


@contextmanager
def faulty_files(path: Path) -> Iterator[Disk]:
    """Put a disk that can fail beneath the files opened meanwhile whose name starts with `path`.

    Raises Unreachable.
    """
    shim = _shim()
    shim.install()
    shim.disk = Disk(os.fsencode(path.resolve()))
    try:
        yield shim.disk
    finally:
        shim.disk = None
        shim.remove()
