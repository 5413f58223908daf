"""A server of weights on this machine, a client of `download`, and what they leave on disk.

A test module takes the fixtures under their own names: `server = weight_server.server`.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fewshot.backbones import download as module
from fewshot.backbones.download import download
from fewshot.watch import Watch

BODY = bytes(range(256)) * 12_000  # 3 MB: more than one chunk
HALF = len(BODY) // 2
DIGEST = f"sha256:{hashlib.sha256(BODY).hexdigest()}"


class Server:
    """What the server has, how it behaves, and what it was asked."""

    def __init__(self) -> None:
        self.body = BODY
        self.etag = '"one"'
        self.ranges = True  # whether it knows of Range
        self.heeds = True  # whether it knows of If-Range
        self.announced = True  # whether it tells a Content-Length
        self.breaks: list[int] = []  # after how many bytes each of the next answers breaks off
        self.statuses: list[int] = []  # of the next answers, instead of the file
        self.location = ""
        self.start_lie = 0  # added to the start told in Content-Range
        self.asked: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.url = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append({name.lower(): value for name, value in handler.headers.items()})
        self.paths.append(handler.path)
        if self.statuses:
            handler.send_response(self.statuses.pop(0))
            if self.location:
                handler.send_header("Location", self.location)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        asked = re.fullmatch(r"bytes=(\d+)-", handler.headers["Range"] or "")
        same = not self.heeds or handler.headers["If-Range"] in (None, self.etag)
        start = int(asked[1]) if asked and same and self.ranges else 0
        if start and start >= len(self.body):
            handler.send_response(416)
            handler.send_header("Content-Range", f"bytes */{len(self.body)}")
            handler.end_headers()
            return
        handler.send_response(206 if start else 200)
        if start:
            span = f"{start + self.start_lie}-{len(self.body) - 1}/{len(self.body)}"
            handler.send_header("Content-Range", f"bytes {span}")
        if self.etag:
            handler.send_header("ETag", self.etag)
        if self.announced:
            handler.send_header("Content-Length", str(len(self.body) - start))
        handler.end_headers()
        end = start + self.breaks.pop(0) if self.breaks else len(self.body)
        handler.wfile.write(self.body[start:end])


class Heard(Watch):
    """A watch that remembers, and does at each step what a test wants."""

    def __init__(self, step: Callable[[int], None] = lambda more: None) -> None:
        self.bars: list[tuple[str, int, list[int]]] = []
        self.step = step

    @contextmanager
    def bar(self, what: str, total: int, *, size: bool = False) -> Iterator[Callable[[int], None]]:
        assert size
        steps: list[int] = []
        self.bars.append((what, total, steps))

        def more(count: int) -> None:
            steps.append(count)
            self.step(count)

        yield more


@pytest.fixture(autouse=True)
def no_pause_and_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAUSE", 0)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A client that hangs up early is part of the test."""

    with Quiet(("127.0.0.1", 0), Handler) as running:
        state.url = f"http://127.0.0.1:{running.server_address[1]}/weights.bin"
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield state
        running.shutdown()
        thread.join()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "weights.bin"


def get(
    url: str,
    target: Path,
    size: int | None = len(BODY),
    digest: str | None = DIGEST,
    watch: Watch | None = None,
) -> None:
    download(url, target, size=size, digest=digest, watch=watch or Watch(), timeout=5)


def part(target: Path) -> Path:
    return target.with_name(f"{target.name}_part")


def leave_half(target: Path, etag: str = '"one"', body: bytes = BODY) -> None:
    """Leave what an interrupted download leaves."""
    target.parent.mkdir()
    part(target).write_bytes(body[:HALF])
    if etag:
        target.with_name(f"{target.name}_part.etag").write_text(etag)


def files(target: Path) -> set[str]:
    """Name what lies in the folder, but for the lock."""
    if not target.parent.is_dir():
        return set()
    return {path.name for path in target.parent.iterdir()} - {f"{target.name}.lock"}
