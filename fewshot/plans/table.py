"""A TOML file comes in; tables whose keys are taken one by one, each checked, go out."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fewshot.backbones.errors import BackboneUnavailable
from fewshot.plans.errors import BadPlan

MOST = 1 << 20  # bytes of a plan


class Table:
    """A table of a plan: what is wrong, missing or left over in it is an error that says where."""

    def __init__(self, path: Path, at: str, parts: Mapping[str, Any]) -> None:
        self.path, self._at, self._parts = path, at, dict(parts)
        self._known: list[str] = []

    def refused(self, key: str, reason: str) -> BadPlan:
        """Return the error for a key of this table, or for the table: key "" ."""
        return BadPlan(self.path, ".".join(part for part in (self._at, key) if part), reason)

    def text(self, key: str, default: str | None = None, *, among: Sequence[str] = ()) -> str:
        """Take a text, one of `among` if that is given; without a default it must be there."""
        value = self._taken(key, default, "a text")
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.refused(key, f"it is a text, not {value!r}")
        if among and value not in among:
            raise self.refused(key, f"{value!r} is none; there is {', '.join(map(repr, among))}")
        return value

    def optional(self, key: str) -> str | None:
        """Take a text that may be left out."""
        return self.text(key) if self.has(key) else None

    def word(self, key: str) -> str:
        """Take a name that files can bear."""
        value = self.text(key)
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", value):
            raise self.refused(key, f"up to 40 of a-z, 0-9, - and _, not {value!r}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Take a list of texts; () where it is left out."""
        value = self._taken(key, [], "a list of texts")
        if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
            raise self.refused(key, f"it is a list of texts, not {value!r}")
        return tuple(value)

    def number(self, key: str, low: float, high: float, default: float | None = None) -> float:
        """Take a number from low to high."""
        value = self._taken(key, default, "a number")
        if type(value) not in (int, float) or not low <= value <= high:
            raise self.refused(key, f"it is a number from {low:g} to {high:g}, not {value!r}")
        return float(value)

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """Take a whole number from low to high."""
        value = self._taken(key, default, "a whole number")
        if type(value) is not int or not low <= value <= high:
            raise self.refused(key, f"it is a whole number from {low} to {high}, not {value!r}")
        return value

    def truth(self, key: str) -> bool:
        """Take true or false; false where it is left out."""
        value = self._taken(key, False, "true or false")
        if type(value) is not bool:
            raise self.refused(key, f"it is true or false, not {value!r}")
        return value

    def has(self, key: str) -> bool:
        """Tell whether a key is there."""
        if key not in self._known:
            self._known.append(key)
        return key in self._parts

    def mapping(self, key: str) -> dict[str, Any]:
        """Take a table as it stands, for somebody else to check; {} where it is left out."""
        value = self._taken(key, {}, "a table")
        if not isinstance(value, dict):
            raise self.refused(key, f"it is a table, not {value!r}")
        return value

    def table(self, key: str) -> Table:
        """Take a table."""
        return Table(self.path, f"{self._at}.{key}".lstrip("."), self.mapping(key))

    def tables(self, key: str) -> list[Table]:
        """Take a list of tables, written [[key]]; [] where it is left out."""
        value = self._taken(key, [], "a list of tables")
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise self.refused(key, f"it is a list of tables, each written [[{key}]]")
        at = f"{self._at}.{key}".lstrip(".")
        return [Table(self.path, f"{at}[{number}]", one) for number, one in enumerate(value, 1)]

    def end(self) -> None:
        """Raise BadPlan where a key is left that nobody takes."""
        for key in self._parts:
            if key not in self._known:
                known = ", ".join(self._known)
                raise self.refused(key, f"nothing is called so here; there is {known}")

    def _taken(self, key: str, default: Any, what: str) -> Any:
        if not self.has(key) and default is None:
            raise self.refused(key, f"it is left out; {what} belongs there")
        return self._parts.get(key, default)


def read_table(path: Path) -> Table:
    """Read a TOML file; raises BadPlan where it cannot be read, or is none."""
    try:
        if path.stat().st_size > MOST:
            raise BadPlan(path, "", "it is too large for a plan")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadPlan(path, "", (error.strerror or str(error)).lower()) from error
    except ValueError as error:
        raise BadPlan(path, "", "it is no text in UTF-8") from error
    try:
        return Table(path, "", _parsed(text))
    except (ValueError, RecursionError) as error:  # TOMLDecodeError is a ValueError
        raise BadPlan(path, "", f"it is no TOML: {error}") from error


def _parsed(text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib as toml
    else:
        try:
            import tomli as toml
        except ImportError as error:
            raise BackboneUnavailable(
                "a plan",
                "reading it takes tomli, which is not installed",
                "install the extra for it: pip install 'fewshot[train]' (in a clone '.[train]')",
            ) from error
    return toml.loads(text)
