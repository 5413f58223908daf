"""location: which gallery file is meant."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

from fewshot.location import gallery_path


def test_a_named_gallery_comes_first() -> None:
    assert gallery_path("mine.db") == Path("mine.db")


def test_the_environment_comes_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEWSHOT_GALLERY", "theirs.db")
    assert gallery_path() == Path("theirs.db")


@pytest.mark.parametrize("value", [None, ""])
def test_else_it_is_the_users_own(
    value: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("FEWSHOT_GALLERY")
    if value is not None:
        monkeypatch.setenv("FEWSHOT_GALLERY", value)
    for variable in ("HOME", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(variable, str(tmp_path / "data"))
    path = gallery_path(make_folder=True)
    assert path.name == "gallery.db"
    assert path.parent == platformdirs.user_data_path("fewshot", appauthor=False)
    assert path.parent.is_dir()


def test_a_tilde_is_the_home_folder() -> None:
    assert gallery_path("~/x.db") == Path.home() / "x.db"
