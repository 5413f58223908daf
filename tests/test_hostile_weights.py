"""published_h5: a file that is damaged, or made to do harm, is refused in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from fewshot.backbones.errors import WeightsRefused
from fewshot.backbones.published_h5 import load_published
from tests import small_network
from tests.small_network import (
    KERNEL,
    MEAN,
    attribute,
    linked,
    refusal,
    replaced,
    same,
    small,
    values,
)

pytestmark = pytest.mark.tensorflow

published = small_network.published
broken = small_network.broken


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300])
def test_numbers_that_are_not_finite_are_refused(bad: float, broken: Callable[..., str]) -> None:
    reason = broken(replaced(MEAN, np.array([0.0, 1.0, bad, 2.0])))
    assert reason == "layer conv1__bn: it holds numbers that are not finite"


@pytest.mark.parametrize(
    "data", [np.zeros(4, np.int32), np.zeros(4, complex), np.array([b"x"] * 4)]
)
def test_data_that_is_no_floats_is_refused(data: NDArray[Any], broken: Callable[..., str]) -> None:
    assert "layer conv1__bn: it holds" in broken(replaced(MEAN, data))


@pytest.mark.parametrize("link", [h5py.ExternalLink("other.h5", "/x"), h5py.SoftLink("/conv3")])
@pytest.mark.parametrize("where", [KERNEL, "conv1/bn", "conv1"])
def test_a_link_to_somewhere_else_is_refused(
    where: str, link: Any, broken: Callable[..., str]
) -> None:
    assert "is a link to somewhere else" in broken(linked(where, link))


def test_data_kept_in_another_file_is_refused(
    published: Path, tmp_path: Path, broken: Callable[..., str]
) -> None:
    (tmp_path / "secret").write_bytes(bytes(16))

    def breakage(file: Any) -> None:
        del file[MEAN]
        outside = [(str(tmp_path / "secret"), 0, 16)]
        file.create_dataset(MEAN, (4,), np.float32, external=outside)

    assert broken(breakage) == "layer conv1__bn: its numbers lie in another file"


def test_data_gathered_from_other_files_is_refused(
    published: Path, broken: Callable[..., str]
) -> None:
    def breakage(file: Any) -> None:
        del file[MEAN]
        layout = h5py.VirtualLayout((4,), np.float32)
        layout[:] = h5py.VirtualSource("other.h5", "x", (4,))
        file.create_virtual_dataset(MEAN, layout)

    assert broken(breakage) == "layer conv1__bn: its numbers lie in another file"


def test_a_chunk_that_unpacks_to_more_than_the_whole_is_refused(broken: Callable[..., str]) -> None:
    options = {"chunks": (1 << 20,), "maxshape": (None,), "compression": "gzip"}
    reason = broken(replaced(MEAN, np.zeros(4, np.float32), **options))
    assert reason == "layer conv1__bn: a chunk is larger than the whole"


@pytest.mark.parametrize("path", [b"/conv3/conv3/bias:0", b"../conv3", b".", b"conv1//kernel:0"])
def test_a_weight_is_looked_for_inside_its_layer_only(
    path: bytes, broken: Callable[..., str]
) -> None:
    reason = broken(attribute("weight_names", [path], "conv1"))
    assert reason.startswith("layer conv1: ")


def test_a_group_where_numbers_belong_is_refused(broken: Callable[..., str]) -> None:
    reason = broken(attribute("weight_names", [b"conv1"], "conv1"))
    assert reason == "layer conv1: a group stands where numbers belong"


def test_a_layer_that_is_named_but_not_there_is_refused(broken: Callable[..., str]) -> None:
    def breakage(file: Any) -> None:
        del file["conv2"]

    assert broken(breakage) == "layer conv2: it is named, but conv2 is not there"


def test_a_layer_without_a_list_of_its_weights_is_refused(broken: Callable[..., str]) -> None:
    def breakage(file: Any) -> None:
        del file["conv2"].attrs["weight_names"]

    assert broken(breakage) == "/conv2 has no weight_names"


def test_a_layer_named_twice_is_refused(broken: Callable[..., str]) -> None:
    names = [b"conv1", b"conv2", b"conv2", b"conv3"]
    assert broken(attribute("layer_names", names)) == "layer conv2 is in it 2 times"


def test_more_names_than_any_network_has_are_refused(broken: Callable[..., str]) -> None:
    names = np.full(10_001, b"x")
    assert broken(attribute("layer_names", names)).endswith("10001 names, more than 10000")


@pytest.mark.parametrize("names", [np.arange(3.0), b"conv1", np.array([b"x" * 1001])])
def test_names_that_are_no_list_of_short_texts_are_refused(
    names: Any, broken: Callable[..., str]
) -> None:
    assert broken(attribute("layer_names", names)).startswith("layer_names of / ")


def test_a_file_without_layer_names_is_refused(broken: Callable[..., str]) -> None:
    def breakage(file: Any) -> None:
        del file.attrs["layer_names"]

    assert broken(breakage).startswith("it has no layer_names")


def test_a_truncated_file_is_refused(published: Path) -> None:
    published.write_bytes(published.read_bytes()[:-500])
    assert refusal(small(), published).startswith("it is truncated or damaged")


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"\x89HDF"])
def test_a_file_of_another_kind_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "page.h5"
    path.write_bytes(content)
    assert refusal(small(), path) == "it is no HDF5 file"


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert refusal(small(), tmp_path / "none.h5") == "there is no such file"


@pytest.mark.parametrize("seed", range(20))
def test_a_file_with_flipped_bytes_is_taken_or_refused_in_words(seed: int, published: Path) -> None:
    content = bytearray(published.read_bytes())
    rng = np.random.default_rng(seed)
    for place in rng.integers(0, len(content), 30):
        content[place] = rng.integers(256)
    published.write_bytes(content)
    model = small()
    before = values(model)
    try:
        load_published(model, published)
    except WeightsRefused:
        assert same(before, values(model))
    assert all(np.isfinite(weight).all() for weight in values(model))
