"""A backbone's card: what can be known of it without building it, without numpy even."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PublishedWeights:
    """A file of weights as its publisher offers it."""

    file: str
    url: str
    size: int | None = None  # bytes, where known
    digest: str | None = None  # "md5:..." or "sha256:...", where known


class Published(Protocol):
    """Anything whose file somebody publishes: the weights of a network, a detector."""

    @property
    def name(self) -> str:
        """What `fewshot models fetch` calls it."""

    @property
    def license(self) -> str:
        """The license of the file, as its publisher states it."""

    @property
    def files(self) -> tuple[PublishedWeights, ...]:
        """The publisher's files, the one to fetch first; any of them will do."""

    @property
    def instead(self) -> str:
        """What an error says of others that may be taken instead."""

    @property
    def otherwise(self) -> str:
        """What an error says of how a file that is not the publisher's is taken all the same."""


@dataclass(frozen=True, slots=True)
class KerasNetwork:
    """How Keras builds a network, and what it was trained to see."""

    weights: PublishedWeights
    also: PublishedWeights | None  # the publisher's file with the classifier, taken too
    preprocessing: str  # a name of PREPROCESSINGS
    layer: str  # whose output is pooled by global average
    smallest: int  # pixels a side
    source: str  # paper and code


@dataclass(frozen=True, slots=True)
class BackboneSpec:
    """A backbone's card."""

    name: str
    summary: str
    input_size: int  # pixels a side
    d: int  # numbers a vector
    license: str  # of the weights
    same_picture: float  # the cosine from which two pictures are taken for one
    network: KerasNetwork | None = None  # how it is built, where the catalog says it
    finished: bool = False  # it comes inside the package: nothing to choose, download or build

    @property
    def files(self) -> tuple[PublishedWeights, ...]:
        """Return the publisher's files that it takes, the one to fetch first."""
        if self.network is None:
            return ()
        also = self.network.also
        return (self.network.weights, also) if also else (self.network.weights,)

    @property
    def otherwise(self) -> str:
        """Return what an error says of another file under a published name."""
        return "name it by --weights if you want it"

    @property
    def instead(self) -> str:
        """Return what an error says where they cannot be had."""
        return (
            "or name other weights of this network by --weights; the backbone compact needs no "
            "download"
        )
