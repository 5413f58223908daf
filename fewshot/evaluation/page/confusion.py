"""Who was taken for whom comes in; a matrix with faces goes out, of many names the worst pairs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fewshot.evaluation.page.escaped import aside, data, image, name, safe, short
from fewshot.evaluation.page.numbers import plural
from fewshot.evaluation.page.section import section
from fewshot.evaluation.scene import Scene

_MOST = 40  # names of a matrix
_PAIRS = 20
_LETTERS = 18
_LABEL = 132  # pixels for so many letters
_SLANT = 98  # and for as many at 45 degrees


def confusion(scene: Scene) -> str:
    """Return the section."""
    counts = scene.confusion
    if counts is None or not counts.size or not scene.names:
        return ""
    of = f" Of {scene.confusion_of}." if scene.confusion_of else ""
    if len(scene.names) <= _MOST:
        return section(
            "Who is taken for whom",
            "A row for each name, a column for each answer: what lies off the diagonal was taken "
            f"for another. The stronger a color, the larger the share.{of}",
            f'<div class="scroll">{_matrix(scene)}</div>',
        )
    return section(
        "Who is taken for whom",
        f"The {_PAIRS} pairs most often confused: whose picture it was, and what it was taken "
        f"for.{of}",
        "".join(_pairs(scene)),
    )


def _matrix(scene: Scene) -> str:
    n, cell = len(scene.names), _cell(len(scene.names))
    left, top = _LABEL + cell + 6, _SLANT + cell + 6
    width, height = left + n * cell + _SLANT, top + n * cell + 4
    return (
        f'<svg class="matrix" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="confusion of {n} names: rows the truth, columns the answer">'
        f"{''.join(_axes(scene, cell, left, top))}{''.join(_cells(scene, cell, left, top))}</svg>"
    )


def _axes(scene: Scene, cell: int, left: int, top: int) -> Iterator[str]:
    for at, each in enumerate(scene.names):
        along = at * cell
        text = f"{safe(short(each, _LETTERS))}<title>{safe(each)}</title>"
        yield (
            f'<text class="name end" x="{_LABEL}" y="{top + along + cell / 2 + 4:g}">{text}</text>'
            f'<text class="name" transform="translate({left + along + cell / 2 + 2:g} {_SLANT}) '
            f'rotate(-45)">{text}</text>'
        )
        face = scene.faces.get(at)
        if face:
            yield _face(face, each, _LABEL + 6, top + along, cell)
            yield _face(face, each, left + along, _SLANT + 6, cell)
    corner = f'class="name unit end" x="{left - 8}" y="{_SLANT + cell / 2 + 10:g}"'
    yield f"<text {corner}>really ↓ taken for →</text>"
    side = len(scene.names) * cell
    yield f'<rect class="field" x="{left}" y="{top}" width="{side}" height="{side}"/>'


def _cells(scene: Scene, cell: int, left: int, top: int) -> Iterator[str]:
    counts = scene.confusion
    assert counts is not None
    totals = np.maximum(counts.sum(axis=1), 1)
    for row, column in zip(*(one.tolist() for one in np.nonzero(counts)), strict=True):
        many, share = int(counts[row, column]), float(counts[row, column] / totals[row])
        x, y = left + column * cell, top + row * cell
        kind = "right" if row == column else "wrong"
        tip = f"{aside(scene.names[row])} taken for {aside(scene.names[column])}: "
        tip += f"{many:,} of {int(totals[row]):,}"
        number = (
            f'<text class="count{" on" if share > 0.55 else ""}" x="{x + cell / 2:g}" '
            f'y="{y + cell / 2 + 4:g}">{many}</text>'
            if cell >= 24 and many < 1000
            else ""
        )
        yield (
            f"<g><title>{tip}</title>"
            f'<rect class="{kind}" x="{x + 0.5}" y="{y + 0.5}" width="{cell - 1}" '
            f'height="{cell - 1}" fill-opacity="{0.1 + 0.9 * share:.2f}"/>{number}</g>'
        )


def _face(face: bytes, of: str, x: float, y: float, cell: int) -> str:
    box = f'x="{x + 1:g}" y="{y + 1:g}" width="{cell - 2}" height="{cell - 2}"'
    return (
        f'<image href="{data(face)}" {box} preserveAspectRatio="xMidYMid slice">'
        f"<title>{safe(of)}</title></image>"
    )


def _cell(names: int) -> int:
    return max(18, min(44, 760 // names))


def _pairs(scene: Scene) -> Iterator[str]:
    assert scene.confusion is not None
    off = scene.confusion.copy()
    totals = scene.confusion.sum(axis=1)
    np.fill_diagonal(off, 0)
    order = [divmod(int(at), len(off)) for at in np.argsort(-off, axis=None, kind="stable")]
    cards = []
    for row, column in order[:_PAIRS]:
        many = int(off[row, column])
        if not many:
            break
        both = "".join(
            f"<figure>{image(scene.faces.get(at, b''), scene.names[at])}"
            f"<figcaption><small>{what}</small>{name(scene.names[at])}</figcaption></figure>"
            for at, what in ((row, "really"), (column, "taken for"))
        )
        said = f"{many:,} of {plural(int(totals[row]), 'picture')}"
        cards.append(f'<li>{both}<p class="said">{said}</p></li>')
    if cards:
        yield f'<ul class="confused">{"".join(cards)}</ul>'
