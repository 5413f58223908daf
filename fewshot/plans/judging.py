"""A trained model and test pictures come in; what it says of each, and how often rightly, goes out.

The pictures go through the model as it is served, by the same door as `fewshot match --model`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fewshot.backbones.choice import BackboneChoice
from fewshot.classifier import Classifier
from fewshot.embedder import Embedder, Refusal
from fewshot.heads.head import Floats
from fewshot.training.examples import Example, Examples
from fewshot.training.metrics import Metrics, measure, nearest_mean
from fewshot.training.on_vectors import embed_files
from fewshot.watch import Watch


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a model says of one test picture; no probabilities where it cannot be read."""

    example: Example
    probabilities: tuple[float, ...]  # in the order of the classes
    given: float  # that of its own class
    answer: str
    error: str | None

    @property
    def right(self) -> bool:
        """Whether it is the picture's class."""
        return self.answer == self.example.name


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """How a model did in one test."""

    answers: tuple[Answer, ...]
    metrics: Metrics

    @property
    def given(self) -> dict[str, tuple[float, int]]:
        """Return how likely pictures of each class were said to be of it, on average, and n."""
        found: dict[str, list[float]] = {}
        for one in self.answers:
            if one.error is None:
                found.setdefault(one.example.name, []).append(one.given)
        return {name: (float(np.mean(some)), len(some)) for name, some in sorted(found.items())}


class Judge:
    """Asks models about test pictures, beside nearest class mean of the backbone's own vectors."""

    def __init__(self, learn: Sequence[Example], watch: Watch, threads: int | None) -> None:
        """Take all pictures that were learned from."""
        self._learn, self._watch, self._threads = learn, watch, threads
        self._names = Examples(tuple(learn), ()).names
        self._vectors: dict[tuple[BackboneChoice, str], Floats] = {}  # without length: unreadable
        self._embedders: dict[BackboneChoice, Embedder] = {}

    def judge(
        self, classifier: Classifier, choice: BackboneChoice | None, asked: Sequence[Example]
    ) -> Judged | None:
        """Return what it says of pictures; None where none of them can be read.

        choice: the backbone it was trained from.
        """
        answers = self._answers(classifier, asked)
        read = [one for one in answers if one.error is None]
        if not read:
            return None
        labels = np.array([self._names.index(one.example.name) for one in read], np.int64)
        chances = np.array([one.probabilities for one in read], np.float32)
        before = None
        if choice is not None:
            learned, known = self._readable(choice, self._learn)
            vectors, _ = self._readable(choice, [one.example for one in read])
            numbers = np.array([self._names.index(one.name) for one in known], np.int64)
            before = nearest_mean(learned, numbers, vectors, len(self._names))
        return Judged(answers, measure(chances, labels, before))

    def _answers(self, classifier: Classifier, asked: Sequence[Example]) -> tuple[Answer, ...]:
        answers = []
        files = [one.file for one in asked]
        with self._watch.bar("testing", len(files)) as advance:
            said = classifier.classify_all(files, threads=self._threads)
            for example, one in zip(asked, said, strict=True):
                if isinstance(one, Refusal):
                    answers.append(Answer(example, (), 0.0, "", one.reason))
                else:
                    chances = dict(one.ranking)
                    ordered = tuple(chances[name] for name in self._names)
                    answers.append(Answer(example, ordered, chances[example.name], one.guess, None))
                advance(1)
        return tuple(answers)

    def _readable(
        self, choice: BackboneChoice, some: Sequence[Example]
    ) -> tuple[Floats, list[Example]]:
        """Return the backbone's vectors of pictures, each made once, and which could be read."""
        if choice not in self._embedders:
            self._embedders[choice] = Embedder.by_name("whole", choice, self._watch)
        new = [one.file for one in some if (choice, str(one.file)) not in self._vectors]
        if new:
            rows, lost = embed_files(new, self._embedders[choice], self._watch, self._threads)
            gone = {one.source for one in lost}
            read = [file for file in new if str(file) not in gone]
            self._vectors |= {
                (choice, str(file)): row for file, row in zip(read, rows, strict=True)
            }
        kept = [one for one in some if (choice, str(one.file)) in self._vectors]
        vectors = [self._vectors[choice, str(one.file)] for one in kept]
        return np.stack(vectors), kept
