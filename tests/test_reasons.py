"""reasons: which references spoke for a guess, and the cheapest thing that would help."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fewshot.choosing import choose
from fewshot.crops import Box
from fewshot.embedder import Embedded
from fewshot.gallery import Gallery
from fewshot.matching import Matcher
from fewshot.naming import Naming, write_naming
from fewshot.nearness import Candidate
from fewshot.reasons import MOST_VOTES, Doubt, mend, votes_for
from fewshot.recipe import Recipe
from fewshot.reference_namer import ReferenceNamer
from fewshot.risk import Risk
from fewshot.rules import RULES, Rule
from fewshot.store import Store
from fewshot.stranger_model import UNMEASURED, StrangerModel, load_model
from fewshot.vectors import blocks
from fewshot.verdict import Match
from tests.large_gallery import D, clustered, put

Vector = NDArray[np.float32]
QUERIES = clustered(8, 1, seed=5)


def model(rule: Rule) -> StrangerModel:
    return load_model(UNMEASURED, None, rule)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    recipe = Recipe("whole", "palette", "ab", None, D)
    with closing(Store.create(tmp_path / "store.db", recipe)) as one:
        yield one


def filled(store: Store, each: int = 4, rule: Rule | None = None) -> Gallery:
    """Enroll six names, to be named by a rule."""
    vectors = clustered(6, each)
    for name in range(6):
        put(store, f"name {name}", vectors[name * each : (name + 1) * each])
    if rule:
        (block,) = blocks(store)
        write_naming(store, choose(block.vectors, block.owners, model, rule))
    return Gallery(store)


def ask(gallery: Gallery, vector: Vector, threshold: float | None = None) -> Match:
    shown = Embedded("shown.png", vector, Box(0, 0, 1, 1), b"")
    matcher = Matcher(gallery, model, 0.999)
    return matcher.match(shown, k=3, risk=Risk(), threshold=threshold, explain=True)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_votes_sum_to_the_similarity(store: Store, rule: Rule) -> None:
    gallery = filled(store, rule=rule)
    for query in QUERIES:
        match = ask(gallery, query)
        assert match.rule == str(rule)
        assert sum(vote.weight for vote in match.votes) == pytest.approx(match.similarity, abs=1e-5)


@pytest.mark.parametrize("scoring", ["vote", "nearest"])
def test_they_do_where_names_share_pictures_too(scoring: str) -> None:
    namer = ReferenceNamer(D, Naming(rule=Rule(scoring)))
    vectors = np.tile(clustered(13, 1), (3, 1))  # of equals, it matters which ones vote
    owners = np.random.default_rng(1).integers(0, 6, len(vectors))
    namer.add(vectors, np.arange(len(vectors)), owners)
    for query in clustered(60, 1, seed=6):
        standing = namer.standing(query, 1)
        votes = namer.votes(query, int(standing.owners[0]), (owners[:0], vectors[:0]))
        assert sum(weight for _, weight in votes) == pytest.approx(standing.scores[0], abs=1e-5)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_votes_are_of_references_of_the_guess_the_weightiest_first(
    store: Store, rule: Rule
) -> None:
    match = ask(filled(store, rule=rule), QUERIES[0])
    own = {one.id: one.source for one in store.references(match.guess or "")}
    assert all(own[vote.reference] == vote.source for vote in match.votes)
    weights = [vote.weight for vote in match.votes]
    assert weights == sorted(weights, reverse=True)


def test_by_the_nearest_reference_one_speaks_and_by_a_vote_at_most_five(store: Store) -> None:
    match = ask(filled(store, rule=Rule("nearest")), QUERIES[0])
    assert [vote.reference for vote in match.votes] == [match.neighbors[0].reference]
    (block,) = blocks(store)
    write_naming(store, choose(block.vectors, block.owners, model, Rule("vote")))
    assert 1 <= len(ask(Gallery(store), QUERIES[0]).votes) <= 5


def test_at_most_20_are_named_and_the_others_are_told_together(store: Store) -> None:
    match = ask(filled(store, each=27), QUERIES[0])
    *named, rest = match.votes
    assert len(named) == MOST_VOTES
    assert (rest.reference, rest.source) == (0, "7 more")
    assert sum(vote.weight for vote in match.votes) == pytest.approx(match.similarity, abs=1e-5)


def test_a_copy_speaks_alone(store: Store) -> None:
    match = ask(filled(store), clustered(6, 4)[5])
    (vote,) = match.votes
    assert match.same_picture
    assert (vote.reference, vote.weight) == (match.neighbors[0].reference, match.similarity)


def test_votes_and_advice_are_found_where_they_are_asked_for(store: Store) -> None:
    shown = Embedded("shown.png", QUERIES[0], Box(0, 0, 1, 1), b"")
    match = Matcher(filled(store), model, 0.999).match(shown, k=3, risk=Risk(1e-6))
    assert (match.votes, match.advice) == ((), None)


def test_who_is_named_needs_no_advice(store: Store) -> None:
    assert ask(filled(store), clustered(6, 4)[5]).advice is None
    assert ask(Gallery(store), QUERIES[0], threshold=1.0).advice is not None


def about(
    gallery: Gallery, name: str, needed: float, query: str = "shown.png", near: float = 0.5
) -> str:
    doubt = Doubt(query, Candidate(name, near), Candidate("other", 0.9), needed)
    with gallery.moment():
        return mend(gallery, doubt) or ""


@pytest.mark.parametrize(("count", "words"), [
    (1, "4 more pictures of aqua would help: it has one reference"),
    (2, "3 more pictures of aqua would help: it has 2 references"),
])  # fmt: skip
def test_few_references_are_the_first_thing_to_mend(store: Store, count: int, words: str) -> None:
    put(store, "aqua", clustered(1, count))
    put(store, "other", clustered(1, 3, seed=2))
    assert about(Gallery(store), "aqua", 0.5) == words


def test_references_that_disagree_are_the_second(store: Store) -> None:
    put(store, "aqua", np.eye(D, dtype=np.float32)[:4])
    put(store, "other", clustered(1, 3, seed=2))
    assert about(Gallery(store), "aqua", 0.99) == (
        "two more pictures of aqua would help: its 4 disagree (none would be known by the others)"
    )


def test_between_two_names_more_of_both_part_them(store: Store) -> None:
    put(store, "aqua", clustered(1, 4))
    put(store, "other", clustered(1, 4, seed=2))
    assert about(Gallery(store), "aqua", 0.1, near=0.9) == (
        "it stands between aqua and other: more pictures of both would part them"
    )


def test_else_the_picture_itself_can_be_enrolled_by_a_command_that_a_shell_takes(
    store: Store,
) -> None:
    put(store, "a qua", clustered(1, 4))
    put(store, "other", clustered(1, 4, seed=2))
    assert about(Gallery(store), "a qua", 0.1, "it's.png", near=0.0) == (
        """if this is a qua: fewshot enroll 'it'"'"'s.png' --name 'a qua'"""
    )


def test_a_picture_without_a_file_is_named_in_no_command(store: Store) -> None:
    put(store, "aqua", clustered(1, 4))
    assert about(Gallery(store), "aqua", 0.1, "<image>", near=0.0) == "if this is aqua: enroll it"


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_under_every_rule_there_is_advice_for_each_name(store: Store, rule: Rule) -> None:
    gallery = filled(store, rule=rule)
    for name in store.names():
        assert name in about(gallery, name, 0.3)


def test_a_name_that_nobody_bears_has_no_votes(store: Store) -> None:
    from fewshot.errors import UnknownName

    gallery = filled(store)
    with gallery.moment(), pytest.raises(UnknownName):
        votes_for(gallery, QUERIES[0], "nobody", None)
