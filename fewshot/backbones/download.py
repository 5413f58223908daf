"""An address and what its file must be come in; the whole, verified file stands at its path.

The only module that opens a connection. A file bears its name when it is complete, never before.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from fewshot.backbones.errors import DownloadFailed
from fewshot.digest import file_digest
from fewshot.watch import Watch

_CHUNK = 1 << 20  # bytes
_MOST = 2 << 30  # bytes, of a file whose size nobody told
_RETRIES = 3
_PAUSE = 0.5  # seconds before the first retry; the second waits twice as long


def download(
    url: str,
    target: Path,
    *,
    size: int | None,
    digest: str | None,
    watch: Watch,
    timeout: float = 30.0,
) -> None:
    """Put the file of an address at `target`; a part left by an earlier try is gone on from.

    url: https, or http to this machine. size: of the file in bytes; None: at most 2 GiB.
    digest: "sha256:<hex>" or "md5:<hex>". timeout: seconds without any answer.
    Returns at once where another process has put a file there that fits.
    Raises DownloadFailed; ValueError for another kind of digest.
    """
    if digest is not None and digest.partition(":")[0] not in ("sha256", "md5"):
        raise ValueError(f"not a digest of sha256 or md5: {digest!r}")
    if not _allowed(url):
        raise DownloadFailed(url, "only https is used, or http to this machine")
    from filelock import FileLock, Timeout

    job = _Download(url, target, size, digest, timeout)
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(f"{target}.lock")
        try:
            held = lock.acquire(timeout=0)
        except Timeout:
            watch.say(f"{target.name} is being downloaded by another process; waiting for it")
            held = lock.acquire()
        with held:
            if not (target.is_file() and not job.unfit(target)):
                job.fetch(watch)
                job.publish()
    except OSError as error:
        reason = f"cannot write {target}: {(error.strerror or str(error)).lower()}"
        raise DownloadFailed(url, reason) from error


class _Broken(Exception):
    """The connection failed in a way that another try may mend."""


class _Download:
    """One download. Its OSErrors are the file system's; those of the network become _Broken."""

    def __init__(
        self, url: str, target: Path, size: int | None, digest: str | None, timeout: float
    ) -> None:
        self.url, self.target, self.timeout = url, target, timeout
        self.size, self.digest, self.most = size, digest, _MOST if size is None else size
        self.part, self.etag = Path(f"{target}_part"), Path(f"{target}_part.etag")

    def fetch(self, watch: Watch) -> None:
        """Bring the part file to its end."""
        for tried in range(_RETRIES + 1):
            try:
                return self._try(watch)
            except _Broken as broken:
                if tried == _RETRIES:
                    raise DownloadFailed(self.url, str(broken)) from broken
            time.sleep(_PAUSE * (tried + 1))

    def publish(self) -> None:
        """Give the part file its name, if it is what was expected."""
        if reason := self.unfit(self.part):
            self._forget()
            raise DownloadFailed(self.url, reason)
        with self.part.open("rb+") as file:
            os.fsync(file.fileno())
        self.part.replace(self.target)
        self.etag.unlink(missing_ok=True)

    def unfit(self, path: Path) -> str:
        """Return what is wrong with this file, else nothing."""
        came = path.stat().st_size
        if self.size is not None and came != self.size:
            return f"expected {self.size} bytes, {came} came"
        if self.digest is not None:
            algorithm, _, wanted = self.digest.partition(":")
            found = file_digest(path, algorithm)
            if found != wanted.lower():
                return f"expected {self.digest}, {algorithm}:{found} came"
        return ""

    def _try(self, watch: Watch) -> None:
        have = self.part.stat().st_size if self.part.exists() else 0
        asked = self._resuming(have)
        with self._open(asked) as answer:
            code, headers, tag = answer.status, answer.headers, self._tag()
            same = tag in ("", headers["ETag"] or tag)
            span, _, length = (headers["Content-Range"] or "").partition("/")
            whole = int(length) if length.isdecimal() else None
            if code == 200:
                self._check(answer.length, have)
                self._forget()
                self.etag.write_text(headers["ETag"] or "", "latin-1")
                return self._receive(answer, 0, answer.length, watch)
            if code == 206 and asked and same and span.startswith(f"bytes {have}-"):
                self._check(whole, have)
                return self._receive(answer, have, whole, watch)
        if asked and code in (206, 416):
            if code == 416 and same and have == (whole or self.size):
                return None
            self._forget()
            return self._try(watch)
        reason = f"the server answers {code}"
        if code in (408, 425, 429) or code >= 500:
            raise _Broken(reason)
        if 300 <= code < 400:
            reason += f" and points to {headers['Location']}, which is not followed"
        raise DownloadFailed(self.url, reason)

    def _check(self, whole: int | None, have: int) -> None:
        """Refuse what cannot fit: what was expected, or the disk."""
        import shutil

        if whole is not None and (whole > self.most or self.size not in (None, whole)):
            most = f"{'at most ' if self.size is None else ''}{self.most}"
            raise DownloadFailed(self.url, f"expected {most} bytes, the server has {whole}")
        free, needed = shutil.disk_usage(self.target.parent).free, (self.size or 0) - have
        if free < needed:
            reason = f"it needs {_mb(needed)} MB in {self.target.parent}, {_mb(free)} are free"
            raise DownloadFailed(self.url, reason)

    def _tag(self) -> str:
        tag = self.etag.read_text("latin-1").strip() if self.etag.exists() else ""
        return tag if tag.startswith('"') and tag.isascii() and tag.isprintable() else ""

    def _resuming(self, have: int) -> dict[str, str]:
        """Return what asks for the rest; nothing where a glued file would go unnoticed."""
        tag = self._tag()
        if not 0 < have <= self.most or not (tag or self.digest):
            return {}
        return {"Range": f"bytes={have}-"} | ({"If-Range": tag} if tag else {})

    def _forget(self) -> None:
        self.part.unlink(missing_ok=True)
        self.etag.unlink(missing_ok=True)

    def _receive(self, response: Any, have: int, whole: int | None, watch: Watch) -> None:
        from http.client import HTTPException

        whole, broken = self.size if whole is None else whole, None
        # No more than was announced is asked for: before Python 3.11.8, read1 waited for it.
        end = self.most + 1 if response.length is None else have + response.length
        bar = watch.bar(self.target.name, whole or 0, size=True)
        with self.part.open("ab") as file, bar as more:
            more(have)
            while have < end:
                try:
                    chunk = response.read1(min(_CHUNK, end - have))
                except (OSError, HTTPException) as error:
                    broken = error
                    break
                have += len(chunk)
                if not chunk or have > self.most:
                    break
                file.write(chunk)
                more(len(chunk))
        if have > self.most:
            self._forget()
            raise DownloadFailed(self.url, f"more than {self.most} bytes came")
        if broken is not None or have < (whole or 0):
            reason = f"it broke off after {_mb(have)}" + (f" of {_mb(whole)}" if whole else "")
            reason += " MB" + ("; the next try goes on from there" if self._resuming(have) else "")
            raise _Broken(reason) from broken

    def _open(self, headers: dict[str, str]) -> Any:
        """Return the answer, of whatever status; what is not 2xx has only that and its headers."""
        import http.client
        from urllib.error import HTTPError
        from urllib.request import BaseHandler, Request, build_opener

        class Gate(BaseHandler):  # sees every request before it is sent, those of redirects too
            def http_request(_self, request: Request) -> Request:  # noqa: N805
                if not _allowed(request.full_url):
                    onward = f"it points to {request.full_url}, which is not followed"
                    raise DownloadFailed(self.url, onward)
                asked.append(request)
                return request

            https_request = ftp_request = http_request

        asked: list[Request] = []
        try:
            request = Request(self.url, headers={"User-Agent": "fewshot", **headers})  # noqa: S310
            return build_opener(Gate).open(request, timeout=self.timeout)
        except HTTPError as error:
            return error
        except (ValueError, http.client.InvalidURL) as error:
            raise DownloadFailed(self.url, f"the address is malformed: {error}") from error
        except (OSError, http.client.HTTPException) as error:
            raise _Broken(_why(error, asked[-1].host, self.timeout)) from error


def _why(error: Exception, host: str, timeout: float) -> str:
    import socket

    cause = getattr(error, "reason", error)  # a URLError wraps what went wrong
    if isinstance(cause, socket.gaierror):
        return f"no network: the name {host} cannot be resolved"
    if isinstance(cause, TimeoutError):
        return f"{host} does not answer within {timeout:g} s"
    return f"{host}: {getattr(cause, 'strerror', None) or cause or type(cause).__name__}"


def _allowed(url: str) -> bool:
    from ipaddress import ip_address
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme != "http" or host == "localhost":
            return parts.scheme in ("http", "https") and bool(host)
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _mb(size: int) -> str:
    return f"{size / 1e6:.0f}" if size >= 1e7 else f"{size / 1e6:.1f}"
