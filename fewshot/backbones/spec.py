"""A backbone's card: what can be known of it without building it, without numpy even."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StrangerPrior:
    """How high a stranger's best similarity climbs in a gallery of n references.

    The similarity that 5 % of strangers exceed, measured on other pictures, as
    at_one + per_doubling * log2(n), never above `ceiling`; `eval/strangers.py` prints it. Where all
    vectors lie close together, only a copy of a picture may count as the same picture.
    """

    at_one: float
    per_doubling: float
    ceiling: float
    same_picture: float = 0.99  # the cosine from which two pictures are taken for one

    @property
    def highest(self) -> float:
        """The most a gallery may ask for: a picture that is enrolled must be known."""
        return 1.0 - 1.5 * (1.0 - self.same_picture)


@dataclass(frozen=True, slots=True)
class PublishedWeights:
    """A file of weights as its publisher offers it."""

    file: str
    url: str
    size: int | None = None  # bytes, where known
    digest: str | None = None  # "md5:..." or "sha256:...", where known


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
    strangers: StrangerPrior
    network: KerasNetwork | None = None  # None: nothing to build, nothing to download
