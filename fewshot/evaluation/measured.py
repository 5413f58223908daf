"""What came of an evaluation, as one value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fewshot.evaluation.answers import Answers
from fewshot.evaluation.embedding import Vectors
from fewshot.evaluation.episodes import ALL, GIVEN, GROWTH, OPEN, QUERIES, SOME, Drawn, Setting
from fewshot.evaluation.figures import Result
from fewshot.evaluation.samples import Samples
from fewshot.evaluation.twins import Twins

_HEADLINE_SHOTS = 5
_FIRST = (GIVEN, ALL, SOME, QUERIES, OPEN, GROWTH)

Key = tuple[str, str]
"""A backbone's title and a contender's name."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A backbone as a report tells of it."""

    title: str
    d: int | None
    fingerprint: str | None
    license: str | None
    stamp: str | None  # what is to be known of it on these pictures

    def to_mapping(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {
            "name": self.title,
            "d": self.d,
            "fingerprint": self.fingerprint,
            "license": self.license,
            "stamp": self.stamp,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Headline:
    """The setting that a report is headed by, with all answers in it."""

    drawn: Drawn
    answers: dict[Key, list[Answers]]
    vectors: dict[str, Vectors]  # (n, d) by backbone


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What came of an evaluation.

    results: in the order they were asked. times: what each took, kept apart, for it is never twice
    the same. thumbnails: (n,) JPEG; none where vectors were given.
    """

    samples: Samples
    results: tuple[Result, ...]
    times: tuple[dict[str, Any], ...]
    twins: tuple[Twins, ...]
    backbones: tuple[Judged, ...]
    notes: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]  # pictures that could not be read, and why
    seed: int
    rate: float
    baseline: str
    versions: dict[str, str]
    headline: Headline | None = field(default=None, repr=False)
    thumbnails: tuple[bytes, ...] = field(default=(), repr=False)

    def __repr__(self) -> str:
        return (
            f"<evaluation of {len(self.samples)} pictures of {len(self.samples.names)} names: "
            f"{len(self.results)} results>"
        )

    def result(
        self, contender: str, *, shots: int | None = None, backbone: str | None = None,
        protocol: str | None = None,
    ) -> Result:  # fmt: skip
        """Return the first result that fits, those that head the report first.

        Raises KeyError, which says what there is.
        """
        for one in (*self.heading(), *self.results):
            if (
                one.method.name == contender
                and shots in (None, one.setting.shots)
                and backbone in (None, one.backbone)
                and protocol in (None, one.setting.protocol)
            ):
                return one
        there = sorted({f"{one.method.name}, shots {one.setting.shots}" for one in self.results})
        raise KeyError(f"no result of {contender} with these; there is {'; '.join(there)}")

    def heading(self) -> list[Result]:
        """Return the results of the setting that a report is headed by."""
        setting = headline_setting([one.setting for one in self.results])
        return [one for one in self.results if one.setting == setting]


def headline_setting(settings: Sequence[Setting]) -> Setting | None:
    """Return the setting that heads a report.

    As given; else all names, or some, with most pictures up to five, or the fewest; else what there
    is, in color, a growing gallery last.
    """

    def place(one: Setting) -> tuple[int, bool, bool, int]:
        shots = one.shots or 0
        many = shots > _HEADLINE_SHOTS
        return _FIRST.index(one.protocol), one.view != "color", many, shots if many else -shots

    return min(settings, key=place, default=None)


def best_of(results: Sequence[Result]) -> Result | None:
    """Return the result with the highest accuracy."""
    return max(results, key=lambda one: one.accuracy.value, default=None)
