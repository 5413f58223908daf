"""Who hears of long work, what it says and how far it is; the command shows it, this is deaf."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Watch:
    """Hears nothing; the command line's own shows lines and bars on standard error."""

    def say(self, text: str) -> None:
        """Hear one sentence: the license of what is about to be used, what is being built."""

    @contextmanager
    def bar(self, what: str, total: int, *, size: bool = False) -> Iterator[Callable[[int], None]]:
        """Yield a function to call with how many more of `total` are done.

        what: in a word or two. size: they are bytes.
        """
        yield lambda more: None

    @contextmanager
    def telling_bar(self, what: str, total: int) -> Iterator[Callable[[int, str], None]]:
        """Yield a function to call with how many more are done, and what to say beside the bar."""
        yield lambda more, said: None

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Surround work by a library that writes to standard error whatever it is asked."""
        yield
