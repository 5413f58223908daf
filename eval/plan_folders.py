"""The sets of pictures come in; folders in the layouts of the five plans go out, all of links.

What stands in them is not what the experiments had; `DIFFERS` says how it differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from eval.clutter_scene import SCENE, cluttered
from fewshot.folders import find_pictures
from fewshot.images import decode, read_picture

DIFFERS = {
    "caricature": "six other people with 8 caricatures each, 30 to learn from and 18 to validate "
    "on, where the study validated on 2,053",
    "disney": "30 Pokémon in mixed media, six pictures each, two of them to test on",
    "anime4": "the published pictures, less the 5 to learn from that stand in the test",
    "anime_or_not": "anime faces (hololive20, seed3) against photographs of faces and of sport",
    "one_person": "another person (12 photographs of the face) against others, in the tests other "
    "people than in training; the cluttered pictures are made: the face, a quarter as wide as the "
    "scene, among drawn shapes",
}


def lay_out(dev: Path, root: Path, *, each: int) -> dict[str, Path]:
    """Make all five; return each plan's folder.

    each: pictures of each class of anime_or_not.
    """
    caricatures = [
        sub for sub in _classes(dev / "ourcar_caric") if len(list(find_pictures(sub))) >= 8
    ][:6]
    for sub in caricatures:
        own = list(find_pictures(sub))
        _link(own[:5], root / "caricature/train" / sub.name)
        _link(own[5:8], root / "caricature/validation" / sub.name)
    for sub in _classes(dev / "pokemon150"):
        _link(list(find_pictures(sub))[:6], root / "disney" / sub.name)
    for side in ("train", "test"):
        for sub in _classes(dev / f"seed4_published_{side}"):
            _link(list(find_pictures(sub)), root / "anime4" / side / sub.name)
    for name, sets in (
        ("anime", ("hololive20", "seed3_faces_full")),
        ("photo", ("ourcar_photo", "sports5")),
    ):
        for one in sets:
            _link(_evenly(dev / one, each // len(sets)), root / "anime_or_not" / name)
    _one_person(_classes(dev / "ourcar_photo"), root / "one_person")
    return {name: root / name for name in DIFFERS}


def _one_person(people: Sequence[Path], root: Path) -> None:
    """Take the first person with 12 pictures: six to learn, six to test on; the rest likewise."""
    pictures = {sub: list(find_pictures(sub)) for sub in people}
    person = next(sub for sub in people if len(pictures[sub]) >= 12)
    others = [sub for sub in people if sub != person]
    known, strange = others[::2], others[1::2]
    _link(pictures[person][:6], root / "train/person")
    _link([one for sub in known for one in pictures[sub][:2]], root / "train/rest")
    tests = {"person": pictures[person][6:12], "rest": [pictures[sub][0] for sub in strange]}
    for name, files in tests.items():
        _link(files, root / "test_face" / name)
        (root / "test_whole" / name).mkdir(parents=True)
        for number, file in enumerate(files):
            rng = np.random.default_rng([number, len(name)])
            face = decode(read_picture(file), at_least=SCENE[0]).pixels
            cluttered(face, rng).save(root / "test_whole" / name / f"{number:03}.png")


def _classes(folder: Path) -> list[Path]:
    return sorted(sub for sub in folder.iterdir() if sub.is_dir())


def _evenly(folder: Path, most: int) -> list[Path]:
    files = list(find_pictures(folder))
    return [files[at * len(files) // most] for at in range(min(most, len(files)))]


def _link(files: Sequence[Path], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, file in enumerate(files, len(list(folder.iterdir()))):
        place = folder / file.name
        if place.is_symlink():  # from another class or set
            place = folder / f"{number:03}-{file.name}"
        place.symlink_to(file.absolute())
