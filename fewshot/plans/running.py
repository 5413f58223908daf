"""The door: a plan and a folder of pictures come in; every way is gone, and its figures go out."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from fewshot.backbones.catalog import find_backbone
from fewshot.backbones.errors import WeightsRefused
from fewshot.classifier import Classifier
from fewshot.errors import CannotWrite
from fewshot.plans.available import first_here
from fewshot.plans.gathering import Gathered, gather
from fewshot.plans.outcome import Gone, Outcome, Scored, WayOutcome
from fewshot.plans.plan import Candidate, Plan, Way
from fewshot.shares import Share
from fewshot.training.errors import CannotTrain
from fewshot.training.examples import Examples, split_examples
from fewshot.training.needs import require_training
from fewshot.watch import Watch

if TYPE_CHECKING:  # TensorFlow is loaded when something is trained
    from fewshot.plans.judging import Judge
    from fewshot.training.train import Trained

_DEAF = Watch()


def run_plan(
    plan: Plan,
    folder: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    threads: int | None = None,
    watch: Watch = _DEAF,
) -> Outcome:
    """Train and test each way of a plan on a folder; the models are written to the folder `out`.

    A training that was interrupted goes on. Raises WrongLayout, CannotTrain, BadSetting,
    CannotWrite, and what a backbone raises that is here and cannot be used.
    """
    folder, out = Path(folder), Path(out)
    gathered = gather(plan, folder)
    for note in gathered.notes:
        watch.say(note)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(out, (error.strerror or str(error)).lower(), "results") from error
    first = plan.tests[0]
    if first.chooses_epoch:
        examples = Examples(gathered.learn, gathered.tests[first.name])
    else:
        examples = split_examples(gathered.learn, plan.validation, plan.seed)
    run = _Run(plan, gathered, examples, out, threads, watch)
    ways = [run.go(number, way) for number, way in enumerate(plan.ways, 1)]
    return Outcome(plan, gathered, tuple(ways))


class _Run:
    """One plan under way."""

    def __init__(
        self,
        plan: Plan,
        gathered: Gathered,
        examples: Examples,
        out: Path,
        threads: int | None,
        watch: Watch,
    ) -> None:
        self.plan, self.gathered, self.examples = plan, gathered, examples
        self.out, self.threads, self.watch = out, threads, watch

    @cached_property
    def judge(self) -> Judge:
        """Who asks the models, and keeps what the backbones say of the pictures."""
        from fewshot.plans.judging import Judge

        return Judge(self.gathered.learn, self.watch, self.threads)

    @cached_property
    def train(self) -> Callable[..., Trained]:
        """What trains, with what TensorFlow says while it is imported kept back."""
        require_training()
        with self.watch.quiet():
            from fewshot.training.train import train_on
        return train_on

    def go(self, number: int, way: Way) -> WayOutcome:
        """Go one way, with the first of its backbones that is here and whose weights fit."""
        waiting, missing = way.candidates, list[str]()
        said = f"way {number} of {len(self.plan.ways)}, {way.title}"
        while True:
            candidate, reasons = first_here(waiting)
            missing += reasons
            if candidate is None:
                self.watch.say(f"{said}: not run, its weights are not here")
                return WayOutcome(way, None, tuple(missing))
            self.watch.say(f"{said}: {candidate}" if candidate.choice else said)
            try:
                return WayOutcome(way, self._gone(way, candidate), tuple(missing))
            except WeightsRefused as error:
                missing.append(str(error))
                waiting = waiting[len(reasons) + 1 :]

    def _gone(self, way: Way, candidate: Candidate) -> Gone:
        began = perf_counter()
        model = self.out / f"{way.name}.fewshot"
        settings = candidate.settings
        if candidate.choice and find_backbone(candidate.choice.name).finished:
            settings = replace(settings, size=None)  # it has its own
        trained = self.train(
            self.examples, model, settings, backbone=candidate.choice,
            resume=_interrupted(model), strangers=False, threads=self.threads, watch=self.watch,
        )  # fmt: skip
        if lost := set(self.gathered.names) - set(trained.bundle.labels):
            what = ", ".join(sorted(lost))
            raise CannotTrain(str(self.gathered.folder), f"no picture of {what} can be read")
        classifier = Classifier(trained.bundle, model, self.watch)
        refused = dict(trained.refused)
        scored = []
        for test in self.plan.tests:
            asked = self.gathered.tests[test.name]
            judged = self.judge.judge(classifier, candidate.choice, asked)
            if judged is None:
                self.watch.say(f"no picture of test {test.name} can be read")
                continue
            refused |= {str(one.example.file): one.error for one in judged.answers if one.error}
            best = _best(trained) if test.chooses_epoch else None
            scored.append(Scored(test.name, judged, best))
        return Gone(
            candidate, model, trained.sha256, len(trained.examples.train),
            len(trained.examples.validation), len(trained.history), tuple(scored),
            tuple(refused.items()), perf_counter() - began,
        )  # fmt: skip


def _interrupted(model: Path) -> bool:
    from fewshot.training.starting_point import CHECKPOINT

    return (model.with_suffix(".training") / CHECKPOINT).exists()


def _best(trained: Trained) -> Share | None:
    """Return the best accuracy that an epoch of the last phase had on what chose it."""
    stage = trained.history[-1].stage
    n = trained.metrics.n
    found = [
        one.validation_accuracy
        for one in trained.history
        if one.stage == stage and one.validation_accuracy is not None
    ]
    return Share(round(max(found) * n), n) if found else None
