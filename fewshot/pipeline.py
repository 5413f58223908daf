"""A function and a stream of items come in; the results go out in order, made on all cores."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

Item = TypeVar("Item")
Result = TypeVar("Result")


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def ordered_map(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    workers: int | None = None,
    ahead: int = 4,
) -> Iterator[Result]:
    """Apply a function to each item in threads; yield the results in the order of the items.

    The first ones are begun at once, before the first result is asked for. At most
    `workers * ahead` items are in flight, so memory does not grow with their number.
    Pillow, numpy and LiteRT leave the interpreter lock while they compute, so threads do.
    An exception of the function comes out at its item's turn and ends the rest; so does leaving
    the iteration.
    """
    workers = workers or usable_cores()
    if workers == 1:
        return map(function, items)
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(workers, thread_name_prefix="fewshot")
    source = iter(items)
    try:
        begun = deque(pool.submit(function, item) for item in islice(source, workers))
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    return _in_order(pool, function, source, begun, most=workers * ahead)


def _in_order(
    pool: ThreadPoolExecutor,
    function: Callable[[Item], Result],
    items: Iterator[Item],
    in_flight: deque[Future[Result]],
    most: int,
) -> Iterator[Result]:
    try:
        for item in items:
            in_flight.append(pool.submit(function, item))
            while len(in_flight) >= most or (in_flight and in_flight[0].done()):
                yield in_flight.popleft().result()
        while in_flight:
            yield in_flight.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
