"""weights: looked for in order, checked against what was published, and missed in plain words."""

from __future__ import annotations

import os
from dataclasses import replace
from hashlib import md5, sha256
from pathlib import Path

import pytest

from fewshot.backbones.cache import weights_folder
from fewshot.backbones.catalog import find_backbone
from fewshot.backbones.errors import WeightsMissing, WeightsRefused
from fewshot.backbones.spec import BackboneSpec, PublishedWeights
from fewshot.backbones.weights import (
    named_weights,
    obtain_weights,
    published_weights,
    weights_by_digest,
)
from fewshot.watch import Watch

DATA = b"numbers"


def card(size: int | None = len(DATA), digest: str | None = None) -> BackboneSpec:
    real = find_backbone("vggface")
    assert real.network
    published = PublishedWeights("net.h5", "https://example.org/net.h5", size, digest)
    with_top = PublishedWeights("net_top.h5", "https://example.org/net_top.h5")
    network = replace(real.network, weights=published, also=with_top)
    return replace(real, network=network)


def put(folder: Path, name: str = "net.h5", data: bytes = DATA) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    return folder / name


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    folders = [tmp_path / "first", tmp_path / "second"]
    monkeypatch.setenv("FEWSHOT_WEIGHTS", os.pathsep.join(map(str, folders)))
    return folders


def found(spec: BackboneSpec) -> Path:
    weights = published_weights(spec)
    assert weights
    return weights.path


def test_a_folder_of_the_user_s_comes_before_the_cache(own: list[Path]) -> None:
    put(weights_folder())
    in_second = put(own[1])
    assert found(card()) == in_second
    in_first = put(own[0])
    assert found(card()) == in_first


def test_the_cache_is_searched_too() -> None:
    path = put(weights_folder())
    assert found(card()) == path


def test_the_file_with_the_classifier_is_taken_where_the_other_is_not() -> None:
    path = put(weights_folder(), "net_top.h5")
    assert found(card()) == path


def test_a_file_that_is_found_comes_with_its_digest() -> None:
    put(weights_folder())
    weights = published_weights(card())
    assert weights
    assert weights.sha256 == sha256(DATA).hexdigest()
    assert weights.published


@pytest.mark.parametrize(
    "digest", [f"md5:{md5(DATA).hexdigest()}", f"sha256:{sha256(DATA).hexdigest()}"]
)
def test_a_file_with_the_published_digest_is_taken(digest: str) -> None:
    path = put(weights_folder())
    assert found(card(digest=digest)) == path


@pytest.mark.parametrize(("size", "digest"), [(8, None), (7, f"md5:{md5(b'').hexdigest()}")])
def test_a_file_of_that_name_which_is_another_is_refused(size: int, digest: str | None) -> None:
    put(weights_folder())
    with pytest.raises(WeightsRefused, match=r"the published file.*models fetch vggface"):
        published_weights(card(size, digest))


def test_offline_the_error_says_which_file_from_where_to_where_and_what_needs_none() -> None:
    with pytest.raises(WeightsMissing) as caught:
        obtain_weights(card(), Watch())
    said = str(caught.value)
    assert caught.value.exit_code == 5
    for part in (
        "net.h5",
        "https://example.org/net.h5",
        str(weights_folder()),
        "FEWSHOT_OFFLINE",
        "compact needs no download",
    ):
        assert part in said


def test_without_a_network_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FEWSHOT_OFFLINE")
    spec = card()
    assert spec.network
    nowhere = replace(spec.network.weights, url="http://127.0.0.1:9/net.h5")
    monkeypatch.setattr("fewshot.backbones.download._PAUSE", 0)
    with pytest.raises(WeightsMissing, match=r"Connection refused.*put it into"):
        obtain_weights(replace(spec, network=replace(spec.network, weights=nowhere)), Watch())


def test_a_named_file_is_taken_by_its_path(tmp_path: Path) -> None:
    path = put(tmp_path, "mine.h5")
    weights = named_weights("vgg19", path)
    assert (weights.path, weights.published) == (path, False)


def test_a_named_file_is_looked_for_in_the_folders_too(own: list[Path]) -> None:
    path = put(own[1], "mine.h5")
    assert named_weights("vgg19", "mine.h5").path == path


def test_a_named_file_that_is_not_there_is_named() -> None:
    with pytest.raises(WeightsMissing, match=r"vgg19 needs its weights, mine.h5"):
        named_weights("vgg19", "mine.h5")


def test_a_file_is_found_by_what_it_holds_whatever_its_name(own: list[Path]) -> None:
    put(own[0], "other.h5", b"other")
    path = put(own[1], "renamed.h5")
    weights = weights_by_digest(sha256(DATA).hexdigest(), "")
    assert weights
    assert weights.path == path


def test_where_it_lay_before_is_looked_at_first(tmp_path: Path, own: list[Path]) -> None:
    put(own[0])
    before = put(tmp_path / "elsewhere", "net.h5")
    weights = weights_by_digest(sha256(DATA).hexdigest(), str(before))
    assert weights
    assert weights.path == before


def test_what_is_nowhere_is_not_found(own: list[Path]) -> None:
    put(own[0], data=b"other")
    assert weights_by_digest(sha256(DATA).hexdigest(), "/gone/net.h5") is None


@pytest.mark.parametrize("name", ["x" * 300, "~nobody-of-that-name/w.h5", "a\0b"])
def test_a_name_that_no_file_can_have_is_named_all_the_same(name: str) -> None:
    with pytest.raises(WeightsMissing, match="there is no such file"):
        named_weights("vgg19", name)


def test_a_folder_that_cannot_be_looked_into_is_passed_over(
    own: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_second = put(own[1])
    real = Path.is_file

    def refused(path: Path) -> bool:
        if path.parent == own[0]:
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(Path, "is_file", refused)
    assert found(card()) == in_second
