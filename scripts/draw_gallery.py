"""Draw the sample gallery: in goes a folder, out come its gallery/ and probes/ full of cartoons.

Usage: python draw_gallery.py --out DIR

Every picture has a random source of its own, seeded with the character's name and the picture's
number, so that two runs write the same bytes.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from random import Random

from PIL import Image

from drawing.characters import CAST, STRANGERS, Character
from drawing.face import MOODS
from drawing.figure import FEET, Pose, draw_figure, half_width, top_of
from drawing.pen import Pen
from drawing.scene import BACKGROUNDS, LIGHTS, add_weather, draw_background, light

PICTURES = 7
OVERSAMPLING = 3
FLAT = {"plain", "pattern", "room"}  # backgrounds that compress well as a PNG with a palette
SIZES = ((240, 320), (320, 320), (360, 240), (300, 300), (320, 240), (260, 320), (280, 320))
ZOOMS = ("face", "half", "whole", "half", "face", "whole", "half")
ARM_PAIRS = (
    ("down", "down"),
    ("up", "down"),
    ("hip", "hip"),
    ("cheek", "cheek"),
    ("up", "up"),
    ("chest", "out"),
    ("hip", "up"),
)


@dataclass(frozen=True)
class Shot:
    """One picture to take of a character."""

    pose: Pose
    zoom: str
    size: tuple[int, int]
    background: str
    light: str = "plain"
    weather: str = "dry"


# Name of the file, character, background, weather, light, zoom, mood, arms.
PROBES = (
    ("megumin-in-the-rain", "megumin", "forest", "rain", "cold", "half", "closed", ("out", "hip")),
    ("aqua-at-night", "aqua", "night", "dry", "dim", "half", "open", ("up", "out")),
    ("tilda-in-the-snow", "tilda", "sky", "snow", "cold", "half", "closed", ("chest", "up")),
    ("bruna-in-the-evening", "bruna", "room", "dry", "warm", "face", "open", ("down", "out")),
    ("kofi-in-the-forest", "kofi", "forest", "dry", "warm", "whole", "closed", ("out", "up")),
    ("orlo-under-the-stars", "orlo", "night", "dry", "plain", "whole", "surprised", ("up", "out")),
    ("mochi-at-home", "mochi", "room", "dry", "dim", "half", "closed", ("out", "out")),
    ("bolt-in-the-sun", "bolt", "sky", "dry", "bright", "whole", "angry", ("out", "hip")),
    ("stranger-fern", "fern", "sky", "dry", "plain", "half", "open", ("up", "hip")),
    ("stranger-zog", "zog", "gradient", "dry", "plain", "half", "smile", ("up", "down")),
)


def gallery_shot(who: Character, number: int, rng: Random) -> Shot:
    """Picture `number` of a character: decks shuffled by name, details by name and number."""
    deck = Random(f"{who.name}/0")

    def card(options: tuple[str, ...]) -> str:
        return deck.sample(options * 2, 2 * len(options))[number - 1]

    background = deck.sample(tuple(BACKGROUNDS), len(BACKGROUNDS))[(number - 1) % len(BACKGROUNDS)]
    mood, lit = card(MOODS), card(tuple(LIGHTS))
    start = deck.randrange(PICTURES)
    pose = Pose(
        turn=rng.choice((-1, 1)) * rng.uniform(0.15, 1.0),
        tilt=rng.uniform(-11, 11),
        mood=mood,
        arms=ARM_PAIRS[(number + start) % PICTURES],
        extras=frozenset(e for e in sorted(who.sometimes) if number % 2 == 0),
    )
    zoom, size = ZOOMS[(number + start) % PICTURES], SIZES[(number * 3 + start) % PICTURES]
    if zoom == "whole":
        size = (min(size), max(size))
    return Shot(pose, zoom, size, background, lit)


def place(who: Character, shot: Shot, rng: Random) -> tuple[float, float, float]:
    """Where the head's center goes and how large the head's radius is, as shares of the size."""
    w, h = shot.size
    top = top_of(who)
    if shot.zoom == "face":
        top = min(top, 1.5)
    bottom = {"face": 1.15, "half": 1.95, "whole": FEET + 0.1}[shot.zoom]
    room = rng.uniform(0.84, 0.98)
    wide = 2.6 if shot.zoom == "face" else 2 * half_width(who)
    unit = min(h * room / (top + bottom), w * room / wide)
    slack = w / 2 - half_width(who) * unit
    x = w / 2 + rng.uniform(-1, 1) * max(0.0, slack) * 0.85
    spare = h - unit * (top + bottom)
    y = top * unit + spare * (rng.uniform(0.3, 0.8) if shot.zoom == "whole" else 0.9)
    return x, y, unit


def take(who: Character, shot: Shot, rng: Random) -> Image.Image:
    """Draw one picture, large, and reduce it."""
    big = (shot.size[0] * OVERSAMPLING, shot.size[1] * OVERSAMPLING)
    image = draw_background(shot.background, big, rng)
    x, y, unit = (v * OVERSAMPLING for v in place(who, shot, rng))
    draw_figure(Pen(image, (unit, 0, x, 0, unit, y)), who, shot.pose)
    image = add_weather(image, shot.weather, rng)
    return light(image.resize(shot.size, Image.Resampling.LANCZOS), shot.light)


def save(image: Image.Image, path: Path, flat: bool) -> None:
    """Write a PNG with a palette where the picture is flat, else a JPEG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if flat:
        few = image.quantize(128, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        few.save(path.with_suffix(".png"), optimize=True)
    else:
        image.save(path.with_suffix(".jpg"), quality=86, subsampling=0, optimize=True)


def draw_gallery(out: Path) -> None:
    """The pictures to enroll."""
    for who in CAST:
        for number in range(1, PICTURES + 1):
            rng = Random(f"{who.name}/{number}")
            shot = gallery_shot(who, number, rng)
            path = out / "gallery" / who.name / f"{number:02}"
            save(take(who, shot, rng), path, shot.background in FLAT)


def draw_probes(out: Path) -> None:
    """The pictures to recognize; the last two show nobody enrolled."""
    people = {who.name: who for who in (*CAST, *STRANGERS)}
    for i, (title, name, background, weather, lit, zoom, mood, arms) in enumerate(PROBES):
        rng = Random(f"{name}/{PICTURES + 1}")
        pose = Pose(rng.uniform(-1, 1), rng.uniform(-12, 12), mood, arms)
        shot = Shot(pose, zoom, SIZES[i * 3 % PICTURES], background, lit, weather)
        save(take(people[name], shot, rng), out / "probes" / title, background in FLAT)


def main() -> None:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(description="Draw the sample gallery of cartoon characters.")
    parser.add_argument("--out", type=Path, required=True, help="folder for gallery/ and probes/")
    out: Path = parser.parse_args().out
    draw_gallery(out)
    draw_probes(out)


if __name__ == "__main__":
    main()
