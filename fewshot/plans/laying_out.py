"""Pictures that were gathered come in; folders of links to them, as training takes them, go out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from fewshot.training.examples import Example
from fewshot.watch import Watch


@dataclass(frozen=True, slots=True)
class LaidOut:
    """Folders that are gone after the run, and which picture each link in them is."""

    learn: Path
    validation: Path | None
    originals: dict[str, str]

    def told(self, text: str) -> str:
        """Return a text with the pictures' own paths in the place of links."""
        for link, original in self.originals.items():
            if link in text:
                text = text.replace(link, original)
        return text


@contextmanager
def laid_out(learn: Sequence[Example], validation: Sequence[Example] | None) -> Iterator[LaidOut]:
    """Lay pictures out in folders, a sub-folder a class, in their order."""
    with TemporaryDirectory(prefix="fewshot-") as place:
        root, originals = Path(place), {}
        for side, some in (("learn", learn), ("validation", validation or ())):
            for number, one in enumerate(some):
                link = root / side / one.name / f"{number:06}{one.file.suffix}"
                link.parent.mkdir(parents=True, exist_ok=True)
                _link(link, one.file)
                originals[str(link)] = str(one.file)
        yield LaidOut(root / "learn", root / "validation" if validation else None, originals)


def _link(link: Path, file: Path) -> None:
    try:
        link.symlink_to(file.absolute())
    except OSError:  # Windows, without the right to
        shutil.copyfile(file, link)


class Translated(Watch):
    """Passes on what it hears, with the pictures' own paths."""

    def __init__(self, watch: Watch, folders: LaidOut) -> None:
        self._watch, self._folders = watch, folders

    def say(self, text: str) -> None:
        """Pass on a sentence."""
        self._watch.say(self._folders.told(text))

    @contextmanager
    def bar(self, what: str, total: int, *, size: bool = False) -> Iterator[Callable[[int], None]]:
        """Pass on a bar."""
        with self._watch.bar(what, total, size=size) as advance:
            yield advance

    @contextmanager
    def telling_bar(self, what: str, total: int) -> Iterator[Callable[[int, str], None]]:
        """Pass on a bar that says something."""
        with self._watch.telling_bar(what, total) as advance:
            yield advance

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Pass on that something writes to standard error."""
        with self._watch.quiet():
            yield
