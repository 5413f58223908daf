"""Samples come in, as one backbone after the other sees them; all contenders' results go out."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from fewshot.evaluation.answers import Answers
from fewshot.evaluation.asking import Asker, Seen, times_of
from fewshot.evaluation.bootstrap import Bootstrap
from fewshot.evaluation.embedding import Vectors
from fewshot.evaluation.episodes import GIVEN, GROWTH, Drawn, Setting, draw
from fewshot.evaluation.errors import CannotEvaluate
from fewshot.evaluation.figures import Result, figures_of
from fewshot.evaluation.kept import Kept, answers_file
from fewshot.evaluation.measured import Headline, Judged, Key, headline_setting
from fewshot.evaluation.methods import GALLERY, NEAREST, Method
from fewshot.evaluation.report import Evaluation
from fewshot.evaluation.samples import Labels, Samples
from fewshot.evaluation.settings import Wish
from fewshot.evaluation.tally import Tally, tally, tally_strangers
from fewshot.evaluation.tensorflow_quiet import on_one_thread
from fewshot.evaluation.twins import Twins
from fewshot.watch import Watch

NOWHERE = "none"
"""The backbone of what is trained from scratch."""

_PACKAGES = ("fewshot", "numpy", "pillow", "scikit-learn", "tensorflow", "keras")


class Comparison:
    """One comparison under way."""

    def __init__(
        self,
        samples: Samples,
        groups: Labels,
        wish: Wish,
        contenders: Sequence[Method],
        baseline: str,
        draws: Bootstrap,
        threads: int | None,
        keep: bool,
        watch: Watch,
    ) -> None:
        """Take what does not change from backbone to backbone."""
        self._samples, self._groups, self._wish = samples, groups, wish
        self._contenders, self._baseline, self._draws = contenders, baseline, draws
        self._watch = watch
        if any(one.slow for one in contenders):
            on_one_thread(watch)
        self._kept = Kept(answers_file() if keep and any(one.slow for one in contenders) else None)
        self._asker = Asker(samples, wish.seed, self._kept, watch, threads)
        self._drawn: dict[Setting, Drawn | None] = {}
        self._results: list[Result] = []
        self._times: list[dict[str, Any]] = []
        self._judged: list[Judged] = []
        self._notes: list[str] = []
        self._answers: dict[Key, list[Answers]] = {}
        self._vectors: dict[str, Vectors] = {}
        self._heads: Setting | None = None
        self._anywhere: dict[Setting, tuple[str, Tally]] = {}  # of a baseline without a backbone

    def __enter__(self) -> Comparison:
        return self

    def __exit__(self, *_: object) -> None:
        self._kept.close()

    def take(self, seen: Seen, settings: Sequence[Setting]) -> None:
        """Ask all contenders in all settings about the samples as one backbone sees them."""
        first = not self._judged
        self._judged.append(
            Judged(
                seen.title, seen.enrolled.shape[1], seen.fingerprint or None, seen.license,
                seen.stamp,
            )
        )  # fmt: skip
        self._vectors[seen.title] = seen.enrolled
        if seen.milliseconds is not None:
            self._times.append(_embedding_time(seen.title, seen.milliseconds))
        drawn = [one for one in map(self._draw, settings) if one is not None]
        self._heads = headline_setting([one.setting for one in drawn])
        count = sum(len(self._in_order(one.setting, first=first)) for one in drawn)
        number = 0
        for one in drawn:
            order = self._in_order(one.setting, first=first)
            beside = self._beside(one.setting, order)
            baseline = self._anywhere.get(one.setting)
            for method in order:
                number += 1
                if method.name == "finetune" and not seen.known.tunable:
                    self._notes.append(f"{method.title}: {seen.title} has no layers to train")
                    continue
                found = self._result(seen, method, one, baseline, f"{number}/{count}")
                if method.name == beside and found is not None:
                    baseline = found.backbone, found.tally
                    if not method.needs_backbone:
                        self._anywhere[one.setting] = baseline

    def report(
        self,
        twins: tuple[Twins, ...],
        thumbnails: tuple[bytes, ...],
        refused: tuple[tuple[str, str], ...],
        notes: tuple[str, ...],
    ) -> Evaluation:
        """Return all that was measured; raises CannotEvaluate where that is nothing."""
        said = (*self._samples.notes, *notes, *dict.fromkeys(self._notes))
        if not self._results:
            raise CannotEvaluate("these pictures", "; ".join(said) or "nothing could be asked")
        heading = headline_setting([one.setting for one in self._results])
        heads = self._drawn[heading] if heading is not None and heading == self._heads else None
        order = {setting: at for at, setting in enumerate(self._drawn)}
        results = sorted(self._results, key=lambda one: order[one.setting])
        return Evaluation(
            self._samples, tuple(results), tuple(self._times), twins, tuple(self._judged),
            said, refused,
            self._wish.seed, self._wish.rate, self._baseline, _versions(),
            None if heads is None else Headline(heads, self._answers, self._vectors), thumbnails,
        )  # fmt: skip

    def _draw(self, setting: Setting) -> Drawn | None:
        """Draw the episodes of a setting, once for all backbones; say what is left out."""
        if setting in self._drawn:
            return self._drawn[setting]
        drawn = draw(self._samples, self._groups, setting, self._wish.seed)
        self._drawn[setting] = drawn
        if drawn is None:
            self._notes.append(f"{_said(setting)}: not asked, too few names have pictures enough")
        elif drawn.left_out:
            few = f"{drawn.left_out} name(s) with too few pictures left out"
            self._notes.append(f"{_said(setting)}: {few}")
        if drawn is not None and setting.protocol == GIVEN:
            self._notes += self._gone(drawn)
        return drawn

    def _gone(self, drawn: Drawn) -> list[str]:
        """Name those of whom nothing is asked, for all of it is enrolled too."""
        one, labels = drawn.episodes[0], self._samples.labels
        asked = np.unique(labels[one.query[one.known]])
        left = np.unique(labels[one.query[one.known & ~one.leaked]])
        return [
            f"{self._samples.names[name]}: not asked about, for all its pictures are enrolled too"
            for name in np.setdiff1d(asked, left).tolist()
        ]

    def _in_order(self, setting: Setting, *, first: bool) -> list[Method]:
        """Return the contenders of a setting, the baseline first.

        first: whether those that take no backbone are still to be asked.
        """
        asked = [one for one in self._contenders if first or one.needs_backbone]
        if setting.protocol == GROWTH and (
            light := [one for one in asked if one.family in (NEAREST, GALLERY)]
        ):
            if len(light) < len(asked):
                self._notes.append(
                    "growth: asked of what trains nothing only, for the time it takes"
                )
            asked = light
        return sorted(asked, key=lambda one: one.name != self._baseline)

    def _beside(self, setting: Setting, order: Sequence[Method]) -> str:
        """Return what the others are held beside: of a growing gallery, something that is asked."""
        names = [one.name for one in order]
        if setting.protocol != GROWTH or self._baseline in names or not names:
            return self._baseline
        self._notes.append(f"growth: held beside {order[0].title}, for it is asked of no other")
        return names[0]

    def _result(
        self,
        seen: Seen,
        method: Method,
        drawn: Drawn,
        baseline: tuple[str, Tally] | None,
        said: str,
    ) -> Result | None:
        backbone = seen.title if method.needs_backbone else NOWHERE
        answers = self._asker.ask(seen, method, drawn, said)
        if isinstance(answers, str):
            self._notes.append(f"{method.title}: left out of {_said(drawn.setting)}: {answers}")
            return None
        names, labels = len(self._samples.names), self._samples.labels
        counted = tally(names, labels, drawn.episodes, answers)
        asked = {
            place for one in drawn.episodes for place in one.query[one.known & ~one.leaked].tolist()
        }
        strangers = tally_strangers(names, labels, drawn.episodes, answers, self._wish.rate)
        ways = len(drawn.episodes[0].names)
        stamp = seen.stamp if method.needs_backbone else None
        found = figures_of(
            drawn.setting, backbone, stamp, method, ways, counted, strangers, baseline,
            self._draws, rejects=answers[0].rejects, pictures=len(asked),
        )  # fmt: skip
        if found is None:
            known = any(one.known.any() for one in drawn.episodes)
            why = "every query is leaked" if known else "nothing of what is enrolled is asked about"
            self._notes.append(f"{_said(drawn.setting)}: {why}")
            return None
        self._results.append(found)
        setting = drawn.setting
        about = {
            "protocol": setting.protocol, "view": setting.view, "ways": ways,
            "shots": setting.shots, "backbone": backbone, "contender": method.name,
        }  # fmt: skip
        self._times.append(about | times_of(drawn, answers))
        if setting == self._heads:
            self._answers[backbone, method.name] = answers
        return found


def _said(setting: Setting) -> str:
    """Say which setting it is."""
    shots = "all pictures" if setting.shots is None else f"{setting.shots} picture(s) a name"
    return f"{setting.protocol}, {shots}"


def _embedding_time(backbone: str, milliseconds: float) -> dict[str, Any]:
    """Return what embedding took, as a row beside those of contenders."""
    nothing: dict[str, Any] = dict.fromkeys(("view", "ways", "shots", "fit_ms", "megabytes"))
    return nothing | {
        "protocol": "embedding", "backbone": backbone, "contender": None,
        "query_ms": round(milliseconds, 3),
    }  # fmt: skip


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
