"""A test picture and what a model says of it come in; both on one drawing go out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from fewshot.fonts import find_font, fitted
from fewshot.images import decode, read_picture

if TYPE_CHECKING:
    from fewshot.plans.judging import Answer

_WIDTH, _HEIGHT, _EDGE, _LINE, _LABEL = 360, 300, 12, 22, 110
_MOST_CLASSES = 6
_INK, _PAPER, _PALE, _BAR = (32, 33, 36), (255, 255, 255), (120, 124, 130), (205, 210, 218)
_RIGHT, _WRONG = (24, 128, 56), (190, 40, 30)


def spread(answers: Sequence[Answer], most: int) -> list[Answer]:
    """Choose pictures to draw: of each class in turn, those that could be read, in their order."""
    waiting: dict[str, list[Answer]] = {}
    for one in answers:
        if one.error is None:
            waiting.setdefault(one.example.name, []).append(one)
    chosen: list[Answer] = []
    while waiting and len(chosen) < most:
        for name in list(waiting):
            if len(chosen) < most:
                chosen.append(waiting[name].pop(0))
            if not waiting[name]:
                del waiting[name]
    return chosen


def draw_answer(one: Answer, names: Sequence[str]) -> Image.Image:
    """Draw a picture, below it what it shows, the answer, and the likeliest classes with bars.

    Raises UnreadableImage.
    """
    pixels = decode(read_picture(one.example.file), at_least=2 * _WIDTH).pixels
    picture = Image.fromarray(pixels)
    picture.thumbnail((_WIDTH - 2 * _EDGE, _HEIGHT))
    ranking = sorted(zip(one.probabilities, names, strict=True), key=lambda pair: -pair[0])
    ranking = ranking[:_MOST_CLASSES]
    top = picture.height + 2 * _EDGE
    sheet = Image.new("RGB", (_WIDTH, top + (len(ranking) + 2) * _LINE + _EDGE), _PAPER)
    sheet.paste(picture, ((_WIDTH - picture.width) // 2, _EDGE))
    pen = ImageDraw.Draw(sheet)
    verdict, color = ("OK", _RIGHT) if one.right else ("NG", _WRONG)
    _write(pen, (_EDGE, top), f"{one.answer} {max(one.probabilities):.2f}", color, 17, 250)
    pen.text((_WIDTH - _EDGE, top), verdict, color, find_font(verdict, 17).font, anchor="ra")
    _write(pen, (_EDGE, top + _LINE), f"it shows {one.example.name}", _PALE, 13, 330)
    for number, (chance, name) in enumerate(ranking, 2):
        y = top + number * _LINE + 4
        _write(pen, (_EDGE, y), name, _INK, 13, _LABEL - 8)
        left, room = _EDGE + _LABEL, _WIDTH - 2 * _EDGE - _LABEL - 48
        pen.rectangle((left, y + 2, left + room, y + 13), outline=_BAR)
        if chance * room >= 1:
            pen.rectangle((left, y + 2, left + round(chance * room), y + 13), fill=color)
        pen.text((_WIDTH - _EDGE, y), f"{chance:.3f}", _INK, find_font("0", 13).font, anchor="ra")
    return sheet


def _write(
    pen: ImageDraw.ImageDraw,
    at: tuple[int, int],
    text: str,
    color: tuple[int, int, int],
    size: int,
    room: int,
) -> None:
    font = find_font(text, size).font
    pen.text(at, fitted(text, font, room), color, font)
