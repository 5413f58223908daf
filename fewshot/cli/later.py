"""The names of commands come in; each command goes out, imported when it is asked for.

So that `fewshot match` does not load what `fewshot doctor` needs, and `--help` loads none of them.
Source: click 8, "Lazily Loading Subcommands".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import NamedTuple

import click


class Where(NamedTuple):
    """Where a command is found, and what it does in a line."""

    module: str  # of fewshot.cli
    name: str  # the command there
    help: str


class Later(MutableMapping[str, click.Command]):
    """Commands by name."""

    def __init__(self, where: Mapping[str, Where]) -> None:
        self._where = dict(where)
        self._here: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._here:
            at = self._where[name]
            self._here[name] = getattr(import_module(f"fewshot.cli.{at.module}"), at.name)
        return self._here[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._here[name] = command

    def __delitem__(self, name: str) -> None:
        self._where.pop(name, None)
        self._here.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._where, *self._here)))

    def __len__(self) -> int:
        return len(self._where.keys() | self._here.keys())


class LaterGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def wait_for(self, where: Mapping[str, Where]) -> None:
        """Take up commands without importing them."""
        self.where = dict(where)
        self.commands = Later(where)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what each command does, without importing it."""
        width = formatter.width - 6 - max(len(name) for name in self.where)
        rows: list[tuple[str, str]] = [
            (name, click.Command(name, help=self.where[name].help).get_short_help_str(width))
            for name in sorted(self.where)
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
