"""pipeline: in order, on all cores, in bounded memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewshot.pipeline import ordered_map, usable_cores


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(), max_size=40), st.integers(1, 4), st.integers(1, 3))
def test_results_stand_in_the_order_of_the_items(
    items: list[int], workers: int, ahead: int
) -> None:
    assert list(ordered_map(str, items, workers=workers, ahead=ahead)) == [str(i) for i in items]


@pytest.mark.parametrize("workers", [2, 3])
def test_two_items_are_worked_on_at_once(workers: int) -> None:
    meeting = threading.Barrier(workers, timeout=10)
    assert list(ordered_map(lambda _: meeting.wait() >= 0, range(workers), workers=workers))


def test_only_a_few_items_are_taken_ahead() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    results = ordered_map(str, items(), workers=2, ahead=4)
    next(results)
    assert len(taken) <= 8
    results.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_comes_out_at_its_turn(workers: int) -> None:
    results = ordered_map(lambda number: 1 // number, [1, 1, 0, 1], workers=workers)
    assert [next(results), next(results)] == [1, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_leaving_early_leaves_no_thread_behind() -> None:
    results = ordered_map(str, range(100), workers=2)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert not [one for one in threading.enumerate() if one.name.startswith("fewshot")]


def test_there_is_at_least_one_core() -> None:
    assert usable_cores() >= 1


def test_items_that_fail_at_once_leave_no_thread_behind() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        ordered_map(abs, items(), workers=3)
    for thread in threading.enumerate():
        if thread.name.startswith("fewshot"):
            thread.join(timeout=10)
            assert not thread.is_alive()
