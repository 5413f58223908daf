"""The sample gallery: drawn by the script in the repository, varied, and recognized."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fewshot import Match, Recognizer

ROOT = Path(__file__).parent.parent
GALLERY, PROBES = ROOT / "gallery", ROOT / "probes"


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Match]:
    with Recognizer.create(tmp_path_factory.mktemp("sample") / "gallery.db") as recognizer:
        recognizer.enroll_folder(GALLERY)
        matches = [one for one in recognizer.match_all(PROBES) if isinstance(one, Match)]
    return {Path(one.query).stem: one for one in matches}


def test_it_has_at_least_eight_names_megumin_among_them() -> None:
    names = [folder.name for folder in GALLERY.iterdir()]
    assert "megumin" in names
    assert len(names) >= 8


def test_each_name_has_at_least_six_pictures_of_several_sizes_and_backgrounds() -> None:
    for folder in GALLERY.iterdir():
        pictures = [Image.open(path).convert("RGB") for path in sorted(folder.iterdir())]
        assert len(pictures) >= 6
        assert len({picture.size for picture in pictures}) >= 3
        corners = np.array([picture.getpixel((2, 2)) for picture in pictures])
        assert corners.std(axis=0).max() > 20


def test_of_every_enrolled_probe_the_guess_is_right(answers: dict[str, Match]) -> None:
    known = {stem: one for stem, one in answers.items() if not stem.startswith("stranger")}
    assert len(known) >= 8
    assert {stem: one.guess for stem, one in known.items()} == {
        stem: stem.split("-")[0] for stem in known
    }


def test_all_enrolled_probes_get_their_name(
    answers: dict[str, Match],
) -> None:
    unnamed = {stem for stem, one in answers.items() if not one.known}
    assert unnamed == {"stranger-fern", "stranger-zog"}


def test_both_strangers_are_nobody(answers: dict[str, Match]) -> None:
    strangers = {stem: one for stem, one in answers.items() if stem.startswith("stranger")}
    assert len(strangers) == 2
    assert not any(one.known for one in strangers.values())


def test_the_script_draws_what_is_here(tmp_path: Path) -> None:
    """Pixel by pixel within what other builds of libjpeg and zlib may change."""
    command = [sys.executable, str(ROOT / "scripts" / "draw_gallery.py"), "--out", str(tmp_path)]
    subprocess.run(command, check=True)
    drawn = sorted(path for path in tmp_path.rglob("*.*"))
    kept = sorted([*GALLERY.rglob("*.*"), *PROBES.rglob("*.*")])
    assert [path.relative_to(tmp_path) for path in drawn] == [
        path.relative_to(ROOT) for path in kept
    ]
    for new, old in zip(drawn, kept, strict=True):
        first, second = (np.asarray(Image.open(p).convert("RGB"), int) for p in (new, old))
        assert np.abs(first - second).mean() < 2, old
