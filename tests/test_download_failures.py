"""download: what goes wrong is named, and what is wrong is not kept; against a local server."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from fewshot.backbones import download as module
from fewshot.backbones.download import download
from fewshot.backbones.errors import DownloadFailed
from fewshot.watch import Watch
from tests import weight_server
from tests.weight_server import BODY, DIGEST, HALF, Heard, Server, files, get, part

OTHER = f"sha256:{'0' * 64}"

server = weight_server.server
target = weight_server.target
no_pause_and_no_proxy = weight_server.no_pause_and_no_proxy


def test_a_wrong_digest_leaves_neither_file_nor_part(server: Server, target: Path) -> None:
    with pytest.raises(DownloadFailed, match=f"expected {OTHER}, {DIGEST} came"):
        get(server.url, target, digest=OTHER)
    assert files(target) == set()


def test_another_kind_of_digest_is_a_mistake_of_the_caller(server: Server, target: Path) -> None:
    with pytest.raises(ValueError, match="crc32"):
        get(server.url, target, digest="crc32:00000000")


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


def test_an_answer_that_always_breaks_off_says_how_far_it_came(
    server: Server, target: Path
) -> None:
    server.breaks = [HALF, 0, 0, 0]
    with pytest.raises(DownloadFailed, match=r"after 1\.5 of 3\.1 MB; the next try goes on"):
        get(server.url, target)
    assert len(server.asked) == 4
    assert part(target).read_bytes() == BODY[:HALF]


@pytest.mark.parametrize(("status", "tries"), [(404, 1), (204, 1), (206, 1), (503, 4)])
def test_any_other_answer_is_named(server: Server, target: Path, status: int, tries: int) -> None:
    server.statuses = [status] * tries
    with pytest.raises(DownloadFailed, match=f"the server answers {status}$"):
        get(server.url, target)
    assert len(server.asked) == tries


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


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://example.invalid/x", "data:,x"]
)
def test_a_redirect_elsewhere_is_not_followed(server: Server, target: Path, location: str) -> None:
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
