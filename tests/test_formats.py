"""decoding: every format that README names is read."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import features

from fewshot.images import decode, read_picture
from tests.conftest import draw


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "PPM"])
def test_a_picture_of_each_format_is_read(name: str) -> None:
    if name == "AVIF" and not features.check("avif"):
        pytest.skip("this build of Pillow writes no AVIF to read")
    image, file = draw("red"), io.BytesIO()
    image.save(file, name)
    read = decode(read_picture(file.getvalue())).pixels.astype(int)
    assert read.shape == (100, 120, 3)
    assert np.abs(read - np.asarray(image, int)).mean() < 6
