"""Long work comes in; a bar on standard error goes out, on a terminal only."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fewshot.cli.output import note
from fewshot.watch import Watch

if TYPE_CHECKING:
    from rich.progress import Progress


@contextmanager
def progress_bar(what: str, total: int) -> Iterator[Callable[[], None]]:
    """Yield a function to call once for each thing done.

    Shows what, how many of the total, the time spent and the time left; nothing in a pipe or for
    fewer than two things.
    """
    if total < 2 or not sys.stderr.isatty():
        yield lambda: None
        return
    bar = _bar(size=False)
    with bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


class Terminal(Watch):
    """Says what long work says on standard error, and draws its bars there."""

    def say(self, text: str) -> None:
        """Print one line."""
        note(text)

    @contextmanager
    def bar(self, what: str, total: int, *, size: bool = False) -> Iterator[Callable[[int], None]]:
        """Draw a bar on a terminal, nothing elsewhere; a total of 0 is one that nobody knows."""
        if not sys.stderr.isatty():
            yield lambda more: None
            return
        bar = _bar(size=size)
        with bar:
            task = bar.add_task(what, total=total or None)
            yield lambda more: bar.advance(task, more)

    @contextmanager
    def telling_bar(self, what: str, total: int) -> Iterator[Callable[[int, str], None]]:
        """Draw a bar whose text changes, as an epoch's loss does."""
        if not sys.stderr.isatty():
            yield lambda more, said: None
            return
        bar = _bar(size=False, telling=True)
        with bar:
            task = bar.add_task(what, total=total)
            yield lambda more, said: bar.update(task, advance=more, description=said)

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Keep from standard error what TensorFlow writes there."""
        if os.environ.get("FEWSHOT_DEBUG"):
            yield
            return
        sys.stderr.flush()
        kept = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)


def _bar(*, size: bool, telling: bool = False) -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(10 if telling else 40),  # what is told has to fit into 80 columns
        DownloadColumn() if size else MofNCompleteColumn(),
        *(() if telling else (TimeElapsedColumn(),)),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    return Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,  # the answer goes where it was sent, not to the terminal
        redirect_stderr=False,
    )
