"""episodes: the same draws for every contender, and no picture on both sides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fewshot.evaluation.episodes import (
    ALL,
    GIVEN,
    GROWTH,
    OPEN,
    QUERIES,
    SOME,
    Drawn,
    Setting,
    draw,
    growing_sizes,
)
from fewshot.evaluation.samples import Samples, vector_samples


def samples_of(*counts: int, tested: tuple[int, ...] = ()) -> Samples:
    """Samples with so many pictures a name; tested: and so many to ask about."""
    rng = np.random.default_rng(0)

    def side(sizes: tuple[int, ...]) -> tuple[NDArray[Any], list[str]]:
        labels = [f"{one:03}" for one, size in enumerate(sizes) for _ in range(size)]
        return rng.standard_normal((len(labels), 4)), labels

    return vector_samples(*side(counts), side(tested) if tested else None)[0]


def drawn(samples: Samples, setting: Setting, seed: int = 0) -> Drawn:
    found = draw(samples, np.arange(len(samples)), setting, seed)
    assert found is not None
    return found


@given(
    counts=st.lists(st.integers(3, 9), min_size=4, max_size=8),
    protocol=st.sampled_from([ALL, SOME, OPEN, QUERIES]),
    shots=st.integers(1, 2),
    seed=st.integers(0, 99),
)
def test_nothing_asked_is_enrolled(counts: list[int], protocol: str, shots: int, seed: int) -> None:
    ways = 3 if protocol == SOME else None
    for one in drawn(samples_of(*counts), Setting(protocol, shots, ways, 2), seed).episodes:
        assert not set(one.support.tolist()) & set(one.query.tolist())


@pytest.mark.parametrize("shots", [1, 3])
def test_every_name_has_as_many_shots(shots: int) -> None:
    samples = samples_of(5, 6, 7)
    for one in drawn(samples, Setting(ALL, shots)).episodes:
        assert np.bincount(samples.labels[one.support]).tolist() == [shots] * 3


def test_all_others_are_asked_unless_there_is_a_limit() -> None:
    samples = samples_of(6, 6)
    assert len(drawn(samples, Setting(ALL, 2)).episodes[0].query) == 8
    assert len(drawn(samples, Setting(ALL, 2, queries=1)).episodes[0].query) == 2


def test_an_episode_of_some_names_has_as_many() -> None:
    samples = samples_of(4, 4, 4, 4, 4)
    episodes = drawn(samples, Setting(SOME, 1, ways=3, episodes=9)).episodes
    assert {len(one.names) for one in episodes} == {3}
    assert len({tuple(one.names.tolist()) for one in episodes}) > 1


def test_names_with_too_few_pictures_are_left_out_and_counted() -> None:
    found = drawn(samples_of(6, 6, 2), Setting(ALL, 2))
    assert (len(found.episodes[0].names), found.left_out) == (2, 1)


def test_too_few_names_give_no_episode() -> None:
    samples = samples_of(6, 2)
    assert draw(samples, np.arange(8), Setting(ALL, 5), 0) is None


def test_half_of_the_names_are_strangers_in_an_open_set() -> None:
    samples = samples_of(*[4] * 7)
    for one in drawn(samples, Setting(OPEN, 2)).episodes:
        strangers = samples.labels[one.query[~one.known]]
        assert len(one.names) == 3
        assert not set(strangers.tolist()) & set(one.names.tolist())
        assert set(strangers.tolist()) | set(one.names.tolist()) == set(range(7))


def test_the_strangers_of_a_growing_gallery_stay_the_same() -> None:
    samples = samples_of(*[4] * 20)
    assert growing_sizes(samples, 2) == [5, 10, 16]
    strangers = {
        tuple(np.unique(samples.labels[one.query[~one.known]]).tolist())
        for ways in (5, 16)
        for one in drawn(samples, Setting(GROWTH, 2, ways, 3)).episodes
    }
    assert len(strangers) == 1
    assert len(strangers.pop()) == 4


def test_a_smaller_gallery_is_part_of_a_larger_one() -> None:
    samples = samples_of(*[5] * 20)
    few, many = (drawn(samples, Setting(GROWTH, 2, n, 3)).episodes for n in (5, 16))
    for one, other in zip(few, many, strict=True):
        assert set(one.support.tolist()) < set(other.support.tolist())
        assert set(one.query.tolist()) < set(other.query.tolist())
        assert (one.query[~one.known] == other.query[~other.known]).all()


def test_a_gallery_grows_to_a_thousand_names() -> None:
    assert growing_sizes(samples_of(*[2] * 1_300), 1) == [5, 10, 20, 50, 100, 200, 500, 1_000]


def test_a_given_test_is_asked_whole_and_all_of_the_other_enrolled() -> None:
    samples = samples_of(3, 4, tested=(2, 1))
    one = drawn(samples, Setting(GIVEN, None, episodes=1)).episodes[0]
    assert sorted(one.support.tolist()) == np.flatnonzero(samples.enrolls).tolist()
    assert sorted(one.query.tolist()) == np.flatnonzero(samples.asks).tolist()


def test_from_two_folders_shots_are_of_the_one_and_queries_of_the_other() -> None:
    samples = samples_of(3, 4, tested=(2, 2))
    for one in drawn(samples, Setting(ALL, 3)).episodes:
        assert samples.enrolls[one.support].all()
        assert len(one.query) == 4
        assert samples.asks[one.query].all()


def test_other_colors_are_asked_of_the_same_draws() -> None:
    samples = samples_of(6, 6, 6)
    gray, color = (
        drawn(samples, setting).episodes
        for setting in (Setting(QUERIES, 2, view="gray"), Setting(ALL, 2))
    )
    for one, other in zip(gray, color, strict=True):
        assert (one.support == other.support).all()
        assert (one.query == other.query).all()


@pytest.mark.parametrize("protocol", [ALL, SOME, OPEN, GROWTH, GIVEN])
def test_names_that_cannot_be_enrolled_are_asked_as_strangers(protocol: str) -> None:
    enrolled = [f"{one}" for one in range(6) for _ in range(3)]
    asked = [f"{one}" for one in (0, 1, 2, 3, 8, 9) for _ in range(2)]  # 8 and 9 are strangers
    rng = np.random.default_rng(0)
    samples, _ = vector_samples(
        rng.standard_normal((18, 4)), enrolled, (rng.standard_normal((12, 4)), asked)
    )
    ways = {SOME: 3, GROWTH: 4}.get(protocol)
    shots = None if protocol == GIVEN else 2
    for one in drawn(samples, Setting(protocol, shots, ways, 3, 1 if shots else None)).episodes:
        strangers = {samples.names[at] for at in samples.labels[one.query[~one.known]].tolist()}
        assert {"8", "9"} <= strangers
        assert (protocol == OPEN) or strangers == {"8", "9"}


def test_what_is_nearly_enrolled_is_marked_as_leaked() -> None:
    samples = samples_of(4, 4)
    groups = np.arange(8)
    groups[7] = groups[0]  # the last picture is the first one again, under another name
    found = draw(samples, groups, Setting(ALL, 1, episodes=50), 0)
    assert found is not None
    for one in found.episodes:
        twins = {0: 7, 7: 0}
        expected = [twins.get(place, -1) in one.support.tolist() for place in one.query.tolist()]
        assert one.leaked.tolist() == expected


def test_the_same_seed_gives_the_same_draws_and_another_others() -> None:
    samples = samples_of(6, 6, 6)
    one, same, other = (drawn(samples, Setting(ALL, 2), seed).episodes for seed in (1, 1, 2))
    assert all((a.support == b.support).all() for a, b in zip(one, same, strict=True))
    assert any((a.support != b.support).any() for a, b in zip(one, other, strict=True))


def test_a_draw_does_not_depend_on_how_many_there_are() -> None:
    samples = samples_of(6, 6, 6)
    few, many = (drawn(samples, Setting(ALL, 2, episodes=n)).episodes for n in (2, 9))
    assert all((a.support == b.support).all() for a, b in zip(few, many, strict=False))
