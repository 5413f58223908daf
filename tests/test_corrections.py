"""corrections and rejections: what a picture is not is kept, and taken back by undo alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from fewshot.changes import erase, forget, rename, undo
from fewshot.corrections import Shown, correct
from fewshot.errors import BadName, CannotCorrect, UnknownName
from fewshot.operations import history
from fewshot.quarantine import confined
from fewshot.records import Corrected
from fewshot.rejections import corrections
from fewshot.setting_aside import set_aside
from fewshot.store import Store
from tests.test_changes import standing, traces
from tests.test_store import RECIPE, enroll


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.create(tmp_path / "store.db", RECIPE)) as one:
        enroll(one, aqua="a b", megumin="c d")
        yield one


def shown(picture: str) -> Shown:
    """The picture as `enroll` of these tests enrolls it."""
    return Shown(
        digest=sha256(picture.encode()).digest(),
        vector=picture.encode().ljust(16)[:16],
        source=f"/pictures/{picture}",
        box="0 0 10 20",
        thumbnail=b"jpeg of " + picture.encode(),
    )


def reject(store: Store, picture: str, *names: str, truth: str | None = None) -> Corrected:
    return correct(store, shown(picture), rejected=names, truth=truth)


def said(store: Store) -> list[tuple[str, str, str | None]]:
    """What is in force: picture, the name it is not, the name that it was given."""
    return [
        (one.source.removeprefix("/pictures/"), one.rejected, one.truth)
        for one in corrections(store)
        if one.in_force
    ]


def sources(store: Store, name: str) -> list[str]:
    return [one.source.removeprefix("/pictures/") for one in store.references(name)]


def test_a_correction_is_kept_with_picture_name_and_time(store: Store) -> None:
    done = reject(store, "new", "megumin")
    assert done == Corrected("/pictures/new", ("megumin",), None, 0, 0, already=False)
    (one,) = corrections(store)
    assert (one.source, one.rejected, one.truth) == ("/pictures/new", "megumin", None)
    assert one.digest == sha256(b"new").hexdigest()
    assert one.corrected_at.endswith("+00:00")
    assert one.in_force


def test_several_names_are_rejected_in_one_operation(store: Store) -> None:
    reject(store, "new", "megumin", "aqua", "megumin")
    assert said(store) == [("new", "megumin", None), ("new", "aqua", None)]
    latest = history(store)[0]
    assert (latest.what, latest.names, latest.references) == ("correct", ("aqua", "megumin"), 0)


def test_the_very_picture_is_put_out_of_use_where_it_was_enrolled(store: Store) -> None:
    assert reject(store, "c", "megumin").confined == 1
    assert sources(store, "megumin") == ["d"]
    assert confined(store) == 1


def test_who_it_is_gets_the_picture_as_a_reference(store: Store) -> None:
    done = reject(store, "c", "megumin", truth="aqua")
    assert (done.added, done.confined) == (1, 1)
    assert sources(store, "aqua") == ["a", "b", "c"]
    assert sources(store, "megumin") == ["d"]
    newest = store.references("aqua")[-1]
    assert store.thumbnail(newest.id) == b"jpeg of c"
    latest = history(store)[0]
    assert (latest.names, latest.references) == (("aqua", "megumin"), 2)


def test_who_it_is_may_be_somebody_new(store: Store) -> None:
    reject(store, "new", "megumin", truth="bruna")
    assert sources(store, "bruna") == ["new"]
    undo(store)
    assert store.names() == ["aqua", "megumin"]


def test_a_picture_that_stands_under_its_name_already_is_not_enrolled_again(store: Store) -> None:
    assert reject(store, "a", "megumin", truth="aqua").added == 0
    assert sources(store, "aqua") == ["a", "b"]
    assert said(store) == [("a", "megumin", "aqua")]


def test_the_same_correction_twice_changes_nothing_and_says_so(store: Store) -> None:
    reject(store, "c", "megumin", truth="aqua")
    again = reject(store, "c", "megumin", truth="aqua")
    assert (again.already, again.added, again.confined) == (True, 0, 0)
    assert [one.what for one in history(store)] == ["correct", "enroll"]


def test_who_it_is_can_be_said_later(store: Store) -> None:
    reject(store, "new", "megumin")
    assert not reject(store, "new", "megumin", truth="aqua").already
    assert sources(store, "aqua") == ["a", "b", "new"]
    assert said(store) == [("new", "megumin", None)]


@pytest.mark.parametrize(
    ("picture", "truth"), [("new", None), ("c", None), ("c", "aqua"), ("new", "bruna")]
)
def test_undo_takes_a_correction_back_whole(store: Store, picture: str, truth: str | None) -> None:
    before = standing(store)
    reject(store, picture, "megumin", truth=truth)
    assert undo(store).what == "correct"
    assert standing(store) == before
    assert corrections(store) == []
    assert confined(store) == 0


def test_nobody_can_be_rejected_who_is_not_known(store: Store) -> None:
    for names in (["nobody"], ["aqua", "nobody"]):
        with pytest.raises(UnknownName):
            reject(store, "c", *names)
    assert history(store)[0].what == "enroll"
    with pytest.raises(BadName):
        reject(store, "new", " ")


def test_a_picture_is_not_somebody_and_not_them_at_once(store: Store) -> None:
    with pytest.raises(CannotCorrect, match="cannot be aqua and not aqua"):
        reject(store, "new", " aqua", truth="aqua ")


CHANGES: dict[str, tuple[Callable[[Store], object], str]] = {
    "forgotten": (lambda store: forget(store, "megumin"), "megumin"),
    "renamed": (lambda store: rename(store, "megumin", "Megumin"), "Megumin"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_rejection_stays_with_the_name_when_it_is(store: Store, change: str) -> None:
    reject(store, "new", "megumin")
    act, name = CHANGES[change]
    act(store)
    assert said(store) == [("new", name, None)]


def test_a_forgotten_name_can_be_rejected_and_stays_rejected_when_enrolled_again(
    store: Store,
) -> None:
    forget(store, "megumin")
    reject(store, "c", "megumin")
    assert enroll(store, megumin="c e").corrected == [("megumin", "/pictures/c")]
    assert sources(store, "megumin") == ["e"]
    assert reject(store, "c", "megumin").already


def test_enrolling_the_folder_again_does_not_bring_the_picture_back(store: Store) -> None:
    reject(store, "c", "megumin")
    done = enroll(store, megumin="c d e", aqua="c")
    assert done.added == {"megumin": 1, "aqua": 1}
    assert done.corrected == [("megumin", "/pictures/c")]
    assert sources(store, "megumin") == ["d", "e"]


def test_the_last_word_on_a_picture_holds(store: Store) -> None:
    reject(store, "c", "megumin", truth="aqua")
    reject(store, "c", "aqua", truth="megumin")
    assert said(store) == [("c", "aqua", "megumin")]
    assert [one.in_force for one in corrections(store)] == [False, True]
    assert sources(store, "megumin") == ["d", "c"]
    assert sources(store, "aqua") == ["a", "b"]
    undo(store)
    assert said(store) == [("c", "megumin", "aqua")]
    assert sources(store, "aqua") == ["a", "b", "c"]


def test_a_third_change_of_mind_asks_to_undo_the_second(store: Store) -> None:
    reject(store, "c", "megumin", truth="aqua")
    reject(store, "c", "aqua", truth="megumin")
    before = standing(store)
    with pytest.raises(CannotCorrect, match="undo"):
        reject(store, "c", "megumin", truth="aqua")
    assert standing(store) == before
    assert history(store)[0].references == 2


SECRET = (b"secretname", b"hidden.png", b"jpeg of hidden.png", sha256(b"hidden.png").digest())

BEFORE: dict[str, list[Callable[[Store], object]]] = {
    "enrolled, and corrected not to be another": [
        lambda store: enroll(store, secretname="hidden.png"),
        lambda store: reject(store, "hidden.png", "aqua"),
    ],
    "corrected to be them": [
        lambda store: reject(store, "hidden.png", "aqua", truth="secretname"),
    ],
    "corrected to be them, though enrolled elsewhere": [
        lambda store: enroll(store, aqua="hidden.png"),
        lambda store: reject(store, "hidden.png", "aqua", truth="secretname"),
    ],
    "all that another had": [
        lambda store: enroll(store, bruna="hidden.png"),
        lambda store: reject(store, "hidden.png", "bruna", truth="secretname"),
    ],
    "corrected not to be them": [
        lambda store: enroll(store, secretname="hidden.png x"),
        lambda store: reject(store, "hidden.png", "secretname"),
    ],
    "set aside, then corrected": [
        lambda store: enroll(store, secretname="hidden.png x"),
        lambda store: set_aside(store, [store.references("secretname")[0].id]),
        lambda store: reject(store, "hidden.png", "aqua"),
    ],
    "forgotten since": [
        lambda store: enroll(store, secretname="hidden.png x"),
        lambda store: reject(store, "hidden.png", "secretname"),
        lambda store: forget(store, "secretname"),
    ],
}


@pytest.mark.parametrize("before", BEFORE)
def test_of_the_erased_no_correction_and_no_quarantine_stays(store: Store, before: str) -> None:
    for act in BEFORE[before]:
        act(store)
    assert traces(store, *SECRET)
    assert erase(store, "secretname").erased
    assert traces(store, *SECRET) == []
    assert store.names() == ["aqua", "megumin"]


def test_a_correction_of_somebody_else_outlives_an_erasure(store: Store) -> None:
    reject(store, "new", "aqua")
    erase(store, "megumin")
    assert said(store) == [("new", "aqua", None)]
