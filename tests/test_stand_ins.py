"""stand_ins: however a gallery came to be, its stand-ins say what those of a fresh one say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewshot.prototypes import Owners, Vectors
from fewshot.scoring import MARGIN, NEVER
from fewshot.stand_ins import StandIns
from tests.followed import Followed, pictures, unit

ALIKE = 1e-5
PEOPLE = 6

Steps = list[tuple[str, int, int, bool]]


def columns(asked: StandIns) -> dict[int, list[list[float]]]:
    """Return by owner: decisions, rivals and cosines to the own mean, each sorted."""
    own = np.full(len(asked), float(NEVER))
    own[asked.owners >= 0] = asked.own()
    return {
        owner: [
            np.sort(column[asked.owners == owner]).tolist()
            for column in (asked.decisions, asked.rivals, own)
        ]
        for owner in np.unique(asked.owners).tolist()
    }


def assert_alike(one: StandIns, other: StandIns) -> None:
    found, expected = columns(one), columns(other)
    assert found.keys() == expected.keys()
    for owner, parts in expected.items():
        for part, wanted in zip(found[owner], parts, strict=True):
            assert part == pytest.approx(wanted, abs=ALIKE)


def follow(steps: Steps, same: float = 2.0) -> Followed:
    """Take steps: what, who, and another number; and whether to ask right after."""
    gallery = Followed(same)
    gallery.add(0, pictures(1, 2))
    for number, (what, who, other, asks) in enumerate(steps):
        if what == "add":
            gallery.add(who, pictures(100 + number, 1 + other % 3))
        elif what == "stranger":
            gallery.add(-1 - who, pictures(100 + number, 1 + other % 3))
        elif what == "remove" and len([one for one in gallery.held if one >= 0]) > 1:
            gallery.remove(who)
        elif what == "befriend" and who != other:
            gallery.befriend(who, other)
        if asks:
            gallery.update()
    return gallery


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "add", "stranger", "remove", "befriend"]),
        st.integers(0, PEOPLE - 1),
        st.integers(0, PEOPLE - 1),
        st.booleans(),
    ),
    max_size=25,
)


@settings(deadline=None, max_examples=200, derandomize=True)
@given(steps=STEPS)
def test_stand_ins_that_followed_all_changes_say_what_fresh_ones_say(steps: Steps) -> None:
    gallery = follow(steps)
    assert_alike(gallery.update(), gallery.anew())


@settings(deadline=None, max_examples=60, derandomize=True)
@given(steps=STEPS)
def test_each_is_asked_against_all_names_but_its_own_and_friends_and_no_friend_is_runner_up(
    steps: Steps,
) -> None:
    gallery = follow(steps)
    asked = gallery.update()
    means = {one: unit(held.sum(axis=0, keepdims=True))[0]
             for one, held in gallery.held.items() if one >= 0}  # fmt: skip
    for owner, (decisions, rivals, _) in columns(asked).items():
        strange = {one: mean for one, mean in means.items()
                   if one != owner and (one, owner) not in gallery.friends}  # fmt: skip
        best, second = [], []
        for row in gallery.held[owner]:
            near = sorted(((float(row @ mean), one) for one, mean in strange.items()), reverse=True)
            top = near[0] if near else (float(NEVER), -1)
            rest = [score for score, one in near[1:] if (one, top[1]) not in gallery.friends]
            best.append(top[0])
            second.append(max(0.0, *rest[:1]) if rest else 0.0)
        taken = [one - float(MARGIN) * two for one, two in zip(best, second, strict=True)]
        assert rivals == pytest.approx(sorted(best), abs=ALIKE)
        assert decisions == pytest.approx(sorted(taken), abs=ALIKE)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(steps=STEPS)
def test_its_own_score_is_the_cosine_to_the_mean_of_the_others_of_its_name(steps: Steps) -> None:
    gallery = follow(steps)
    for owner, (_, _, own) in columns(gallery.update()).items():
        held = gallery.held[owner]
        alone = owner < 0 or len(held) == 1
        expected = [
            float(NEVER) if alone else float(row @ unit((held.sum(axis=0) - row)[np.newaxis])[0])
            for row in held
        ]
        assert own == pytest.approx(sorted(expected), abs=1e-4)


def test_a_stranger_is_asked_against_all_names() -> None:
    gallery = Followed()
    for owner in range(3):
        gallery.add(owner, pictures(owner, 3))
    copy = gallery.held[2][:1]
    gallery.add(-1, copy)
    asked = gallery.update()
    nearest = max(float(copy[0] @ unit(held.sum(axis=0, keepdims=True))[0])
                  for owner, held in gallery.held.items() if owner >= 0)  # fmt: skip
    assert asked.rivals[asked.owners == -1] == pytest.approx(nearest, abs=ALIKE)


def test_friends_are_no_strangers_to_each_other() -> None:
    gallery = Followed()
    gallery.add(0, pictures(0, 3))
    gallery.add(1, pictures(1, 3))
    gallery.befriend(0, 1)
    assert (gallery.update().decisions == NEVER).all()


def test_who_is_befriended_later_is_asked_again() -> None:
    gallery = Followed()
    for owner in range(3):
        gallery.add(owner, pictures(owner, 3))
    gallery.update()
    gallery.befriend(0, 1)
    assert_alike(gallery.update(), gallery.anew())


def test_a_near_copy_under_two_names_makes_them_friends() -> None:
    gallery = Followed(same=0.99)
    first, second = pictures(0, 3), pictures(1, 3)
    second[0] = first[0]
    gallery.add(0, first)
    gallery.add(1, second)
    assert (gallery.update().decisions == NEVER).all()


def test_without_a_near_copy_they_are_strangers() -> None:
    gallery = Followed(same=0.99)
    gallery.add(0, pictures(0, 3))
    gallery.add(1, pictures(1, 3))
    assert (gallery.update().decisions > NEVER).all()


def test_a_near_copy_that_comes_later_makes_friends_then() -> None:
    gallery = Followed(same=0.99)
    gallery.add(0, pictures(0, 3))
    gallery.add(1, pictures(1, 3))
    assert (gallery.update().decisions > NEVER).all()
    gallery.add(1, gallery.held[0][:1])
    assert (gallery.update().decisions == NEVER).all()


def test_when_the_name_with_the_copy_goes_and_comes_without_it_they_are_strangers_again() -> None:
    gallery = Followed(same=0.99)
    gallery.add(0, pictures(0, 3))
    gallery.add(1, gallery.held[0][:1])
    assert (gallery.update().decisions == NEVER).all()
    gallery.remove(1)
    gallery.add(1, pictures(1, 3))
    assert (gallery.update().decisions > NEVER).all()


def all_pairs(held: dict[int, Vectors], same: float) -> set[tuple[int, int]]:
    """Find look-alikes the long way: every reference beside every other."""
    return {
        (one, other)
        for one, rows in held.items()
        for other, others in held.items()
        if one != other and (rows @ others.T >= same).any()
    }


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.integers(8, 200), st.integers(2, 30), st.integers(0, 10_000))
def test_looking_up_the_nearest_look_alikes_gives_the_highest_scores_of_looking_up_all(
    n: int, names: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    vectors, owners = pictures(seed, n), rng.integers(0, names, n)
    copies = rng.integers(0, n, (n // 8, 2))
    vectors[copies[:, 0]] = vectors[copies[:, 1]]  # some of them under two names
    looked, told = Followed(same=0.97), Followed()
    for owner in np.unique(owners).tolist():
        looked.add(owner, vectors[owners == owner])
        told.add(owner, vectors[owners == owner])
    told.friends = all_pairs(told.held, 0.97)
    one, other = looked.update(), told.update()
    for rate in (0.01, 0.05, 0.1):
        assert highest(one, rate) == pytest.approx(highest(other, rate), abs=ALIKE)


def highest(asked: StandIns, rate: float) -> float:
    """Return the score that this share of stand-ins reaches, each name counting the same."""
    owners: Owners = asked.owners
    _, group, counts = np.unique(owners, return_inverse=True, return_counts=True)
    order = np.argsort(-asked.rivals, kind="stable")
    beyond = np.cumsum(1.0 / (counts[group] * len(counts))[order])
    return float(asked.rivals[order][np.searchsorted(beyond, rate)])
