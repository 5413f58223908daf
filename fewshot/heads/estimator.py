"""What both heads share as scikit-learn estimators: vectors and labels in, plain arrays kept."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from fewshot.heads.batches import Batches, Labels, class_weights
from fewshot.heads.fitting import Epoch, Hooks, State, fit
from fewshot.heads.head import Floats, Head
from fewshot.heads.scored import scored
from fewshot.lengths import unit_rows


class Course(NamedTuple):
    """What a fit is scored on, where it stood if it was interrupted, and who hears of it."""

    validation: tuple[Floats, Labels] | None
    state: State | None
    hooks: Hooks | None


class HeadEstimator(ClassifierMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A head over vectors: a classifier, and a transformer into the space it has learned.

    After `fit`: `head_`, plain arrays that run without Keras; `classes_`; `history_`, an `Epoch`
    each. Vectors are brought to length 1 first.
    """

    head_: Head
    classes_: NDArray[Any]
    history_: list[Epoch]
    epochs: int
    patience: int

    def fit(self, X: Any, y: Any) -> HeadEstimator:  # noqa: N803
        """Fit to vectors (n, d) of finite numbers and n labels; raises ValueError for one class."""
        return self.fit_watched(X, y)

    def fit_watched(
        self,
        X: Any,  # noqa: N803
        y: Any,
        *,
        validation: tuple[Any, Any] | None = None,
        state: State | None = None,
        hooks: Hooks | None = None,
    ) -> HeadEstimator:
        """Fit, scored on other vectors after each epoch, so that `patience` can end it.

        state, hooks: to go on with a fit that was interrupted, and to follow it.
        """
        X, y = validate_data(self, X, y, dtype=np.float32)  # noqa: N806
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"a head tells classes apart: there is 1 class, {self.classes_[0]}")
        if len(X) < 2:
            raise ValueError("there is 1 sample: a head takes two classes and a sample of each")
        others = None
        if validation is not None:
            if not np.isin(validation[1], self.classes_).all():
                raise ValueError("a label of the validation is of no class that is learned")
            places = np.searchsorted(self.classes_, validation[1])
            others = unit_rows(np.asarray(validation[0], np.float32)), places.astype(np.int64)
        course = Course(others, state, hooks)
        self.head_, self.history_ = self._fitted(unit_rows(X), labels.astype(np.int64), course)
        return self

    @abstractmethod
    def _fitted(self, x: Floats, y: Labels, course: Course) -> tuple[Head, list[Epoch]]:
        """Train on unit vectors (n, d) and labels 0 to classes - 1."""

    @abstractmethod
    def _counted(self) -> str | list[float] | None:
        """Return what an example of each class counts, as `class_weights` takes it."""

    def _follow(
        self, model: keras.Model, batches: Batches, head: Callable[[], Head], course: Course
    ) -> tuple[Head, list[Epoch]]:
        """Fit a compiled model; head: makes plain arrays of it as it is."""
        held = course.validation
        weights = None if held is None else class_weights(held[1], self._counted())
        after = fit(
            model,
            batches,
            stage="head",
            epochs=self.epochs,
            patience=self.patience if held else 0,
            validate=(lambda: scored(head(), *held, weights)) if held else None,
            state=course.state,
            hooks=course.hooks,
        )
        return head(), after.done

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    def predict_proba(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """Return the probability of each of `classes_`, (n, classes), rows of sum 1."""
        vectors = self._checked(X)
        return self.head_.probabilities(vectors).astype(np.float64)

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Return the likeliest label of each vector, (n,)."""
        vectors = self._checked(X)
        likeliest = self.head_.logits(vectors).argmax(axis=1)
        return np.asarray(self.classes_[likeliest])

    def transform(self, X: Any) -> Floats:  # noqa: N803
        """Return vectors of the trained space, (n, head_.d) float32 of length 1."""
        vectors = self._checked(X)
        return self.head_.embed(vectors)

    def _checked(self, X: Any) -> Floats:  # noqa: N803
        check_is_fitted(self, "head_")
        return unit_rows(validate_data(self, X, reset=False, dtype=np.float32))


def middle_and_scale(x: Floats) -> tuple[Floats, float]:
    """Return the mean of vectors (d,), and what brings them, less it, to a mean length of 1."""
    mean = x.mean(axis=0, dtype=np.float64)
    length = float(np.linalg.norm(x - mean, axis=1).mean())
    return mean.astype(np.float32), 1.0 / length if length > 1e-6 else 1.0
