"""A built backbone comes in; mutants of its folder go out."""

from __future__ import annotations

import json
import os
import pickle
import random
from pathlib import Path

from fewshot.backbones.artifact import GRAPH, MANIFEST, folder_of
from tests.fuzz.values import (
    Boom,
    mangled,
    odd_text,
)
from tests.test_artifact import BLUEPRINT, BYTES, manifest_of


def spoil_artifact(rng: random.Random, path: Path) -> None:
    """Mutate the folder of a built backbone: its manifest, its graph, what they are."""
    graph = BYTES if rng.random() < 0.8 else mangled(rng, BYTES, 4)[: rng.choice((0, 3, 99))]
    sound = manifest_of(graph=graph if rng.random() < 0.7 else BYTES)
    text = (
        odd_text(rng, json.loads(sound.to_json()))
        if rng.random() < 0.8
        else sound.to_json().encode()
    )
    folder = folder_of("vgg19", BLUEPRINT.fingerprint)
    folder.mkdir(parents=True)
    (folder / GRAPH).write_bytes(graph)
    (folder / MANIFEST).write_bytes(text)
    if rng.random() < 0.12:
        target = folder / rng.choice((MANIFEST, GRAPH))
        target.unlink()
        match rng.randrange(6):
            case 0:
                target.mkdir()
            case 1:
                os.mkfifo(target)
            case 2:
                target.symlink_to(
                    rng.choice(("/dev/zero", "/dev/null", target, "/etc/passwd", ".."))
                )
            case 3:
                target.touch()
                os.truncate(target, rng.choice((200 << 20, 65_536, 65_537, 1 << 40)))
            case 4:
                target.write_bytes(rng.choice((b"", b"\xff\xfe", pickle.dumps(Boom()))))
            case 5:
                pass
    if rng.random() < 0.1:
        other = rng.choice(("vgg19-0", ".hidden", "x\n", "\udcff", "a" * 200))
        folder.rename(folder.with_name(other))
