"""download: a file from an address comes whole, verified and once; against a local server."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest

from tests import weight_server
from tests.weight_server import BODY, HALF, Heard, Server, files, get, leave_half, part

server = weight_server.server
target = weight_server.target
no_pause_and_no_proxy = weight_server.no_pause_and_no_proxy


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


def test_a_passing_error_of_the_server_is_tried_again(server: Server, target: Path) -> None:
    server.statuses = [503, 429, 500]
    get(server.url, target)
    assert target.read_bytes() == BODY


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
