"""changes and operations: what was done is written down, and can be taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fewshot.changes import erase, forget, rename, undo
from fewshot.corrections import Shown, correct
from fewshot.errors import CannotCorrect, CannotUndo, NameTaken, UnknownName
from fewshot.operations import history
from fewshot.rejections import corrections
from fewshot.setting_aside import set_aside
from fewshot.store import Store
from tests.test_store import RECIPE, enroll


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.create(tmp_path / "store.db", RECIPE)) as one:
        yield one


def standing(store: Store) -> dict[str, list[int]]:
    """All that stands in a store: names, each with the ids of its references."""
    return {name: [one.id for one in store.references(name)] for name in store.names()}


def judged(store: Store) -> list[tuple[str, str, str | None, bool]]:
    """All that is said of pictures: which is not of which name, but of which; is that in force?"""
    said = corrections(store)
    return [(one.source, one.rejected, one.truth, one.in_force) for one in said]


def test_each_change_is_one_operation_with_time_names_and_count(store: Store) -> None:
    enroll(store, aqua="a b", megumin="c")
    rename(store, "aqua", "water")
    forget(store, "megumin")
    rows = [(one.what, one.names, one.was, one.references) for one in history(store)]
    assert rows == [
        ("forget", ("megumin",), None, 1),
        ("rename", ("water",), "aqua", 0),
        ("enroll", ("aqua", "megumin"), None, 3),
    ]
    assert all(one.at.endswith("+00:00") for one in history(store))


def test_what_changes_nothing_is_no_operation(store: Store) -> None:
    enroll(store, aqua="a")
    enroll(store, aqua="a")
    rename(store, "aqua", " aqua ")
    assert [one.what for one in history(store)] == ["enroll"]


@pytest.mark.parametrize(
    "change",
    [
        lambda store: enroll(store, aqua="d e", bruna="f"),
        lambda store: rename(store, "aqua", "water"),
        lambda store: forget(store, "aqua"),
    ],
    ids=["enroll", "rename", "forget"],
)
def test_undo_brings_back_what_was(store: Store, change: Callable[[Store], object]) -> None:
    enroll(store, aqua="a b", megumin="c")
    before = standing(store)
    change(store)
    assert standing(store) != before
    undo(store)
    assert standing(store) == before


def test_undo_again_takes_back_the_one_before(store: Store) -> None:
    enroll(store, aqua="a")
    rename(store, "aqua", "water")
    forget(store, "water")
    assert [undo(store).what for _ in range(3)] == ["forget", "rename", "enroll"]
    assert store.names() == []
    assert [(one.what, one.undone) for one in history(store)][:4] == [
        ("undo", False),
        ("undo", False),
        ("undo", False),
        ("forget", True),
    ]


def test_an_undo_in_the_history_says_what_it_took_back(store: Store) -> None:
    enroll(store, aqua="a b")
    operation = undo(store)
    latest = history(store)[0]
    assert (latest.what, latest.undoes, latest.names) == ("undo", operation.id, ("aqua",))


def test_with_nothing_left_there_is_nothing_to_undo(store: Store) -> None:
    with pytest.raises(CannotUndo, match="nothing was done"):
        undo(store)
    enroll(store, aqua="a")
    undo(store)
    with pytest.raises(CannotUndo, match="nothing was done"):
        undo(store)


def test_the_forgotten_are_nowhere_until_undo(store: Store) -> None:
    enroll(store, aqua="a", megumin="b")
    forget(store, "aqua")
    assert store.names() == ["megumin"]
    assert store.count() == 1
    assert len(list(store.vectors())) == 1
    assert store.digests("aqua") == set()
    for act in (store.references, lambda name: forget(store, name)):
        with pytest.raises(UnknownName):
            act("aqua")


def test_a_forgotten_name_may_be_given_to_somebody_else(store: Store) -> None:
    enroll(store, aqua="a b", megumin="c")
    old = standing(store)["aqua"]
    forget(store, "aqua")
    assert enroll(store, aqua="a").added == {"aqua": 1}
    assert not set(standing(store)["aqua"]) & set(old)
    rename(store, "aqua", "water")
    rename(store, "megumin", "aqua")
    for _ in range(4):
        undo(store)
    assert standing(store)["aqua"] == old


def test_a_picture_of_the_forgotten_is_not_called_enrolled_elsewhere(store: Store) -> None:
    enroll(store, aqua="a")
    forget(store, "aqua")
    assert enroll(store, megumin="a").elsewhere == []


def test_an_erasure_cannot_be_undone_nor_what_was_before_it(store: Store) -> None:
    enroll(store, aqua="a", megumin="b")
    erase(store, "aqua")
    with pytest.raises(CannotUndo, match="the last operation was: erase"):
        undo(store)
    enroll(store, bruna="c")
    assert undo(store).names == ("bruna",)
    with pytest.raises(CannotUndo):
        undo(store)


def traces(store: Store, *words: bytes) -> list[tuple[Path, bytes]]:
    files = list(store.path.parent.iterdir())
    assert files
    return [(path, word) for path in files for word in words if word in path.read_bytes()]


SECRET = (b"secretname", b"hidden.png", b"jpeg of hidden.png", sha256(b"hidden.png").digest())


BEFORE: dict[str, list[Callable[[Store], object]]] = {
    "enrolled": [],
    "forgotten": [lambda store: forget(store, "secretname")],
    "renamed twice": [
        lambda store: rename(store, "secretname", "public"),
        lambda store: rename(store, "public", "secretname"),
    ],
    "rename undone": [lambda store: rename(store, "secretname", "public"), undo],
    "enrolled anew": [
        lambda store: forget(store, "secretname"),
        lambda store: enroll(store, secretname="b"),
    ],
    "undone": [lambda store: enroll(store, secretname="x y"), undo],
}


@pytest.mark.parametrize("before", BEFORE)
def test_the_erased_stand_in_no_byte_of_any_file(store: Store, before: str) -> None:
    enroll(store, secretname="hidden.png", aqua="a")
    for act in BEFORE[before]:
        act(store)
    assert traces(store, *SECRET)
    assert erase(store, "secretname").erased
    assert traces(store, *SECRET) == []
    assert store.names() == ["aqua"]


def test_a_name_that_was_only_written_down_can_be_erased(store: Store) -> None:
    enroll(store, aqua="a")
    enroll(store, secretname="hidden.png")
    undo(store)
    assert history(store)[0].names == ("secretname",)
    assert erase(store, "secretname").references == 0
    assert traces(store, *SECRET) == []


def test_the_history_of_the_erased_says_that_somebody_was(store: Store) -> None:
    enroll(store, aqua="a", secretname="hidden.png")
    erase(store, "secretname")
    assert [(one.what, one.names, one.name_count) for one in history(store)] == [
        ("erase", (), 1),
        ("enroll", ("aqua",), 2),
    ]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["enroll", "correct", "say who", "quarantine", "rename", "forget", "undo"]),
        st.sampled_from("abcd"),
        st.sampled_from("abcd"),
    ),
    max_size=12,
)


def perform(store: Store, what: str, one: str, other: str, number: int) -> None:
    """Do it; what is corrected is a picture that some enrollments enroll, or did."""
    picture = str(number % 4)
    if what == "enroll":
        enroll(store, **{one: picture, other: f"{picture} {number}"})
    elif what in ("correct", "say who"):
        digest, source = sha256(picture.encode()).digest(), f"/pictures/{picture}"
        shown = Shown(digest, picture.encode().ljust(16), source, "0 0 10 20", b"jpeg")
        correct(store, shown, rejected=[one], truth=other if what == "say who" else None)
    elif what == "quarantine":
        set_aside(store, [reference.id for reference in store.references(one)])
    elif what == "undo":
        undo(store)
    elif what == "rename":
        rename(store, one, other)
    else:
        forget(store, one)


@settings(
    deadline=None,
    max_examples=40,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(STEPS)
def test_undo_walks_back_through_all_states_there_were(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, str]]
) -> None:
    path = tmp_path_factory.mktemp("walk") / "store.db"
    with closing(Store.create(path, RECIPE)) as store:

        def seen() -> object:
            return standing(store), judged(store)

        states = [seen()]
        done = 0  # operations that are not undone
        for number, (what, one, other) in enumerate(steps):
            try:
                perform(store, what, one, other, number)
            except (UnknownName, NameTaken, CannotUndo, CannotCorrect):
                assert seen() == states[-1]
                continue
            operations = sum(not one.undone and one.what != "undo" for one in history(store))
            if what == "undo":
                states.pop()
                assert seen() == states[-1]
            elif operations > done:
                states.append(seen())
            done = operations
        while len(states) > 1:
            undo(store)
            states.pop()
            assert seen() == states[-1]
        ask = store.connection.execute
        assert ask("PRAGMA foreign_key_check").fetchall() == []
        assert ask("SELECT count(*) FROM quarantine").fetchall() == [(0,)]
        assert ask("SELECT count(*) FROM identities").fetchall() == [(0,)]
