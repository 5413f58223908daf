"""later: commands are imported when they are asked for, and told beforehand as they are."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fewshot.cli.later import Later, Where
from fewshot.cli.main import COMMANDS, cli

PROGRAM = """
import sys
from fewshot.cli.main import main
try:
    main(sys.argv[1:])
finally:
    print(*(name for name in sys.modules if name.startswith("fewshot.cli.")), sep="\\n")
"""


def loaded(*arguments: str) -> set[str]:
    command = [sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return {line.removeprefix("fewshot.cli.") for line in done.stdout.splitlines()}


@pytest.mark.parametrize("name", COMMANDS)
def test_what_help_says_of_a_command_is_what_the_command_says(name: str) -> None:
    command = cli.commands[name]
    assert command.name == name
    assert command.get_short_help_str(limit=200) == COMMANDS[name].help


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], []])
def test_help_imports_no_command(arguments: list[str]) -> None:
    assert loaded(*arguments).isdisjoint(one.module for one in COMMANDS.values())


def test_a_command_imports_itself_alone() -> None:
    others = {one.module for one in COMMANDS.values()} - {"gallery"}
    found = loaded("list", "--help")
    assert "gallery" in found
    assert found.isdisjoint(others)


def test_later_is_a_mapping_like_another() -> None:
    some = Later({"list": Where("gallery", "list_names", "")})
    assert len(some) == 1
    some["also"] = cli.commands["show"]
    assert list(some) == ["list", "also"]
    del some["list"]
    assert "list" not in some
