"""montage: each query beside its best references, in one picture."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fewshot import Recognizer
from fewshot.embedder import Refusal
from fewshot.errors import CannotWrite
from fewshot.fonts import find_font
from fewshot.montage import MAX_ROWS, Montage
from tests.conftest import Folder, Run, draw


@pytest.fixture
def sheet(tmp_path: Path, folder_of: Folder) -> Callable[[int], Montage]:
    def make(queries: int) -> Montage:
        montage = Montage(tmp_path / "sheet.png")
        with Recognizer.create(tmp_path / "m.db") as recognizer:
            recognizer.enroll(folder_of(red=3) / "red", name="赤い red")
            pictures = [draw("red", 50)] * queries
            for match in recognizer.match_all(pictures, with_thumbnails=True):
                assert not isinstance(match, Refusal)
                montage.add(match, recognizer.thumbnail)
        return montage

    return make


def test_a_row_holds_the_query_and_its_references(sheet: Callable[[int], Montage]) -> None:
    reds = np.all(np.abs(np.asarray(sheet(1).draw(), int) - (200, 30, 40)) < 40, axis=2)
    columns = np.flatnonzero(reds.any(axis=0))
    groups = 1 + np.count_nonzero(np.diff(columns) > 20)
    assert groups == 4  # the query and three references


def test_each_query_adds_a_row(
    sheet: Callable[[int], Montage], monkeypatch: pytest.MonkeyPatch
) -> None:
    montage = sheet(3)
    height = montage.draw().height
    montage._rows.pop()
    assert height > montage.draw().height > height // 2


def test_a_sheet_stays_bounded(sheet: Callable[[int], Montage]) -> None:
    montage = sheet(MAX_ROWS + 2)
    assert montage.left_out == 2
    assert montage.draw().height < 65_535


def test_an_empty_sheet_can_be_drawn(tmp_path: Path) -> None:
    assert Montage(tmp_path / "sheet.png").draw().width > 0


@pytest.mark.parametrize(
    ("name", "reason"), [("sheet.xyz", "name a .png"), ("no/such/sheet.png", "no such folder")]
)
def test_a_sheet_that_cannot_be_written_is_refused_at_once(
    name: str, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(CannotWrite, match=reason):
        Montage(tmp_path / name)


def test_the_command_refuses_it_before_any_work(
    fewshot: Run, folder_of: Folder, tmp_path: Path
) -> None:
    fewshot("enroll", folder_of(red=1))
    answer = fewshot("match", tmp_path / "pictures", "--montage", tmp_path / "sheet.xyz")
    assert (answer.code, answer.out) == (2, "")


def test_an_unknown_shows_its_guess(tmp_path: Path, folder_of: Folder) -> None:
    montage = Montage(tmp_path / "sheet.png")
    with Recognizer.create(tmp_path / "m.db") as recognizer:
        recognizer.enroll(folder_of(red=2) / "red", name="red")
        match = recognizer.match(draw("blue"), threshold=1.0)
        montage.add(match, recognizer.thumbnail)
    said, why, _ = montage._rows[0][0].lines
    assert said == "unknown"
    assert re.fullmatch(r"red -?0\.\d\d, 1\.00 needed", why)


def test_a_text_that_no_font_here_can_draw_is_named(tmp_path: Path) -> None:
    assert find_font("plain", 12).complete
    assert not find_font("\U0001fae8\U000e0fff", 12).complete


def test_the_command_writes_it(
    fewshot: Run, folder_of: Folder, photo: Callable[..., Path], tmp_path: Path
) -> None:
    fewshot("enroll", folder_of(red=2, blue=2))
    answer = fewshot("match", photo("red"), photo("blue"), "--montage", tmp_path / "out.png")
    assert "montage written" in answer.err
    with Image.open(tmp_path / "out.png") as image:
        assert image.width > image.height


def test_it_is_never_written_over_a_picture_asked_about(
    fewshot: Run, folder_of: Folder, photo: Callable[..., Path]
) -> None:
    fewshot("enroll", folder_of(red=2))
    before = (query := photo("red")).read_bytes()
    answer = fewshot("match", query, "--montage", query)
    assert (answer.code, query.read_bytes()) == (2, before)


def test_nothing_answered_writes_nothing(fewshot: Run, folder_of: Folder, tmp_path: Path) -> None:
    fewshot("enroll", folder_of(red=1))
    (tmp_path / "bad.png").touch()
    answer = fewshot("match", tmp_path / "bad.png", "--montage", tmp_path / "out.png")
    assert answer.code == 3
    assert not (tmp_path / "out.png").exists()
