"""Recognize any character, person or thing from a handful of pictures.

    from fewshot import Recognizer
    with Recognizer.create("my.db") as r:
        r.enroll("gallery/megumin", name="megumin")
        print(r.match("photo.jpg").name)

Importing this loads no heavy package: each name is fetched from its module when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0.dev0"

if TYPE_CHECKING:
    from fewshot.backbones.choice import BackboneChoice
    from fewshot.classifier import Classification, Classifier
    from fewshot.crops import Box
    from fewshot.embedder import Embedder, Refusal
    from fewshot.enrollment import Enrollment
    from fewshot.errors import FewshotError
    from fewshot.evaluation.evaluate import evaluate
    from fewshot.evaluation.report import Evaluation
    from fewshot.findings import Diagnosis, Effect, Finding
    from fewshot.heads.softmax import SoftmaxHead
    from fewshot.heads.triplet import TripletHead
    from fewshot.nearness import Candidate, Neighbor, Vote
    from fewshot.recognizer import Recognizer
    from fewshot.records import (
        Brought,
        CachedIndex,
        Corrected,
        Correction,
        Forgotten,
        GalleryInfo,
        Identity,
        Operation,
        Reference,
    )
    from fewshot.training.settings import Settings
    from fewshot.training.train import Trained, train
    from fewshot.verdict import Match
    from fewshot.watch import Watch

_HOME = {
    "BackboneChoice": "backbones.choice",
    "Box": "crops",
    "Brought": "records",
    "CachedIndex": "records",
    "Candidate": "nearness",
    "Classification": "classifier",
    "Classifier": "classifier",
    "Corrected": "records",
    "Correction": "records",
    "Diagnosis": "findings",
    "Effect": "findings",
    "Embedder": "embedder",
    "Enrollment": "enrollment",
    "Evaluation": "evaluation.report",
    "FewshotError": "errors",
    "Finding": "findings",
    "Forgotten": "records",
    "GalleryInfo": "records",
    "Identity": "records",
    "Match": "verdict",
    "Neighbor": "nearness",
    "Operation": "records",
    "Recognizer": "recognizer",
    "Reference": "records",
    "Refusal": "embedder",
    "Settings": "training.settings",
    "SoftmaxHead": "heads.softmax",
    "Trained": "training.train",
    "TripletHead": "heads.triplet",
    "Vote": "nearness",
    "Watch": "watch",
    "evaluate": "evaluation.evaluate",
    "train": "training.train",
}

__all__ = [
    "BackboneChoice",
    "Box",
    "Brought",
    "CachedIndex",
    "Candidate",
    "Classification",
    "Classifier",
    "Corrected",
    "Correction",
    "Diagnosis",
    "Effect",
    "Embedder",
    "Enrollment",
    "Evaluation",
    "FewshotError",
    "Finding",
    "Forgotten",
    "GalleryInfo",
    "Identity",
    "Match",
    "Neighbor",
    "Operation",
    "Recognizer",
    "Reference",
    "Refusal",
    "Settings",
    "SoftmaxHead",
    "Trained",
    "TripletHead",
    "Vote",
    "Watch",
    "__version__",
    "evaluate",
    "train",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'fewshot' has no attribute {name!r}")
    return getattr(import_module(f"fewshot.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
