"""The options that say which part of a picture is looked at; and lines that say which was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import click

from fewshot.cli.output import note, printable

Command = TypeVar("Command", bound=Callable[..., Any])
CROPS = "whole, center, face (people), anime-face (drawn), auto (either, else whole) or file:PATH"


def _box(_context: object, _option: object, value: str | None) -> tuple[int, ...] | None:
    if value is None:
        return None
    try:
        numbers = tuple(int(part) for part in value.replace(",", " ").split())
        x, y, width, height = numbers
    except ValueError:
        raise click.BadParameter("four whole numbers: X,Y,WIDTH,HEIGHT") from None
    if min(x, y) < 0 or min(width, height) < 1 or max(numbers) >= 1 << 31:
        raise click.BadParameter("it starts in the picture, at 0,0, and has a width and a height")
    return numbers


box_option = click.option(
    "--box",
    metavar="X,Y,W,H",
    callback=_box,
    help="Look at this part, in pixels of the whole upright picture, whatever the crop.",
)


def crop_option(text: str) -> Callable[[Command], Command]:
    """Return what adds --crop, with this help."""
    return click.option("--crop", metavar="CROP", help=text)


def where_text(kind: str, score: float, box: Sequence[int]) -> str:
    """Say which part of a picture was looked at, behind its name."""
    if kind in ("whole", "center"):
        return f" ({kind})"
    if kind == "given":
        return f" ({box_text(box)})"
    return f" ({kind} {score:.2f}, {box_text(box)})"


def box_text(box: Sequence[int]) -> str:
    """Say where a box lies, as --box takes it."""
    return f"box {','.join(map(str, box))}"


def note_crops(accounts: Iterable[Any], *, looked: bool) -> None:
    """Say on standard error which parts were enrolled, and where one of several faces was taken.

    looked: whether it is worth saying what was taken: by crop auto.
    """
    for account in accounts:
        several = [one for one in account.crops if one.found > 1]
        for one in several[:3]:
            note(
                f"{one.source}: {one.found} faces, the largest is enrolled "
                f"({box_text([*one.box])}); for another: fewshot undo, then --box (match "
                "--all-faces shows them); --one-face refuses such pictures"
            )
        if len(several) > 3:
            note(f"{len(several) - 3} more picture(s) of {account.name} have several faces")
        kinds = Counter(one.kind for one in account.crops)
        if looked and kinds:
            taken = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
            note(f"{printable(account.name)}: taken {taken}")


def crop_rows(crops: Iterable[Any]) -> list[dict[str, Any]]:
    """Return what was taken of each picture, as the contract writes it."""
    return [
        {
            "source": one.source,
            "kind": one.kind,
            "score": round(one.score, 6),
            "box": list(one.box),
            "found": one.found,
        }
        for one in crops
    ]
