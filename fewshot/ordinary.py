"""A path comes in; a file that can be read without waiting and without harm goes out, opened."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

_DATABASE = b"SQLite format 3\0"


def open_ordinary(path: Path) -> BufferedReader:
    """Open a file to read it; raises OSError, also for a folder, a pipe, a device or a database.

    A pipe without a writer would keep whoever opens it waiting. To close a database would drop, by
    POSIX, the locks that this process holds on it where it is a gallery in use: it stays open.
    """
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
        raise OSError(errno.EINVAL, "it is not an ordinary file", str(path))
    if os.read(handle, len(_DATABASE)) == _DATABASE:
        raise OSError(errno.EINVAL, "it is a database", str(path))
    os.lseek(handle, 0, os.SEEK_SET)
    return os.fdopen(handle, "rb")
