"""Hostile files, 20,000 of them: each ends in an answer or one of our errors, in bounds."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz.values import Boom

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded as Linux does")

SHARES = {"gallery": 2_000, "export": 5_000, "artifact": 13_200}
WORKERS = 2
PATIENCE = 600  # seconds; a worker bounds each mutant by itself


@dataclass(frozen=True)
class Ended:
    """How a worker ended."""

    code: int
    lines: list[str]
    complaint: str

    @property
    def report(self) -> dict[str, Any]:
        """What it says; where it died, on which mutant, and how to repeat that one."""
        if self.code not in (0, 1) or not self.lines[-1].startswith("{"):
            pytest.fail(
                f"died with {self.code} at: python -m tests.fuzz {self.lines[-1]}\n{self.complaint}"
            )
        report: dict[str, Any] = json.loads(self.lines[-1])
        return report


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    """A folder in memory, where there is one: nothing of it is to last."""
    within = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=within, prefix="fewshot-fuzz-") as folder:
        yield Path(folder)


def work(kind: str, seed: int, count: int, room: Path) -> Ended:
    room.mkdir()
    command = [sys.executable, "-m", "tests.fuzz", kind, "--seed", str(seed)]
    command += ["--count", str(count), "--room", str(room)]
    done = subprocess.run(
        command,
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return Ended(done.returncode, done.stdout.splitlines() or [""], done.stderr[-4000:])


@pytest.fixture(scope="module")
def ended(root: Path) -> dict[str, list[Ended]]:
    """All workers, each with its own seed; two at a time."""
    with ThreadPoolExecutor(WORKERS) as pool:
        running = {
            kind: [
                pool.submit(work, kind, seed, count // WORKERS, root / f"{kind}-{seed}")
                for seed in range(1, WORKERS + 1)
            ]
            for kind, count in SHARES.items()
        }
        return {kind: [one.result() for one in some] for kind, some in running.items()}


@pytest.mark.parametrize("kind", SHARES)
def test_a_hostile_file_ends_in_an_answer_or_in_our_own_words(
    ended: dict[str, list[Ended]], kind: str
) -> None:
    wrong = {sign: how for one in ended[kind] for sign, how in one.report["wrong"].items()}
    assert not wrong, "\n\n".join(f"{sign}\n{how}" for sign, how in wrong.items())


@pytest.mark.parametrize("kind", SHARES)
def test_of_each_kind_some_are_answered_and_some_refused(
    ended: dict[str, list[Ended]], kind: str
) -> None:
    reports = [one.report for one in ended[kind]]
    count = sum(report["count"] for report in reports)
    ends = {
        end: sum(report["ends"].get(end, 0) for report in reports)
        for end in ("answered", "partly", "refused")
    }
    print(kind, count, ends, [report["heard"] for report in reports])
    assert sum(ends.values()) == count
    assert ends["answered"] + ends["partly"] > count / 20
    assert ends["refused"] + ends["partly"] > count / 20


def test_they_are_twenty_thousand(ended: dict[str, list[Ended]]) -> None:
    assert sum(one.report["count"] for some in ended.values() for one in some) >= 20_000


def test_no_pickle_was_opened(
    ended: dict[str, list[Ended]], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ended
    assert not list(root.glob("*/boom"))
    monkeypatch.setenv("BOOM", str(root / "boom"))
    pickle.loads(pickle.dumps(Boom())).close()
    assert (root / "boom").exists()


def test_a_mutant_is_the_same_whenever_it_is_made(root: Path) -> None:
    one, other = (work("export", 9, 30, root / f"again-{time}").report for time in "12")
    assert (one["ends"], one["heard"]) == (other["ends"], other["heard"])
