"""recognizer: the door, from any form of picture to a name or nobody."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fewshot import Match, Recognizer, Refusal
from fewshot.calibration_errors import RateNotSupported
from fewshot.errors import (
    BadName,
    GalleryEmpty,
    GalleryMissing,
    NoImagesFound,
    RecipeMismatch,
    UnknownBackbone,
    UnreadableImage,
)
from fewshot.images import Picture
from fewshot.store import Store
from tests.conftest import Folder, draw


@pytest.fixture
def recognizer(tmp_path: Path, folder_of: Folder) -> Iterator[Recognizer]:
    folder = folder_of(red=3, blue=3)
    with Recognizer.create(tmp_path / "own.db") as one:
        one.enroll(folder / "red", name="red")
        one.enroll(folder / "blue", name="blue")
        yield one


def test_a_picture_never_seen_is_named(recognizer: Recognizer) -> None:
    match = recognizer.match(draw("red", seed=50))
    assert match.name == "red"
    assert match.known
    assert match.similarity > match.threshold


def test_the_answer_has_its_reasons(recognizer: Recognizer) -> None:
    match = recognizer.match(draw("blue", seed=50), k=4)
    assert len(match.neighbors) == 4
    assert [n.similarity for n in match.neighbors] == sorted(
        (n.similarity for n in match.neighbors), reverse=True
    )
    assert match.runner_up is not None
    assert match.runner_up.name == "red"
    assert (match.box.width, match.box.height) == (120, 100)


def test_under_the_threshold_it_is_nobody(recognizer: Recognizer) -> None:
    match = recognizer.match(draw("red", seed=50), threshold=1.0)
    assert match.name is None
    assert not match.known
    assert match.guess == "red"


@pytest.mark.parametrize(
    "form",
    [
        str,
        Path,
        Path.read_bytes,
        lambda path: io.BytesIO(path.read_bytes()),
        Image.open,
        lambda path: np.asarray(Image.open(path)),
    ],
    ids=["str", "Path", "bytes", "file", "PIL", "array"],
)
def test_every_form_of_a_picture_gets_the_same_answer(
    form: Callable[[Path], object], recognizer: Recognizer, photo: Callable[..., Path]
) -> None:
    path = photo("red")
    expected = recognizer.match(path)
    match = recognizer.match(form(path))  # type: ignore[arg-type]
    assert (match.name, match.similarity) == (expected.name, expected.similarity)


def test_a_list_of_pictures_of_several_forms_is_enrolled(recognizer: Recognizer) -> None:
    pictures: list[Picture] = [draw("green", 1), np.asarray(draw("green", 2))]
    assert recognizer.enroll(pictures, name="green").added == 2
    assert recognizer.match(draw("green", 3)).guess == "green"


def test_enrolling_again_adds_nothing(recognizer: Recognizer, folder_of: Folder) -> None:
    account = recognizer.enroll(folder_of("again", red=4) / "red", name="red")
    assert (account.added, account.already) == (1, 3)


def test_a_bad_picture_is_refused_by_name_and_the_rest_goes_on(
    recognizer: Recognizer, folder_of: Folder
) -> None:
    folder = folder_of("more", green=2) / "green"
    (folder / "broken.jpg").write_text("no picture")
    account = recognizer.enroll(folder, name="green")
    assert account.added == 2
    assert [Path(one.source).name for one in account.refused] == ["broken.jpg"]


def test_where_no_picture_can_be_read_it_is_an_error(
    recognizer: Recognizer, tmp_path: Path
) -> None:
    (tmp_path / "broken.jpg").write_text("no picture")
    with pytest.raises(UnreadableImage, match="not a picture"):
        recognizer.enroll(tmp_path / "broken.jpg", name="green")
    assert [one.name for one in recognizer.identities()] == ["blue", "red"]


def test_a_folder_without_pictures_is_an_error(recognizer: Recognizer, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoImagesFound):
        recognizer.enroll(tmp_path / "empty", name="nobody")


def test_no_picture_at_all_is_an_error(recognizer: Recognizer) -> None:
    with pytest.raises(ValueError, match="no pictures were given"):
        recognizer.enroll([], name="nobody")


def test_an_empty_name_is_an_error(recognizer: Recognizer) -> None:
    with pytest.raises(BadName):
        recognizer.enroll(draw("red"), name=" ")


def test_many_pictures_are_answered_in_their_order(
    recognizer: Recognizer, photo: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "bad.png").touch()
    queries = [photo("blue"), tmp_path / "bad.png", photo("red")]
    blue, bad, red = recognizer.match_all(queries)
    assert isinstance(blue, Match)
    assert blue.name == "blue"
    assert isinstance(red, Match)
    assert red.name == "red"
    assert bad == Refusal(str(tmp_path / "bad.png"), "the file is empty")


def test_search_answers_without_deciding(recognizer: Recognizer) -> None:
    found = recognizer.search(draw("green"), k=6)
    assert len(found) == 6
    assert {one.name for one in found} == {"red", "blue"}


def test_a_gallery_of_one_name_has_no_runner_up(tmp_path: Path) -> None:
    with Recognizer.create(tmp_path / "one.db") as recognizer:
        recognizer.enroll([draw("red", seed) for seed in range(40)], name="red")
        match = recognizer.match(draw("red", 50))
    assert match.name == "red"
    assert match.runner_up is None


def test_matching_before_any_enrollment_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(GalleryMissing, match="fewshot enroll"):
        Recognizer.open(tmp_path / "none.db")
    with (
        Recognizer.create(tmp_path / "new.db") as recognizer,
        pytest.raises(GalleryEmpty, match="fewshot enroll"),
    ):
        recognizer.match(draw("red"))


def test_a_thumbnail_is_a_small_jpeg(recognizer: Recognizer) -> None:
    (reference, *_) = recognizer.references("red")
    thumbnail = recognizer.thumbnail(reference.id)
    assert thumbnail is not None
    assert Image.open(io.BytesIO(thumbnail)).size == (120, 100)


def test_the_source_of_a_reference_is_absolute(
    recognizer: Recognizer, photo: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = photo("green")
    monkeypatch.chdir(path.parent)
    recognizer.enroll(path.name, name="green")
    assert [one.source for one in recognizer.references("green")] == [os.fspath(path)]


def test_two_recipes_cannot_meet(tmp_path: Path) -> None:
    with Recognizer.create(tmp_path / "palette.db", backbone="palette") as recognizer:
        recognizer.enroll(draw("red"), "red")
        recognizer._store.connection.execute(
            'UPDATE recipe SET json = replace(json, \'"fingerprint": "\', \'"fingerprint": "00\')'
        )
    with (
        Recognizer.open(tmp_path / "palette.db") as other,
        pytest.raises(RecipeMismatch, match="was made with palette"),
    ):
        other.match(draw("red"))


def test_another_backbone_than_the_gallery_s_is_refused(tmp_path: Path) -> None:
    from fewshot.recipe import Recipe

    Store.create(tmp_path / "old.db", Recipe("whole", "older", "ab", None, 4)).close()
    with pytest.raises(RecipeMismatch, match=r"was made with older .*, not with palette"):
        Recognizer.create(tmp_path / "old.db", backbone="palette")
    with (
        Recognizer.open(tmp_path / "old.db") as recognizer,
        pytest.raises(UnknownBackbone, match="older"),
    ):
        recognizer.enroll(draw("red"), name="red")


def test_an_unknown_backbone_makes_no_gallery(tmp_path: Path) -> None:
    with pytest.raises(UnknownBackbone):
        Recognizer.create(tmp_path / "new.db", backbone="resnet9000")
    assert not (tmp_path / "new.db").exists()


def test_interrupted_enrollment_leaves_the_gallery_as_it_was(recognizer: Recognizer) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        recognizer.enroll([draw("green", seed) for seed in range(9)], "green", progress=interrupt)
    assert [one.name for one in recognizer.identities()] == ["blue", "red"]
    assert recognizer.enroll(draw("green"), "green").added == 1


def test_every_enrolled_picture_is_known(recognizer: Recognizer, tmp_path: Path) -> None:
    recognizer.enroll([draw("green"), draw("yellow")], name="mixed")
    for picture in (draw("green"), draw("yellow")):
        assert recognizer.match(picture).name == "mixed"


def test_a_rate_no_gallery_keeps_is_refused(recognizer: Recognizer) -> None:
    for rate in (0.0, 0.6, float("nan")):
        with pytest.raises(ValueError, match="rate of false names lies between"):
            recognizer.match(draw("red"), max_false_name=rate)


def test_strict_is_refused_where_the_gallery_cannot_show_the_rate(recognizer: Recognizer) -> None:
    with pytest.raises(RateNotSupported) as refused:
        recognizer.match(draw("red", 50), strict=True)
    assert (refused.value.rate, refused.value.names_needed) == (0.05, 19)
    with pytest.raises(RateNotSupported):
        recognizer.match_all([draw("red", 50)], strict=True)


def test_strangers_make_strict_answer_and_undo_takes_that_back(recognizer: Recognizer) -> None:
    strangers = [(str(seed), draw("green", seed)) for seed in range(19)]
    assert recognizer.calibrate(strangers=strangers).added == 19
    match = recognizer.match(draw("red", 50), strict=True, explain=True)
    assert (match.name, match.basis, match.strangers) == ("red", "strangers", 19)
    assert sum(vote.weight for vote in match.votes) == pytest.approx(match.similarity, abs=1e-5)
    assert recognizer.match(draw("green", 50)).name is None
    recognizer.undo()
    with pytest.raises(RateNotSupported):
        recognizer.match(draw("red", 50), strict=True)


def test_a_corrected_picture_does_not_get_that_name_again(recognizer: Recognizer) -> None:
    recognizer.correct(draw("red", 50), rejected=["red", "blue"])
    match = recognizer.match(draw("red", 50), explain=True)
    assert (match.name, match.guess, match.rejected_by) == (None, None, "correction")
    assert (match.votes, match.advice, match.probability) == ((), None, None)
