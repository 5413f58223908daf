"""A backbone and its weights come in; fewshot and Keras, each ready to be timed, go out.

The script is what one writes without fewshot: build the network, load its weights, embed a picture,
ask scikit-learn for its nearest neighbors.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from eval.peak import PRINT_PEAK
from fewshot import Embedder
from fewshot.backbones.catalog import find_backbone
from fewshot.backbones.choice import BackboneChoice
from fewshot.backbones.litert import Interpreters
from fewshot.backbones.preprocessing import PREPROCESSINGS
from fewshot.backbones.provision import provide
from fewshot.backbones.squeeze import prepared
from fewshot.store import Store
from fewshot.watch import Watch

NETWORKS = {  # module of keras.applications, class, pixels a side
    "mobilenetv2": ("mobilenet_v2", "MobileNetV2", 224),
    "inceptionv3": ("inception_v3", "InceptionV3", 299),
    "vgg19": ("vgg19", "VGG19", 224),
}
BATCH = 32

_SCRIPT = """
import sys
from pathlib import Path

import numpy as np
from keras.applications.{module} import {network}, preprocess_input
from PIL import Image
from sklearn.neighbors import NearestNeighbors

weights, vectors, names, picture = sys.argv[1:]
model = {network}(weights=None, include_top=False, pooling="avg")
model.load_weights(weights)
image = Image.open(picture).convert("RGB").resize(({side}, {side}))
vector = model.predict(preprocess_input(np.asarray(image, np.float32)[np.newaxis]), verbose=0)
search = NearestNeighbors(n_neighbors=5, metric="cosine").fit(np.load(vectors))
_, nearest = search.kneighbors(vector)
print(Path(names).read_text().splitlines()[nearest[0, 0]])
"""

_RUN = """
import runpy, sys
program = sys.argv.pop(1)
try:
    if program == "fewshot":
        from fewshot.cli.entry import run
        run()
    else:
        runpy.run_path(program, run_name="__main__")
except SystemExit as end:
    if end.code not in (0, 1, None):
        raise
"""


@dataclass(frozen=True, slots=True)
class Ours:
    """A backbone of fewshot's, built where it is not in the cache."""

    choice: BackboneChoice

    @property
    def name(self) -> str:
        """The backbone's name."""
        return self.choice.name

    def embedder(self) -> Embedder:
        """Return an embedder of its own."""
        return Embedder.by_name("whole", self.choice)

    def network(self) -> Interpreters:
        """Return the network alone: a prepared input -> a vector."""
        artifact = provide(self.choice, find_backbone(self.name), Watch())
        made = artifact.manifest
        return Interpreters(artifact.graph, made.blueprint.size, made.d)

    def prepared(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the network's input (1, side, side, 3)."""
        card = find_backbone(self.name)
        assert card.network is not None
        return prepared(pixels, card.input_size, PREPROCESSINGS[card.network.preprocessing])


class Keras:
    """A network of keras.applications in this process."""

    def __init__(self, backbone: str, weights: Path) -> None:
        """Build it and load its weights; imports TensorFlow."""
        from importlib import import_module

        module, network, self.side = NETWORKS[backbone]
        package = import_module(f"keras.applications.{module}")
        self._preprocess = package.preprocess_input
        self._model: Any = getattr(package, network)(weights=None, include_top=False, pooling="avg")
        self._model.load_weights(weights)

    def prepared(self, image: Image.Image) -> NDArray[np.float32]:
        """Resize and preprocess one image to (1, side, side, 3)."""
        small = image.convert("RGB").resize((self.side, self.side), Image.Resampling.BILINEAR)
        return np.asarray(self._preprocess(np.asarray(small, np.float32)[np.newaxis]))

    def predict(self, given: NDArray[np.float32]) -> NDArray[np.float32]:
        """Turn (n, side, side, 3) into (n, d)."""
        return np.asarray(self._model.predict(given, batch_size=BATCH, verbose=0))

    def embed_all(self, paths: Sequence[Path]) -> int:
        """Read, decode and embed files, a batch at a time; return how many."""
        done = 0
        for first in range(0, len(paths), BATCH):
            batch = []
            for path in paths[first : first + BATCH]:
                with Image.open(path) as image:
                    batch.append(self.prepared(image))
            done += len(self.predict(np.concatenate(batch)))
        return done


def in_turn(tasks: dict[str, Callable[[], float]], repeats: int) -> dict[str, list[float]]:
    """Run each task once to warm it, then all in every round, each round from another one on."""
    order = list(tasks)
    for task in tasks.values():
        task()
    found: dict[str, list[float]] = {name: [] for name in order}
    for turn in range(repeats):
        first = turn % len(order)
        for name in order[first:] + order[:first]:
            found[name].append(tasks[name]())
    return found


def script_command(
    folder: Path, backbone: str, weights: Path, gallery: Path, picture: Path
) -> list[str]:
    """Write the script, and a gallery's vectors and names beside it; return its command line."""
    module, network, side = NETWORKS[backbone]
    script, vectors, names = (folder / one for one in ("script.py", "vectors.npy", "names.txt"))
    script.write_text(_SCRIPT.format(module=module, network=network, side=side))
    store = Store.open(gallery)
    rows = list(store.vectors())
    known = store.names_of({owner for _, owner, _ in rows})
    store.close()
    np.save(vectors, np.stack([np.frombuffer(blob, "<f4") for _, _, blob in rows]))
    names.write_text("\n".join(known[owner] for _, owner, _ in rows))
    given = [str(one) for one in (script, weights, vectors, names, picture)]
    return [sys.executable, *given]


def peak_megabytes(program: str, arguments: Sequence[str], folder: Path) -> float:
    """Return the peak resident MB (10^6 bytes) of a fresh process, once it has done its work.

    program: "fewshot", or the path of a script.
    """
    command = [sys.executable, "-c", _RUN + PRINT_PEAK, program, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=True, text=True)
    return int(done.stdout.split()[-1]) / 1e6
