"""A backbone's card: what can be known of it without building it, without numpy even."""

from __future__ import annotations

from dataclasses import dataclass


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
    same_picture: float  # the cosine from which two pictures are taken for one
    network: KerasNetwork | None = None  # how it is built, where the catalog says it
    finished: bool = False  # it comes inside the package: nothing to choose, download or build
