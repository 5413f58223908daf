"""Nothing comes in; the networks of keras-vggface 0.6, made to import beside Keras 3, go out.

The package asks for modules that Keras has moved or dropped, and gives its layers names with "/",
which Keras 3 refuses. Inside `original_package` both are mended; afterwards nothing of it is left
in `sys.modules`. Keras itself is not touched.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import keras

_ROOTS = ("keras_vggface", "keras_applications")
_NAMED = ("Activation", "BatchNormalization", "Conv2D", "Dense")  # those whose names may hold "/"


@contextmanager
def original_package() -> Iterator[ModuleType]:
    """Lend `keras_vggface.models`: VGG16, RESNET50 and SENET50; "/" in a name becomes "__".

    Build with weights=None: with others it would download.
    """
    aliases = _aliases()
    touched = [name for name in sys.modules if name.split(".")[0] in _ROOTS] + list(aliases)
    before = {name: sys.modules.pop(name) for name in touched if name in sys.modules}
    try:
        sys.modules.update(aliases)
        models = importlib.import_module("keras_vggface.models")
        for name in _NAMED:
            setattr(models, name, _with_legal_name(getattr(models, name)))
        yield models
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] in _ROOTS] + list(aliases):
            sys.modules.pop(name, None)
        sys.modules.update(before)


def _aliases() -> dict[str, ModuleType]:
    """Return stand-ins for the modules that Keras 3 has no more."""
    modules = {
        "keras.engine": {},
        "keras.engine.topology": {"get_source_inputs": keras.utils.get_source_inputs},
        "keras.utils.layer_utils": {},  # imported, used under Theano only
        "keras.utils.data_utils": {"get_file": _no_download},
    }
    return {name: _module(name, contents) for name, contents in modules.items()}


def _module(name: str, contents: dict[str, Any]) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(contents)
    return module


def _no_download(*_: object, **__: object) -> str:
    raise AssertionError("a test downloads nothing: build with weights=None")


def _with_legal_name(layer: Callable[..., Any]) -> Callable[..., Any]:
    def build(*arguments: Any, **options: Any) -> Any:
        if "name" in options:
            options["name"] = options["name"].replace("/", "__")
        return layer(*arguments, **options)

    return build
