"""Our matching as a contender answers what `fewshot match` answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fewshot import Recognizer
from fewshot.embedder import Embedder
from fewshot.evaluation.contender import Side
from fewshot.evaluation.our_matching import OurMatching
from tests.test_same_picture import scene

NAMES, SHOTS = 8, 4


def picture(name: int, seed: int) -> Image.Image:
    """Draw what the pictures of a name have in common, with something of its own."""
    return Image.blend(scene(name), scene(1_000 + 50 * name + seed), 0.45)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """What the recognizer says of queries, and what the contender says."""
    path: Path = tmp_path_factory.mktemp("gallery") / "own.db"
    embedder = Embedder.by_name("whole", "palette")
    with Recognizer.create(path, backbone="palette") as one:
        support, labels = [], []
        for name in range(NAMES):
            for seed in range(SHOTS):
                support.append(embedder.embed(picture(name, seed)))
                labels.append(name)
        pictures = [
            (f"{name:02}", picture(name, seed)) for name in range(NAMES) for seed in range(SHOTS)
        ]
        one.enroll_all(pictures)
        queries = [picture(name, 20 + seed) for name in range(NAMES + 4) for seed in range(3)]
        queries.append(picture(0, 0))  # itself enrolled
        matches = [one.match(query) for query in queries]
        vectors = np.stack([embedder.embed(query) for query in queries])
    fitted = OurMatching(0.05, "palette").fit(Side(np.stack(support)), np.array(labels), NAMES, 0)
    return matches, fitted, fitted.ask(Side(vectors))


def test_the_nearest_name_is_the_same(asked) -> None:  # type: ignore[no-untyped-def]
    matches, _, said = asked
    assert [one.guess for one in matches] == [f"{one:02}" for one in said.scores.argmax(axis=1)]


def test_who_is_named_is_the_same(asked) -> None:  # type: ignore[no-untyped-def]
    matches, _, said = asked
    assert [one.known for one in matches] == said.named.tolist()
    assert 0 < said.named.sum() < len(said.named)


def test_the_rule_and_the_score_needed_are_the_same(asked) -> None:  # type: ignore[no-untyped-def]
    matches, fitted, _ = asked
    assert str(fitted.naming.rule) == matches[0].rule
    assert fitted.calibration.needed == pytest.approx(matches[0].needed, abs=1e-5)


def test_the_probability_is_the_same(asked) -> None:  # type: ignore[no-untyped-def]
    matches, _, said = asked
    assert matches[0].probability is not None
    ours = [one.probability for one in matches[:-1]]
    assert said.chances[:-1].max(axis=1) == pytest.approx(ours, abs=1e-4)


def test_a_picture_that_is_enrolled_is_surest(asked) -> None:  # type: ignore[no-untyped-def]
    _, _, said = asked
    assert said.sureness.argmax() == len(said.sureness) - 1
    assert said.named[-1]
