"""find_twins: equal files and near-equal pictures are found, and pictures that look alike are not.

The pictures are drawn here. With FEWSHOT_TEST_DATA, a folder that holds dev/, a published split is
looked through too, of which it is known that five pictures stand on both sides.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fewshot.evaluation import twins as module
from fewshot.evaluation.twins import Twins, find_twins, groups_of
from fewshot.folders import find_pictures
from fewshot.images import decode, read_picture, thumbnail
from fewshot.watch import Watch
from tests.conftest import COLORS, draw
from tests.test_same_picture import cut, flip, saved, scene

DATA = Path(os.environ.get("FEWSHOT_TEST_DATA", ""))


class Heard(Watch):
    """Keeps what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


def small(image: Image.Image) -> bytes:
    return thumbnail(np.asarray(image.convert("RGB")))


def twins_of(*images: Image.Image) -> list[Twins]:
    """Find twins among pictures no two of which are the same file."""
    return find_twins([str(i) for i in range(len(images))], [small(i) for i in images], Watch())


def plain(*color: int) -> Image.Image:
    return Image.new("RGB", (120, 100), (color[0], color[1], color[2]))


def test_the_same_file_twice_is_equal() -> None:
    found = find_twins(["a", "b", "a"], [small(scene(s)) for s in (0, 1, 0)], Watch())
    assert found == [Twins(0, 2, "equal")]


def test_a_file_that_could_not_be_read_still_has_its_digest() -> None:
    assert find_twins(["a", "b", "a"], [b"", b"", b""], Watch()) == [Twins(0, 2, "equal")]


def test_files_without_a_digest_are_not_equal() -> None:
    assert find_twins(["", ""], [b"", b""], Watch()) == []


COPIES = {
    "saved again": lambda image: saved(image, 40),
    "mirrored": flip,
    "half as large": lambda image: image.resize((image.width // 2, image.height // 2)),
    "twice as large": lambda image: image.resize((image.width * 2, image.height * 2)),
    "darker": lambda image: image.point(lambda level: round(level * 0.9)),
    "without its border": cut(0.0125, 0.0125, 0.9875, 0.9875),
}


@pytest.mark.parametrize("change", COPIES)
def test_a_copy_is_near(change: str) -> None:
    images = [scene(seed) for seed in range(4)]
    found = twins_of(*images, *(COPIES[change](image) for image in images))
    assert sorted((pair.one, pair.other, pair.kind) for pair in found) == [
        (i, i + 4, "near") for i in range(4)
    ]


def test_other_pictures_are_no_twins() -> None:
    assert twins_of(*(scene(seed) for seed in range(20))) == []


def test_faces_of_other_colors_are_no_twins() -> None:
    """Of one color some are: a disk on paper, a little aside, is a part of the other picture."""
    colors = [color for color in COLORS for _ in range(8)]
    found = twins_of(*(draw(color, seed % 8) for seed, color in enumerate(colors)))
    assert all(colors[pair.one] == colors[pair.other] for pair in found)


def test_the_same_shapes_in_other_colors_are_no_twins() -> None:
    one = scene(1)
    assert twins_of(one, Image.merge("RGB", [one.split()[band] for band in (2, 0, 1)])) == []


def test_pictures_of_one_color_are_near_where_the_color_is() -> None:
    found = twins_of(plain(200, 30, 40), plain(30, 60, 200), plain(201, 31, 41), scene(1))
    assert found == [Twins(0, 2, "near")]


def test_of_many_that_are_one_as_many_pairs_are_named_as_join_them() -> None:
    copies = [saved(scene(1), quality) for quality in (95, 85, 75, 65, 55)]
    found = twins_of(scene(0), *copies)
    assert len(found) == 4
    assert groups_of(6, found).tolist() == [0, 1, 1, 1, 1, 1]


def test_an_equal_file_and_a_near_picture_make_one_group() -> None:
    images = [small(one) for one in (scene(1), scene(1), saved(scene(1), 40), scene(2))]
    found = find_twins(["a", "a", "b", "c"], images, Watch())
    assert [pair.kind for pair in found] == ["equal", "near"]
    assert groups_of(4, found).tolist() == [0, 0, 0, 3]


def test_the_earlier_picture_stands_first() -> None:
    images = [scene(seed) for seed in (3, 1, 3, 2, 1)]
    assert all(pair.one < pair.other for pair in twins_of(*images))
    assert len(twins_of(*images)) == 2


def test_nothing_has_no_twins() -> None:
    assert find_twins([], [], Watch()) == []
    assert groups_of(0, []).shape == (0,)


def test_when_too_many_are_alike_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_LOOKS", 1)
    images = [scene(1), saved(scene(1), 40), scene(2), saved(scene(2), 40)]
    heard = Heard()
    found = find_twins(list("abcd"), [small(one) for one in images], heard)
    assert len(found) == 1
    assert ["only the 1 likeliest" in said for said in heard.said] == [True]


def test_when_too_many_hashes_are_near_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_LIKELY", 2)
    heard = Heard()
    copies = [small(saved(scene(1), quality)) for quality in range(50, 80, 5)]
    find_twins(list("abcdef"), copies, heard)
    assert len(heard.said) == 1


def test_it_says_nothing_when_all_were_compared() -> None:
    heard = Heard()
    find_twins(list("ab"), [small(scene(1)), small(flip(scene(1)))], heard)
    assert heard.said == []


def test_what_is_no_thumbnail_is_refused() -> None:
    with pytest.raises(ValueError, match="thumbnail"):
        find_twins(["a"], [b"GIF89a"], Watch())


def test_a_digest_for_each_thumbnail_is_asked() -> None:
    with pytest.raises(ValueError, match="2 digests and 1 thumbnails"):
        find_twins(["a", "b"], [b""], Watch())


PAIRS = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), max_size=20)


@given(PAIRS)
def test_groups_are_the_least_equivalence_that_holds_the_pairs(
    pairs: list[tuple[int, int]],
) -> None:
    joined = np.eye(15, dtype=bool)
    for one, other in pairs:
        joined[one, other] = joined[other, one] = True
    for _ in range(15):
        joined = (joined.astype(int) @ joined.astype(int)) > 0
    groups = groups_of(15, [Twins(one, other, "near") for one, other in pairs])
    assert (joined == (groups[:, np.newaxis] == groups)).all()
    assert groups.tolist() == joined.argmax(axis=1).tolist()


@given(PAIRS)
def test_the_order_of_the_pairs_does_not_matter(pairs: list[tuple[int, int]]) -> None:
    twins = [Twins(one, other, "near") for one, other in pairs]
    assert groups_of(15, twins).tolist() == groups_of(15, twins[::-1]).tolist()


@pytest.mark.skipif(
    not (DATA / "dev" / "seed4_published_test").is_dir(), reason="FEWSHOT_TEST_DATA is not set"
)
def test_the_five_leaked_pictures_of_a_published_split_are_found() -> None:
    """Also where their digests are hidden, so that only the pictures tell."""
    sides = [
        list(find_pictures(DATA / "dev" / f"seed4_published_{side}")) for side in ("train", "test")
    ]
    files = [*sides[0], *sides[1]]
    images = [thumbnail(decode(read_picture(file), 192).pixels) for file in files]
    wanted = {f"yukino/{number}.jpg" for number in (14, 18, 20, 22, 25)}
    digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    for given_digests in (digests, [""] * len(files)):
        found = find_twins(given_digests, images, Watch())
        assert {"/".join(files[pair.other].parts[-2:]) for pair in found} == wanted
        assert all(pair.one < len(sides[0]) <= pair.other for pair in found)
