"""Each epoch of a training comes in; a log, a checkpoint and a progress bar follow it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from fewshot.errors import FileDamaged
from fewshot.heads.fitting import Epoch, Hooks, State
from fewshot.training.checkpoint import read_checkpoint, write_checkpoint
from fewshot.training.errors import TrainingInterrupted
from fewshot.training.phases import Progress
from fewshot.training.starting_point import CHECKPOINT
from fewshot.watch import Watch
from fewshot.written import written_whole

LOG = "log.jsonl"
EVERY = 15.0  # seconds between two checkpoints, at least


class Keeper:
    """Keeps a training in a folder, so that one that was interrupted can go on."""

    def __init__(self, folder: Path, key: Mapping[str, Any], watch: Watch) -> None:
        """Take the folder, and all that decides what the training gives."""
        self._folder, self._key, self._watch = folder, key, watch
        self._advance: Callable[[int, str], None] = lambda more, said: None
        self._written = monotonic()
        self._latest: Progress | None = None
        self._said = ""

    def resumed(self, *, resume: bool) -> Progress:
        """Return where the training is to begin: where it stood, if that is wanted.

        Raises CannotResume where it was another training.
        """
        path = self._folder / CHECKPOINT
        if not path.exists():
            if resume:
                self._watch.say(f"nothing to resume in {self._folder}; beginning anew")
            return Progress()
        if not resume:
            self._watch.say(f"{path} is of an interrupted training; beginning anew (see --resume)")
            return Progress()
        try:
            found = read_checkpoint(path, self._key)
        except FileDamaged as damaged:
            self._watch.say(f"{damaged}; beginning anew")
            return Progress()
        done = len(found.history) + len(found.state.done if found.state else ())
        self._watch.say(f"going on after epoch {done}")
        return found

    @contextmanager
    def following(self, progress: Progress, steps: int) -> Iterator[None]:
        """Surround a training: a bar of so many steps, and a checkpoint if it is interrupted."""
        self._latest = progress
        with self._watch.telling_bar("training", steps) as advance:
            self._advance = advance
            self._log(progress)
            try:
                yield
            except BaseException as error:
                kept = self._latest.state is not None
                if kept:
                    write_checkpoint(self._folder / CHECKPOINT, self._latest, self._key)
                if isinstance(error, KeyboardInterrupt):
                    raise TrainingInterrupted(kept) from error
                raise
            write_checkpoint(self._folder / CHECKPOINT, self._latest, self._key)

    def hooks(self, phase: str) -> Hooks:
        """Return hooks for a fit of one phase, which keep where it stands."""
        return Hooks(self.after_step, lambda state: self.keep(Progress(phase, (), state)))

    def after_step(self, stage: str, epoch: int, loss: float, accuracy: float | None) -> None:
        """Say how far it is."""
        learned = "" if accuracy is None else f", accuracy {accuracy:.2f}"
        self._advance(1, f"{stage} {epoch}: loss {loss:.2f}{learned}{self._said}")

    def keep(self, progress: Progress) -> None:
        """Hear that an epoch has ended."""
        self._latest = progress
        state: State | None = progress.state
        if state and state.done:
            last = state.done[-1]
            if last.validation_accuracy is not None:
                self._said = f", held out {last.validation_accuracy:.2f}"
            self._log(progress)
        if monotonic() - self._written > EVERY:
            write_checkpoint(self._folder / CHECKPOINT, progress, self._key)
            self._written = monotonic()

    def finish(self, last: dict[str, Any]) -> None:
        """Close the log with a line of its own; nothing is left to resume."""
        self._put((self._folder / LOG).read_text(encoding="utf-8") + json.dumps(last) + "\n")
        (self._folder / CHECKPOINT).unlink(missing_ok=True)

    def _log(self, progress: Progress) -> None:
        done = progress.state.done if progress.state else []
        lines = log_lines([*progress.history, *done], timed=True)
        self._put(lines)

    def _put(self, lines: str) -> None:
        with written_whole(self._folder / LOG, "log") as file:
            file.write(lines.encode())


def best_epochs(history: Sequence[Epoch]) -> dict[str, int]:
    """Return the number of the epoch that was kept, of each phase."""
    best: dict[str, Epoch] = {}
    for one in history:
        before = best.get(one.stage)
        if before is None or one.validation_loss is None or before.validation_loss is None:
            best[one.stage] = one  # without a validation the last one is kept
        elif one.validation_loss < before.validation_loss:
            best[one.stage] = one
    return {stage: one.number for stage, one in best.items()}


def log_lines(history: list[Epoch], *, timed: bool) -> str:
    """Return a history as JSON lines; without times, equal trainings give equal lines."""
    lines = []
    for one in history:
        parts = one.to_mapping()
        if not timed:
            del parts["seconds"]
        lines.append(json.dumps(parts) + "\n")
    return "".join(lines)
