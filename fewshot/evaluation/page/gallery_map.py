"""Pictures laid out by likeness come in; a map of thumbnails goes out, a color for each name."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fewshot.evaluation.page.escaped import data, name, safe
from fewshot.evaluation.page.palette import hue
from fewshot.evaluation.page.section import section
from fewshot.evaluation.scene import GalleryMap, Scene

_WIDTH, _HEIGHT, _EDGE = 1080, 720, 30
_MOST = 400  # pictures drawn
_LEGEND = 20  # names


def gallery_map(scene: Scene) -> str:
    """Return the section."""
    laid = scene.map
    if laid is None or not len(laid.places):
        return ""
    kept = np.unique(np.linspace(0, len(laid.places) - 1, _MOST).round().astype(int)).tolist()
    left = len(laid.places) - len(kept)
    rest = f" {left:,} more are not drawn." if left else ""
    by = f" ({laid.method} of what {laid.backbone} sees)"
    far = "Distances between islands say little." if laid.method == "t-SNE" else ""
    return section(
        "The gallery as a map",
        f"Like pictures lie near like ones{by}. Islands of one color are one name, and easy; where "
        f"colors mix, expect mistakes. {far}{rest}",
        _legend(scene, laid),
        f'<svg class="map" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="map of {len(kept)} pictures">{"".join(_placed(scene, laid, kept))}</svg>',
    )


def _legend(scene: Scene, laid: GalleryMap) -> str:
    numbers = sorted({int(one) for one in laid.labels})
    if len(numbers) > _LEGEND:
        return ""
    return '<ul class="legend">{}</ul>'.format(
        "".join(
            f'<li><span class="swatch" style="--c:{hue(at)}"></span>{name(_named(scene, at))}</li>'
            for at in numbers
        )
    )


def _placed(scene: Scene, laid: GalleryMap, kept: list[int]) -> Iterator[str]:
    side = 40 if len(kept) <= 120 else 30
    for at in kept:
        number = int(laid.labels[at])
        across, down = (float(one) for one in np.clip(laid.places[at], 0, 1))
        x, y = _EDGE + across * (_WIDTH - 2 * _EDGE), _EDGE + down * (_HEIGHT - 2 * _EDGE)
        tip = f"<title>{safe(_named(scene, number))}</title>"
        picture = laid.pictures[at] if laid.pictures else b""
        if not picture:
            at_place = f'cx="{x:.1f}" cy="{y:.1f}" r="6"'
            yield f'<circle {at_place} style="--c:{hue(number)}">{tip}</circle>'
            continue
        box = f'x="{x - side / 2:.1f}" y="{y - side / 2:.1f}" width="{side}" height="{side}"'
        yield (
            f'<g style="--c:{hue(number)}">{tip}<image href="{data(picture)}" {box} '
            f'preserveAspectRatio="xMidYMid slice"/><rect {box} rx="2"/></g>'
        )


def _named(scene: Scene, number: int) -> str:
    return scene.names[number] if 0 <= number < len(scene.names) else f"name {number}"
