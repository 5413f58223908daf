"""A card and what the user named come in; a checked file of weights, or a detector's, goes out.

Looked for, in this order: the file named, the folders of FEWSHOT_WEIGHTS, the cache; then, unless
FEWSHOT_OFFLINE is set, downloaded into the cache from the publisher's own address.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fewshot.backbones.cache import is_there, searched_folders, weights_folder
from fewshot.backbones.errors import DownloadFailed, WeightsMissing, WeightsRefused
from fewshot.backbones.spec import Published
from fewshot.digest import file_digest
from fewshot.watch import Watch

MAX_FILE = 4 << 30
_MODELS = {".h5", ".hdf5", ".keras"}


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A file that is there, read once."""

    path: Path
    sha256: str  # hex
    published: bool  # whether it is the publisher's own file


def offline() -> bool:
    """Tell whether the user has set FEWSHOT_OFFLINE."""
    return os.environ.get("FEWSHOT_OFFLINE", "").lower() not in ("", "0", "false", "no")


def published_weights(spec: Published) -> WeightsFile | None:
    """Return the published file where it is here already, checked; None where it is not.

    Raises WeightsRefused for a file of that name which is not the publisher's.
    """
    path = next(published_here(spec), None)
    if path is None:
        return None
    try:
        check_published(path, spec)
        return WeightsFile(path, file_digest(path), published=True)
    except OSError as error:
        raise WeightsRefused(path, (error.strerror or str(error)).lower()) from error


def obtain_weights(spec: Published, watch: Watch) -> WeightsFile:
    """Return the published file, downloaded where it is not here.

    Raises WeightsMissing where it cannot be had, WeightsRefused where it is not the publisher's.
    """
    if here := published_weights(spec):
        return here
    return fetch_weights(spec, watch)


def fetch_weights(spec: Published, watch: Watch) -> WeightsFile:
    """Download the published file into the cache; raises WeightsMissing, also where it may not."""
    if offline():
        raise _missing(spec, "it is not here, and FEWSHOT_OFFLINE is set")
    from fewshot.backbones.download import download

    published = spec.files[0]
    target = weights_folder() / published.file
    watch.say(f"downloading {published.url}")
    watch.say(f"license of the weights: {spec.license}")
    try:
        download(published.url, target, size=published.size, digest=published.digest, watch=watch)
    except DownloadFailed as error:
        raise _missing(spec, error.reason) from error
    return WeightsFile(target, file_digest(target), published=True)


def named_weights(name: str, named: str | os.PathLike[str]) -> WeightsFile:
    """Return the file the user named: a path, or a name in a folder that is searched.

    Raises WeightsMissing, WeightsRefused.
    """
    path = Path(os.path.expanduser(named))
    places = [path, *(folder / path for folder in searched_folders() if not path.is_absolute())]
    for place in places:
        if is_there(place):
            try:
                if place.stat().st_size > MAX_FILE:
                    raise WeightsRefused(place, f"it has more than {MAX_FILE >> 30} GiB")
                return WeightsFile(Path(os.path.abspath(place)), file_digest(place), False)
            except OSError as error:
                raise WeightsRefused(place, (error.strerror or str(error)).lower()) from error
    raise WeightsMissing(name, str(named), "there is no such file", "name one that is there")


def weights_by_digest(
    sha256: str, hint: str, suffixes: Container[str] = _MODELS
) -> WeightsFile | None:
    """Return the file with this SHA-256: where it lay before, else in a folder that is searched.

    suffixes: what files there are looked at.
    """
    for path in _candidates(hint, suffixes):
        try:
            if file_digest(path) == sha256:
                return WeightsFile(path, sha256, published=False)
        except OSError:
            continue
    return None


def _candidates(hint: str, suffixes: Container[str]) -> Iterator[Path]:
    if hint and is_there(Path(hint)):
        yield Path(hint)
    for folder in searched_folders():
        with suppress(OSError):
            yield from sorted(one for one in folder.iterdir() if one.suffix.lower() in suffixes)


def is_published(spec: Published, file: str) -> bool:
    """Tell whether a file of this name is one of the publisher's."""
    return file in {one.file for one in spec.files}


def published_here(spec: Published) -> Iterator[Path]:
    """Yield the files that are here under a published name, the one to be taken first."""
    for published in spec.files:
        for folder in searched_folders():
            if is_there(folder / published.file):
                yield folder / published.file


def check_published(path: Path, spec: Published) -> str:
    """Return what was checked of a file that bears a published name.

    Raises WeightsRefused where it is not the publisher's, OSError.
    """
    (published,) = (one for one in spec.files if one.file == path.name)
    mend = f"{spec.otherwise}, or delete it and fewshot models fetch {spec.name}"
    size = path.stat().st_size
    if published.size is not None and size != published.size:
        wanted = f"it has {size:,} bytes, the published file {published.size:,}"
        raise WeightsRefused(path, wanted, mend)
    if published.digest is not None:
        kind, _, wanted = published.digest.partition(":")
        if file_digest(path, kind) != wanted:
            raise WeightsRefused(path, f"its {kind} is not that of the published file", mend)
        return f"size and {kind}"
    return "its name only: no size is published" if published.size is None else "size"


def _missing(spec: Published, reason: str) -> WeightsMissing:
    published = spec.files[0]
    folder = weights_folder()
    return WeightsMissing(
        spec.name,
        published.file,
        reason,
        f"get {published.url} where there is a network and put it into {folder} (or a folder of "
        f"FEWSHOT_WEIGHTS), {spec.instead}",
    )
