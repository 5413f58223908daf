"""The worst mistakes come in; a card of each goes out: the picture, the answer, its own name."""

from __future__ import annotations

from collections.abc import Sequence

from fewshot.evaluation.page.escaped import image, name, safe
from fewshot.evaluation.page.section import section
from fewshot.evaluation.scene import Mistake


def mistakes(worst: Sequence[Mistake]) -> str:
    """Return the section."""
    cards = "".join(_card(one) for one in worst)
    return section(
        "The worst mistakes",
        "Pictures named wrongly, the surest first: beside each what it was taken for, and the "
        "nearest of its own name. The numbers are similarities, 1 for equal pictures. Some of "
        "these may be mislabeled: look.",
        f'<ul class="cards">{cards}</ul>' if cards else "",
    )


def _card(one: Mistake) -> str:
    return (
        f"<li>{image(one.picture, one.source, 'large')}"
        f'<p class="source">{name(one.source)}</p>'
        f"{_nearest('taken for', one.answer, one.answer_picture, one.similarity, 'wrong')}"
        f"{_nearest('really', one.truth, one.truth_picture, one.own_similarity, 'right')}</li>"
    )


def _nearest(what: str, of: str, picture: bytes, similarity: float, kind: str) -> str:
    wide = 100 * min(max(similarity, 0.0), 1.0)
    return (
        f'<div class="nearest {kind}">{image(picture, of)}<p><small>{safe(what)}</small>'
        f"<b>{name(of)}</b></p><output>{similarity:.2f}</output>"
        f'<span class="bar" style="--w:{wide:.0f}%"></span></div>'
    )
