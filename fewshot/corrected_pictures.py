"""A store's corrections come in; whether a picture may bear a name goes out.

A lens: the picture asked about is compared with each that was corrected, as thumbnails, so that a
copy of it that was saved again, mirrored or cropped is known too. Made anew for each state of the
store.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from fewshot.store import MAX_THUMBNAIL, Store

if TYPE_CHECKING:
    from fewshot.small_views import View


@dataclass(frozen=True)
class _Picture:
    """A picture that was corrected."""

    digest: bytes
    thumbnail: bytes

    @cached_property
    def view(self) -> View | None:
        """The picture ready to be compared; None where its thumbnail cannot be read."""
        try:
            from fewshot.small_views import prepare  # where nothing was corrected, not needed

            return prepare(self.thumbnail)
        except ValueError:
            return None


class Corrections:
    """What was said of pictures that were named wrongly."""

    def __init__(self, store: Store, before: Corrections | None = None) -> None:
        """Read a store's corrections: one SELECT; raises GalleryDamaged.

        before: an older look at the same store, whose prepared pictures are taken over.
        """
        known = before._pictures if before else {}
        self._pictures: dict[tuple[bytes, bytes], _Picture] = {}
        self._said: dict[str, list[tuple[_Picture, bool]]] = defaultdict(list)  # latest first
        rejected = set()
        for name, truth, digest, thumbnail in _rows(store):
            key = (digest, thumbnail)
            if key not in self._pictures:
                self._pictures[key] = known.get(key) or _Picture(digest, thumbnail)
            self._said[name].append((self._pictures[key], False))
            rejected.add(name)
            if truth:
                self._said[truth].append((self._pictures[key], True))
        self.names = frozenset(rejected)
        self._asked: _Picture | None = None

    def rejects(self, name: str, thumbnail: bytes, *, digest: bytes | None = None) -> bool:
        """Tell whether a picture may not bear a name: the last word on that picture says so.

        thumbnail: JPEG of the picture, as `images.thumbnail` makes it; b"" where there is none.
        digest: SHA-256 of its file, where it is known. Takes some milliseconds for each correction
        that speaks of this name, and nothing where none rejects it.
        """
        if name not in self.names:
            return False
        if self._asked is None or (self._asked.digest, self._asked.thumbnail) != (
            digest or b"",
            thumbnail,
        ):
            self._asked = _Picture(digest or b"", thumbnail)
        asked = self._asked
        return next((not is_name for it, is_name in self._said[name] if _same(it, asked)), False)


def _same(one: _Picture, asked: _Picture) -> bool:
    if one.digest == asked.digest:
        return True
    if one.view is None or asked.view is None:
        return False
    from fewshot.same_picture import same_picture

    return same_picture(asked.view, one.view)


def _rows(store: Store) -> Iterator[tuple[str, str, bytes, bytes]]:
    """Yield corrections, latest first: names rejected and given ("": none), digest, thumbnail."""
    yield from store.stream(
        """SELECT x.name, coalesce(t.name, ''), c.digest,
                  CASE WHEN length(c.thumbnail) <= ? THEN c.thumbnail ELSE x'' END
           FROM corrections c JOIN identities x ON x.id = c.rejected
           LEFT JOIN identities t ON t.id = c.truth
           ORDER BY c.corrected_at DESC, c.id DESC""",
        (str, str, bytes, bytes),
        (MAX_THUMBNAIL,),
    )
