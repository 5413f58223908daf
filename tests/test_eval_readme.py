"""eval/README.md: its tables are those of the results, its commands are there."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from eval.plan_folders import DIFFERS
from eval.readme_tables import README, marked, put

RESULTS = README.parent / "results"
TABLES = {
    "plans": "plans",
    "contenders": "contenders",
    "published splits": "two_folders",
    "across": "two_folders",
    "training gain": "training_gain",
    "crops": "crops",
    "clutter": "clutter",
    "crop strangers": "crop_strangers",
    "detection speed": "detection_speed",
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_that_of_the_results(name: str) -> None:
    found = marked(name).search(README.read_text(encoding="utf-8"))
    assert found
    assert found[1].count("\n") > 3
    assert found[1] in (RESULTS / f"{TABLES[name]}.md").read_text(encoding="utf-8")


def test_it_says_of_each_plan_what_differs() -> None:
    said = " ".join(README.read_text(encoding="utf-8").split())
    for name, differs in DIFFERS.items():
        assert f"`{name}`: {differs}." in said


def test_every_command_in_it_is_there() -> None:
    for module in re.findall(r"python -m (eval\.\w+)", README.read_text(encoding="utf-8")):
        assert find_spec(module), module


def test_every_command_stands_in_it() -> None:
    text = README.read_text(encoding="utf-8")
    for path in README.parent.glob("*.py"):
        if "sys.exit(main())" in path.read_text(encoding="utf-8"):
            assert f"python -m eval.{path.stem}" in text, path.stem


def test_every_file_it_points_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README.read_text(encoding="utf-8")):
        assert (README.parent / target).exists(), target


def test_a_table_is_put_where_it_is_marked(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text("a\n<!-- x -->\nold\n<!-- /x -->\nb\n", encoding="utf-8")
    put("x", r"| \1 | new |", page)
    assert page.read_text(encoding="utf-8") == "a\n<!-- x -->\n| \\1 | new |\n<!-- /x -->\nb\n"


def test_a_table_without_a_place_is_an_error(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text("a", encoding="utf-8")
    with pytest.raises(ValueError, match="no place marked x"):
        put("x", "table", page)
