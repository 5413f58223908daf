"""A model file: what is written is read again, and nothing hostile or damaged is."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fewshot.backbones.catalog import PALETTE
from fewshot.backbones.palette import Palette
from fewshot.bundles.backbone import BundleBackbone
from fewshot.bundles.bundle import Base, read_bundle
from fewshot.bundles.errors import BundleRefused
from fewshot.errors import CannotWrite
from fewshot.heads.head import Head, Layer
from tests.conftest import draw
from tests.models import bundle


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "model.fewshot"
    bundle().write(file)
    return file


def test_what_is_written_is_read_again(path: Path) -> None:
    one, again = bundle(), read_bundle(path)
    assert (again.labels, again.base, again.graph) == (one.labels, one.base, one.graph)
    assert again.head.fingerprint == one.head.fingerprint
    assert again.fingerprint == one.fingerprint
    assert dict(again.extras) == dict(one.extras)
    assert again.about["kind"] == "softmax"


def test_the_same_model_is_the_same_file(path: Path, tmp_path: Path) -> None:
    bundle().write(tmp_path / "other.fewshot")
    assert path.read_bytes() == (tmp_path / "other.fewshot").read_bytes()


def test_any_unzip_opens_it(path: Path) -> None:
    with zipfile.ZipFile(path) as opened:
        assert opened.read("model_card.md") == b"# A model"
        assert json.loads(opened.read("manifest.json"))["labels"] == ["a", "b", "c"]


def test_a_file_that_cannot_be_written_leaves_the_old_one(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(CannotWrite):
        bundle().write(path.parent / "nowhere" / "model.fewshot")
    assert path.read_bytes() == before


def test_it_embeds_and_classifies() -> None:
    made = BundleBackbone(bundle(), Path("model.fewshot"))
    crops = [np.asarray(draw(color)) for color in ("red", "blue")]
    assert made.embed(crops).shape == (2, 8)
    assert np.allclose(made.probabilities(crops).sum(axis=1), 1.0, atol=1e-6)
    assert made.head == bundle().head.fingerprint


def test_one_made_with_another_palette_is_refused() -> None:
    base = Base("palette", 96, "raw", PALETTE.d, "0" * 64, "palette", "MIT")
    with pytest.raises(BundleRefused, match="another version of palette"):
        BundleBackbone(bundle(base=base), Path("model.fewshot"))


@pytest.mark.parametrize(
    "changed",
    [
        {"labels": ("a", "b")},
        {"labels": ("a", "b", "b")},
        {"labels": ("a", "b", "")},
        {"labels": ("a", "b", 3)},
        {"graph": b"a graph that palette has not"},
    ],
)
def test_parts_that_do_not_fit_each_other_are_no_model(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        bundle(**changed)


def test_one_that_says_palette_gives_other_numbers_is_refused(tmp_path: Path) -> None:
    base = Base("palette", 96, "raw", 10, Palette(PALETTE).fingerprint, "palette", "MIT")
    head = Head((), Layer(np.ones((10, 3), np.float32), np.zeros(3, np.float32)))
    with pytest.raises(BundleRefused, match="another version of palette"):
        BundleBackbone(bundle(base=base, head=head), tmp_path / "model.fewshot")


def test_one_whose_numbers_overflow_is_refused_when_it_is_asked(tmp_path: Path) -> None:
    first = Layer(np.full((PALETTE.d, 1), 1e30, np.float32), np.ones(1, np.float32))
    last = Layer(np.full((1, 3), 1e30, np.float32), np.zeros(3, np.float32))
    made = BundleBackbone(bundle(head=Head((first,), last)), tmp_path / "model.fewshot")
    with pytest.raises(BundleRefused, match="not finite"):
        made.probabilities([np.asarray(draw("red"))])


def test_a_head_without_a_logit_is_none() -> None:
    with pytest.raises(ValueError, match="logits"):
        Head((), Layer(np.zeros((4, 0), np.float32), np.zeros(0, np.float32)))


def refusal(path: Path) -> str:
    with pytest.raises(BundleRefused) as refused:
        read_bundle(path)
    assert str(path) in str(refused.value)
    return refused.value.reason


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "model.fewshot")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"SQLite format 3\0", b"x" * 1000])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "model.fewshot"
    file.write_bytes(content)
    assert refusal(file)


Members = dict[str, bytes]


def rezipped(
    path: Path,
    change: Callable[[Members, dict[str, Any]], None],
    how: int = zipfile.ZIP_STORED,
) -> None:
    """Write a model anew with other members, its manifest's digests made to fit."""
    with zipfile.ZipFile(path) as opened:
        members = {name: opened.read(name) for name in opened.namelist()}
    manifest = json.loads(members.pop("manifest.json"))
    change(members, manifest)
    manifest.setdefault("members", {})
    if manifest["members"] is not None:
        manifest["members"] = {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in members.items()
        }
    with zipfile.ZipFile(path, "w", how) as written:
        written.writestr("manifest.json", json.dumps(manifest))
        for name, data in members.items():
            written.writestr(name, data)


def test_a_model_written_anew_as_it_was_is_read(path: Path) -> None:
    rezipped(path, lambda members, manifest: None)
    assert read_bundle(path).labels == ("a", "b", "c")


def test_a_zip_bomb_is_refused_before_it_grows(path: Path) -> None:
    def bomb(members: Members, _: dict[str, Any]) -> None:
        members["learning_curve.png"] = bytes(50 << 20)

    rezipped(path, bomb, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 1 << 20
    assert "compressed" in refusal(path)


@pytest.mark.parametrize(
    "name", ["../evil.png", "/etc/passwd.txt", "a\\b.png", "head/../x.npy", "UP.png", "x" * 60]
)
def test_a_member_that_points_elsewhere_is_refused(path: Path, name: str) -> None:
    rezipped(path, lambda members, _: members.update({name: b"x"}))
    assert "a member is called" in refusal(path)
    assert {one.name for one in path.parent.iterdir()} == {path.name}


def test_more_members_than_a_model_has_are_refused(path: Path) -> None:
    rezipped(path, lambda members, _: members.update({f"m{i}.png": b"" for i in range(99)}))
    assert refusal(path)


def test_a_long_table_of_contents_is_refused_before_it_is_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rezipped(path, lambda members, _: members.update({f"m{i}.png": b"" for i in range(999)}))
    monkeypatch.setattr(zipfile, "ZipFile", None)
    assert refusal(path)


def test_a_member_that_is_not_listed_is_refused(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as opened:
        opened.writestr("extra.png", b"x")
    assert "other members than it says" in refusal(path)


def test_a_member_that_stands_twice_is_refused(path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as opened:
        opened.writestr("model_card.md", b"x")
    assert "overlap" in refusal(path)


def test_a_later_format_asks_for_an_upgrade(path: Path) -> None:
    rezipped(path, lambda _, manifest: manifest.update(format=99))
    assert "upgrade fewshot" in refusal(path)


def pickled(members: Members, _: dict[str, Any]) -> None:
    made = io.BytesIO()
    np.save(made, np.array([{}], dtype=object), allow_pickle=True)
    members["head/kernel0.npy"] = made.getvalue()


def larger_than_it_is(members: Members, _: dict[str, Any]) -> None:
    made = io.BytesIO()
    about = {"descr": "<f4", "fortran_order": False, "shape": (1 << 40, 1 << 20)}
    np.lib.format.write_array_header_1_0(made, about)
    members["head/kernel0.npy"] = made.getvalue()


def without_head(members: Members, _: dict[str, Any]) -> None:
    del members["head/bias1.npy"]


HOSTILE: list[Callable[[Members, dict[str, Any]], None]] = [
    pickled,
    larger_than_it_is,
    without_head,
    lambda members, _: members.update({"head/kernel0.npy": b"nothing"}),
    lambda _, manifest: manifest.update(labels=["a", "b"]),
    lambda _, manifest: manifest.update(labels="abc"),
    lambda _, manifest: manifest.update(labels=None),
    lambda _, manifest: manifest.update(base={}),
    lambda _, manifest: manifest["base"].update(size=1 << 40),
    lambda _, manifest: manifest["base"].update(crop="run me"),
    lambda _, manifest: manifest["base"].update(d=7),
    lambda _, manifest: manifest["head"].update(takes="code"),
    lambda _, manifest: manifest["head"].update(layers=[{}] * 100),
    lambda _, manifest: manifest.pop("head"),
    lambda _, manifest: manifest.pop("format"),
]


@pytest.mark.parametrize("change", HOSTILE)
def test_what_contradicts_itself_is_refused(
    path: Path, change: Callable[[Members, dict[str, Any]], None]
) -> None:
    rezipped(path, change)
    assert refusal(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(where=st.floats(0, 1, exclude_max=True), value=st.integers(1, 255))
def test_a_byte_that_changed_is_found_or_changes_nothing(
    path: Path, where: float, value: int
) -> None:
    whole = path.read_bytes()
    at = int(where * len(whole))
    broken = path.with_name("broken.fewshot")
    broken.write_bytes(whole[:at] + bytes([whole[at] ^ value]) + whole[at + 1 :])
    try:
        again = read_bundle(broken)
    except BundleRefused:
        return
    assert again.head.fingerprint == bundle().head.fingerprint
    assert again.labels == bundle().labels


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(where=st.floats(0, 1, exclude_max=True))
def test_a_file_that_ends_too_early_is_refused(path: Path, where: float) -> None:
    whole = path.read_bytes()
    broken = path.with_name("broken.fewshot")
    broken.write_bytes(whole[: int(where * len(whole))])
    assert refusal(broken)
