"""A model for tests, made by hand: nothing is trained, no TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np

from fewshot.backbones.catalog import PALETTE
from fewshot.backbones.palette import Palette
from fewshot.bundles.bundle import Base, Bundle
from fewshot.heads.head import Head, Layer
from tests.conftest import COLORS, draw


def bundle(**changed: Any) -> Bundle:
    """A model over palette, of three names; its numbers mean nothing."""
    d = PALETTE.d
    rng = np.random.default_rng(0)
    kernels = rng.standard_normal((d, 8)), rng.standard_normal((8, 3))
    first, last = (
        Layer(one.astype(np.float32), np.zeros(one.shape[1], np.float32)) for one in kernels
    )
    base = Base("palette", 96, "raw", d, Palette(PALETTE).fingerprint, "palette", "MIT")
    parts: dict[str, Any] = {
        "base": base, "head": Head((first,), last, unit=True), "labels": ("a", "b", "c"),
        "graph": None, "about": {"kind": "softmax"}, "extras": {"model_card.md": b"# A model"},
    }  # fmt: skip
    return Bundle(**(parts | changed))


def knowing_colors(seed: int = 0, *, stranger_lift: float | None = None) -> Bundle:
    """A model over palette that names red, blue and green as nearest class mean does."""
    palette = Palette(PALETTE)
    names = ("blue", "green", "red")
    means = np.stack(
        [
            palette.embed([np.asarray(draw(name, 50 + i)) for i in range(4)]).mean(0)
            for name in names
        ]
    )
    turned = np.linalg.qr(np.random.default_rng(seed).standard_normal((PALETTE.d, 40)))[0]
    kernel = (30 * means @ turned).T.astype(np.float32)
    layers = (
        Layer(turned.astype(np.float32), np.zeros(40, np.float32)),
        Layer(np.ascontiguousarray(kernel), np.zeros(3, np.float32)),
    )
    assert set(names) <= set(COLORS)
    about = {"kind": "softmax", "stranger_lift": stranger_lift}
    return bundle(head=Head((layers[0],), layers[1], unit=True), labels=names, about=about)
