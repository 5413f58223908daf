"""Pictures of people come in; what a network for faces says of them goes out.

It sees faces only: of pictures of other sets it says nothing, zeros, which teach nothing. Crops of
one picture share its answer: the face in it is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fewshot.backbones.cache import searched_folders
from training.pictures import read

NAME = "mobilefacenet"
FILE = "mobilefacenet_128d.keras"
SETS = {"ourcar_photo", "ourcar_caric", "lfw"}
SIDE = 112


def face_targets(files: Sequence[Path], keep: Path, views: int) -> NDArray[np.float16]:
    """Return vectors (n, views, 128) float16 of length one, or zeros; kept in a folder.

    Raises FileNotFoundError where the network is not in a folder of FEWSHOT_WEIGHTS.
    """
    rows = [row for row, file in enumerate(files) if file.parts[-3] in SETS]
    contents = [sha256(files[row].read_bytes()).digest() for row in rows]
    kept = keep / f"{NAME}-{sha256(b''.join(contents)).hexdigest()[:32]}.npy"
    if kept.is_file():
        found = np.load(kept)
    else:
        found = _ask([files[row] for row in rows])
        making = kept.with_suffix(".making")
        with making.open("wb") as file:
            np.save(file, found)
        making.replace(kept)
    targets = np.zeros((len(files), views, found.shape[1]), np.float16)
    targets[rows] = found[:, None]
    return targets


def _ask(files: list[Path]) -> NDArray[np.float16]:
    import keras

    places = [folder / FILE for folder in searched_folders()]
    place = next((one for one in places if one.is_file()), None)
    if place is None:
        raise FileNotFoundError(f"{FILE} is in no folder of FEWSHOT_WEIGHTS")
    network = keras.saving.load_model(place, compile=False)
    squares = np.stack([_square(one) for one in read(files).pixels])
    said = [
        np.asarray(network.predict(one, batch_size=128, verbose=0), np.float32)
        for one in (squares, squares[:, :, ::-1])
    ]
    unit = [one / np.linalg.norm(one, axis=1, keepdims=True) for one in said]
    both = unit[0] + unit[1]
    return np.asarray(both / np.linalg.norm(both, axis=1, keepdims=True), np.float16)


def _square(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    small = Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return (np.asarray(small, np.float32) - np.float32(127.5)) / np.float32(128)
