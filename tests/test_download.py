"""download: a file from an address, whole and verified, or an error; against a local server."""

from __future__ import annotations

import hashlib
import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from fewshot.backbones import download as module
from fewshot.backbones.download import download
from fewshot.backbones.errors import DownloadFailed
from fewshot.watch import Watch

BODY = bytes(range(256)) * 12_000  # 3 MB: more than one chunk
HALF = len(BODY) // 2
DIGEST = f"sha256:{hashlib.sha256(BODY).hexdigest()}"
OTHER = f"sha256:{'0' * 64}"


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
def _no_pause_and_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_a_file_arrives_whole_and_alone(server: Server, target: Path) -> None:
    get(server.url, target)
    assert target.read_bytes() == BODY
    assert files(target) == {"weights.bin"}


def test_its_folder_is_made_for_the_user_alone(server: Server, target: Path) -> None:
    get(server.url, target)
    assert target.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("announced", [True, False])
def test_size_and_digest_may_be_unknown(server: Server, target: Path, announced: bool) -> None:
    server.announced = announced
    get(server.url, target, size=None, digest=None)
    assert target.read_bytes() == BODY


def test_md5_is_a_digest_too(server: Server, target: Path) -> None:
    get(server.url, target, digest=f"md5:{hashlib.md5(BODY).hexdigest().upper()}")
    assert target.is_file()


def test_another_kind_of_digest_is_a_mistake_of_the_caller(server: Server, target: Path) -> None:
    with pytest.raises(ValueError, match="crc32"):
        get(server.url, target, digest="crc32:00000000")


def test_an_empty_file_is_a_file(server: Server, target: Path) -> None:
    server.body = b""
    get(server.url, target, size=0, digest=f"sha256:{hashlib.sha256(b'').hexdigest()}")
    assert target.read_bytes() == b""


def test_progress_sums_to_the_total(server: Server, target: Path) -> None:
    watch = Heard()
    get(server.url, target, watch=watch)
    [(what, total, steps)] = watch.bars
    assert (what, total, sum(steps)) == ("weights.bin", len(BODY), len(BODY))


def test_what_is_there_counts_as_progress_at_once(server: Server, target: Path) -> None:
    leave_half(target)
    watch = Heard()
    get(server.url, target, watch=watch)
    [(_, total, steps)] = watch.bars
    assert (steps[0], sum(steps)) == (HALF, total)


def test_a_part_is_gone_on_from(server: Server, target: Path) -> None:
    leave_half(target)
    get(server.url, target)
    assert [asked["range"] for asked in server.asked] == [f"bytes={HALF}-"]
    assert target.read_bytes() == BODY
    assert files(target) == {"weights.bin"}


def test_a_changed_file_is_not_glued_to_the_old_half(server: Server, target: Path) -> None:
    leave_half(target, etag='"zero"', body=bytes(len(BODY)))
    get(server.url, target, digest=None)
    assert server.asked[0]["if-range"] == '"zero"'
    assert target.read_bytes() == BODY


def test_nor_where_the_server_overlooks_if_range(server: Server, target: Path) -> None:
    leave_half(target, etag='"zero"', body=bytes(len(BODY)))
    server.heeds = False
    get(server.url, target, digest=None)
    assert target.read_bytes() == BODY


def test_a_part_that_nothing_vouches_for_is_begun_anew(server: Server, target: Path) -> None:
    leave_half(target, etag="", body=bytes(len(BODY)))
    get(server.url, target, digest=None)
    assert "range" not in server.asked[0]
    assert target.read_bytes() == BODY


def test_a_server_without_ranges_sends_all_again(server: Server, target: Path) -> None:
    leave_half(target)
    server.ranges = False
    get(server.url, target)
    assert target.read_bytes() == BODY


def test_an_answer_for_another_range_is_not_used(server: Server, target: Path) -> None:
    leave_half(target)
    server.start_lie = 1
    get(server.url, target)
    assert [("range" in asked) for asked in server.asked] == [True, False]
    assert target.read_bytes() == BODY


def test_a_part_that_is_complete_is_verified(server: Server, target: Path) -> None:
    leave_half(target)
    part(target).write_bytes(BODY)
    get(server.url, target)
    assert len(server.asked) == 1
    assert target.read_bytes() == BODY


def test_a_part_longer_than_the_file_is_begun_anew(server: Server, target: Path) -> None:
    leave_half(target)
    part(target).write_bytes(BODY + b"more")
    get(server.url, target, size=None)
    assert target.read_bytes() == BODY


def test_an_answer_that_breaks_off_is_gone_on_from(server: Server, target: Path) -> None:
    server.breaks = [HALF, 1000]
    get(server.url, target)
    starts = [f"bytes={HALF}-", f"bytes={HALF + 1000}-"]
    assert [asked.get("range") for asked in server.asked] == [None, *starts]
    assert target.read_bytes() == BODY


def test_one_that_always_breaks_off_says_how_far_it_came(server: Server, target: Path) -> None:
    server.breaks = [HALF, 0, 0, 0]
    with pytest.raises(DownloadFailed, match=r"after 1\.5 of 3\.1 MB; the next try goes on"):
        get(server.url, target)
    assert len(server.asked) == 4
    assert part(target).read_bytes() == BODY[:HALF]


def test_a_passing_error_of_the_server_is_tried_again(server: Server, target: Path) -> None:
    server.statuses = [503, 429, 500]
    get(server.url, target)
    assert target.read_bytes() == BODY


@pytest.mark.parametrize(("status", "tries"), [(404, 1), (204, 1), (206, 1), (503, 4)])
def test_any_other_answer_is_named(server: Server, target: Path, status: int, tries: int) -> None:
    server.statuses = [status] * tries
    with pytest.raises(DownloadFailed, match=f"the server answers {status}$"):
        get(server.url, target)
    assert len(server.asked) == tries


def test_a_wrong_digest_leaves_neither_file_nor_part(server: Server, target: Path) -> None:
    with pytest.raises(DownloadFailed, match=f"expected {OTHER}, {DIGEST} came"):
        get(server.url, target, digest=OTHER)
    assert files(target) == set()


@pytest.mark.parametrize("announced", [True, False])
def test_too_long_a_file_is_stopped(server: Server, target: Path, announced: bool) -> None:
    server.announced = announced
    taken: list[int] = []
    with pytest.raises(DownloadFailed, match="1000"):
        get(server.url, target, size=1000, digest=None, watch=Heard(taken.append))
    assert sum(taken) <= 1000
    assert files(target) == set()


@pytest.mark.parametrize("announced", [True, False])
def test_so_is_one_of_unknown_size_beyond_the_bound(
    server: Server, target: Path, announced: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST", 1000)
    server.announced = announced
    with pytest.raises(DownloadFailed, match="1000"):
        get(server.url, target, size=None, digest=None)
    assert files(target) == set()


def test_too_short_a_file_is_refused(server: Server, target: Path) -> None:
    wanted = len(BODY) + 1
    with pytest.raises(DownloadFailed, match=f"expected {wanted} bytes.* {len(BODY)}"):
        get(server.url, target, size=wanted, digest=None)
    assert files(target) == set()


def test_so_is_one_whose_length_was_not_announced(server: Server, target: Path) -> None:
    server.announced = False
    with pytest.raises(DownloadFailed, match=f"expected {len(BODY) + 1} bytes, {len(BODY)} came"):
        get(server.url, target, size=len(BODY) + 1, digest=None)
    assert files(target) == set()


def test_a_refused_connection_is_named(target: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(DownloadFailed, match=f"127.0.0.1:{port}: .*refused"):
        get(f"http://127.0.0.1:{port}/", target)


def test_a_silent_server_is_not_waited_for_longer_than_asked(target: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(DownloadFailed, match=r"does not answer within 0\.02 s"):
            download(url, target, size=1, digest=None, watch=Watch(), timeout=0.02)


def test_a_name_that_cannot_be_resolved_means_no_network(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    said = r"no network: the name example\.invalid cannot be resolved"
    with pytest.raises(DownloadFailed, match=said):
        get("https://example.invalid/x", target)


def test_a_redirect_on_this_machine_is_followed(server: Server, target: Path) -> None:
    server.statuses, server.location = [302], "/elsewhere.bin"
    get(server.url, target)
    assert server.paths == ["/weights.bin", "/elsewhere.bin"]
    assert target.read_bytes() == BODY


def test_a_range_survives_a_redirect(server: Server, target: Path) -> None:
    leave_half(target)
    server.statuses, server.location = [302], "/elsewhere.bin"
    get(server.url, target)
    assert [asked["range"] for asked in server.asked] == [f"bytes={HALF}-"] * 2


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://example.invalid/x", "data:,x"]
)
def test_a_redirect_elsewhere_is_not(server: Server, target: Path, location: str) -> None:
    server.statuses, server.location = [302], location
    with pytest.raises(DownloadFailed, match=f"points to {location}, which is not followed"):
        get(server.url, target)
    assert files(target) == set()


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x", "http://example.invalid/x",
     "http://127.0.0.1.example.invalid/x", "weights.bin", "https://", "http://[::1/x"],
)  # fmt: skip
def test_only_https_is_used_or_http_to_this_machine(url: str, target: Path) -> None:
    with pytest.raises(DownloadFailed, match="only https"):
        get(url, target)
    assert not target.parent.exists()


def test_a_malformed_address_is_not_tried_again(server: Server, target: Path) -> None:
    with pytest.raises(DownloadFailed, match="malformed"):
        get(f"{server.url} two", target)


def test_the_proxy_of_the_environment_is_used(
    server: Server, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    get("http://localhost:1/weights.bin", target)
    assert server.paths == ["http://localhost:1/weights.bin"]


def test_two_at_once_download_once(server: Server, target: Path) -> None:
    waits = threading.Event()
    second = Heard()
    second.say = lambda text: waits.set()  # type: ignore[method-assign]
    thread = threading.Thread(target=get, args=(server.url, target), kwargs={"watch": second})

    def let_the_second_come(more: int) -> None:
        if not waits.is_set():
            thread.start()
            assert waits.wait(10)

    get(server.url, target, watch=Heard(let_the_second_come))
    thread.join()
    assert len(server.asked) == 1
    assert second.bars == []


def test_a_file_that_fits_is_left_alone(server: Server, target: Path) -> None:
    get(server.url, target)
    get(server.url, target)
    assert len(server.asked) == 1


def test_one_that_does_not_fit_is_replaced(server: Server, target: Path) -> None:
    target.parent.mkdir()
    target.write_bytes(bytes(len(BODY)))
    get(server.url, target)
    assert target.read_bytes() == BODY


def test_an_interrupted_download_keeps_its_part(server: Server, target: Path) -> None:
    def interrupt(more: int) -> None:
        if more:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        get(server.url, target, watch=Heard(interrupt))
    kept = part(target).read_bytes()
    assert kept
    assert BODY.startswith(kept)
    get(server.url, target)
    assert server.asked[1]["range"] == f"bytes={len(kept)}-"
    assert target.read_bytes() == BODY


def test_a_folder_that_cannot_be_written_is_named(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DownloadFailed, match=r"cannot write .*weights"):
        get(server.url, tmp_path / "file" / "weights.bin")


def test_a_disk_that_fills_up_is_named(
    server: Server, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    target.parent.mkdir()
    part(target).symlink_to("/dev/full")
    monkeypatch.setattr(module._Download, "_forget", lambda self: None)
    with pytest.raises(DownloadFailed, match=r"cannot write .* no space left"):
        get(server.url, target)


def test_a_disk_without_room_is_not_filled(
    server: Server, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    with pytest.raises(DownloadFailed, match=r"needs 3\.1 MB in .*, 1\.0 are free"):
        get(server.url, target)
    assert files(target) == set()


def test_a_file_is_complete_before_it_bears_its_name(
    server: Server, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced: list[bytes] = []
    replace = Path.replace

    def watched(source: Path, onto: Path) -> Path:
        assert not target.exists()
        replaced.append(source.read_bytes())
        return replace(source, onto)

    def not_yet(more: int) -> None:
        assert not target.exists()

    monkeypatch.setattr(Path, "replace", watched)
    get(server.url, target, watch=Heard(not_yet))
    assert replaced == [BODY]
