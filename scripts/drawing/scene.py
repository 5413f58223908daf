"""A scene: in go a name, a size and a seeded random source, out comes a background picture.

The same backgrounds serve every character, so that no background gives away who stands there.
Weather and light go over the finished picture.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

from PIL import Image, ImageDraw

from drawing.pen import mix, oval

Size = tuple[int, int]
PASTELS = ("#f6d9c8", "#cfe6d4", "#d6daf2", "#f4e7b8", "#e6d0e4", "#c9e3ec", "#e3dcd2")
LIGHTS: dict[str, tuple[float, float, float]] = {
    "plain": (1.0, 1.0, 1.0),
    "warm": (1.04, 0.96, 0.84),
    "cold": (0.9, 0.96, 1.05),
    "dim": (0.86, 0.83, 0.83),
    "bright": (1.06, 1.06, 1.03),
}


def gradient(size: Size, top: str, bottom: str) -> Image.Image:
    """A vertical blend of two colors."""
    ramp = Image.linear_gradient("L").resize(size)
    return Image.composite(Image.new("RGB", size, bottom), Image.new("RGB", size, top), ramp)


def _plain(size: Size, rng: Random) -> Image.Image:
    return Image.new("RGB", size, rng.choice(PASTELS))


def _gradient(size: Size, rng: Random) -> Image.Image:
    top, bottom = rng.sample(PASTELS, 2)
    return gradient(size, mix(top, "#6070c0", 0.3), mix(bottom, "#ffffff", 0.2))


def _sky(size: Size, rng: Random) -> Image.Image:
    image = gradient(size, "#79bdf0", "#e2f3fb")
    draw, (w, h) = ImageDraw.Draw(image), size
    for _ in range(4):
        x, y, r = rng.uniform(0, w), rng.uniform(0.05, 0.6) * h, rng.uniform(0.05, 0.09) * w
        for dx, dy, k in ((-1.1, 0.25, 0.7), (0, 0, 1.0), (1.1, 0.2, 0.75), (0, 0.45, 0.8)):
            box = (x + (dx - k) * r, y + (dy - k) * r, x + (dx + k) * r, y + (dy + k * 0.7) * r)
            draw.ellipse(box, fill="#ffffff")
    _hill(image, 0.86, "#9fd07e", rng)
    return image


def _room(size: Size, rng: Random) -> Image.Image:
    wall = mix(rng.choice(PASTELS), "#b58a6a", 0.25)
    image, (w, h) = Image.new("RGB", size, wall), size
    draw, floor = ImageDraw.Draw(image), int(0.8 * h)
    draw.rectangle((0, floor, w, h), fill="#a8764e")
    draw.rectangle((0, floor - h // 50, w, floor), fill="#f3e6d2")
    for joint in range(w // 6, w, w // 6):
        draw.line((joint, floor, joint + (joint - w // 2) // 2, h), fill="#8f6240", width=3)
    left = rng.choice((0.06, 0.62))
    window = (left * w, 0.1 * h, (left + 0.32) * w, 0.5 * h)
    draw.rectangle(window, fill="#bfe3f5", outline="#fbf4e8", width=w // 40)
    middle, half = (window[0] + window[2]) / 2, (window[1] + window[3]) / 2
    draw.line((middle, window[1], middle, window[3]), fill="#fbf4e8", width=w // 70)
    draw.line((window[0], half, window[2], half), fill="#fbf4e8", width=w // 70)
    shelf = 0.68 - left
    draw.rectangle((shelf * w, 0.36 * h, (shelf + 0.3) * w, 0.385 * h), fill="#80563a")
    for i in range(7):
        x, tall = (shelf + 0.02 + i * 0.036) * w, rng.uniform(0.09, 0.15) * h
        color = rng.choice(("#c85a54", "#5a86b0", "#e0b04c", "#6c9a6a", "#8a6aa0"))
        draw.rectangle((x, 0.36 * h - tall, x + 0.03 * w, 0.36 * h), fill=color)
    return image


def _forest(size: Size, rng: Random) -> Image.Image:
    image = gradient(size, "#cfe9c6", "#8fc08a")
    draw, (w, h) = ImageDraw.Draw(image), size
    for layer, tone in enumerate(("#a3cf9a", "#76ad78", "#4f8a60")):
        base = (0.7 + 0.08 * layer) * h
        draw.rectangle((0, base, w, h), fill=tone)
        for i in range(7):
            x = (i + rng.uniform(-0.3, 0.3)) * w / 6
            wide, tall = w * 0.11, h * (0.62 - 0.12 * layer) * rng.uniform(0.8, 1.1)
            trunk = (x - w / 60, base - h * 0.1, x + w / 60, base + h * 0.2)
            draw.rectangle(trunk, fill=mix(tone, "#5a4032", 0.6))
            for k in (0.0, 0.28, 0.54):
                top, low = base - tall * (0.46 + k), base - tall * k * 0.9
                spread = wide * (1 - k * 0.9)
                draw.polygon(((x - spread, low), (x, top), (x + spread, low)), fill=tone)
    _hill(image, 0.8, "#5f9a52", rng)
    return image


def _night(size: Size, rng: Random) -> Image.Image:
    image = gradient(size, "#1c2452", "#5a5f9c")
    draw, (w, h) = ImageDraw.Draw(image), size
    for _ in range(45):
        dot = rng.uniform(0, w), rng.uniform(0, 0.8 * h), rng.uniform(1.5, 4.5)
        draw.polygon(oval(*dot, dot[2]), fill="#fdf6d8")
    x, y, r = rng.choice((0.16, 0.84)) * w, 0.17 * h, 0.085 * w
    dark = oval(x + 0.45 * r, y - 0.2 * r, 0.85 * r, 0.85 * r, 80, 236)
    draw.polygon([*oval(x, y, r, r, 62, 254), *reversed(dark)], fill="#fbf0c0")
    _hill(image, 0.84, "#2c3a5e", rng)
    return image


def _pattern(size: Size, rng: Random) -> Image.Image:
    ground, spot = rng.sample(PASTELS, 2)
    image, (w, h) = Image.new("RGB", size, ground), size
    draw, step = ImageDraw.Draw(image), w // 7
    stripes = rng.random() < 0.4
    for row in range(-1, h // step + 5):
        if stripes:
            top = row * step
            band = ((0, top), (w, top - w / 3), (w, top - w / 3 + step / 2), (0, top + step / 2))
            draw.polygon(band, fill=spot)
            continue
        for column in range(-1, 9):
            x, y, r = (column + row % 2 / 2) * step, row * step * 0.9, step * 0.2
            draw.ellipse((x - r, y - r, x + r, y + r), fill=spot)
    return image


def _hill(image: Image.Image, level: float, color: str, rng: Random) -> None:
    w, h = image.size
    phase = rng.uniform(0, 6)
    crest = [(x * w / 40, h * (level + 0.025 * math.sin(x / 7 + phase))) for x in range(41)]
    ImageDraw.Draw(image).polygon([*crest, (w, h), (0, h)], fill=color)


BACKGROUNDS: dict[str, Callable[[Size, Random], Image.Image]] = {
    "plain": _plain,
    "gradient": _gradient,
    "sky": _sky,
    "room": _room,
    "forest": _forest,
    "night": _night,
    "pattern": _pattern,
}


def draw_background(name: str, size: Size, rng: Random) -> Image.Image:
    """The named background, to be drawn upon."""
    return BACKGROUNDS[name](size, rng)


def add_weather(image: Image.Image, weather: str, rng: Random) -> Image.Image:
    """Rain or snow before the figure; any other word leaves the picture alone."""
    if weather not in ("rain", "snow"):
        return image
    (w, h), mask = image.size, Image.new("L", image.size, 0)
    draw = ImageDraw.Draw(mask)
    for _ in range(90 if weather == "rain" else 70):
        x, y, r = rng.uniform(0, w * 1.1), rng.uniform(-0.05, 1) * h, rng.uniform(0.5, 1) * w / 90
        if weather == "rain":
            draw.line((x, y, x - 2.2 * r, y + 8 * r), fill=150, width=max(2, w // 240))
        else:
            draw.ellipse((x - r, y - r, x + r, y + r), fill=225)
    return Image.composite(Image.new("RGB", image.size, "#eaf3fb"), image, mask)


def light(image: Image.Image, name: str) -> Image.Image:
    """Tint the whole picture, mildly."""
    table = [min(255, round(v * gain)) for gain in LIGHTS[name] for v in range(256)]
    return image.point(table)
