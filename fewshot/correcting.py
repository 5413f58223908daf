"""A picture in any form comes in, with the names it is not of; the store holds the correction."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from fewshot.corrections import Shown, correct
from fewshot.crops import Box
from fewshot.embedder import Embedder
from fewshot.images import NAMELESS, Picture, read_picture
from fewshot.records import Corrected, crop_text
from fewshot.store import Store


def correct_picture(
    store: Store,
    embedder: Embedder,
    picture: Picture,
    *,
    rejected: str | Sequence[str],
    truth: str | None = None,
    box: Box | None = None,
    threads: int | None = None,
) -> Corrected:
    """Embed a picture and write down that it is not of these names, and of whom it is.

    rejected: a name, or several. truth: None where that is not known. box: the part that is meant;
    None for what the gallery looks at. threads: how many cores the
    network may use; None: all.
    Raises UnreadableImage, and what `corrections.correct` raises.
    """
    raw = read_picture(picture)
    embedded = embedder.embed_raw(raw, box=box, with_thumbnail=True, threads=threads)
    shown = Shown(
        digest=raw.digest if box and _is_enrolled(store, raw.digest, box) else embedded.digest,
        vector=embedded.vector.astype("<f4").tobytes(),
        source=raw.source if raw.source in NAMELESS else os.path.abspath(raw.source),
        box=str(embedded.box),
        thumbnail=embedded.thumbnail,
        crop=crop_text(embedded.kind, embedded.score),
    )
    names = [rejected] if isinstance(rejected, str) else list(rejected)
    done = correct(store, shown, rejected=names, truth=truth)
    return replace(done, box=(*embedded.box,), crops=embedded.crops)


def _is_enrolled(store: Store, digest: bytes, box: Box) -> bool:
    """Tell whether this box is what a crop took of the picture when it was enrolled."""
    statement = "SELECT 1 FROM picture_references WHERE digest = ? AND box = ? LIMIT 1"
    return bool(store.all(statement, (int,), (digest, str(box))))
