"""A table comes in; a page, eval/README.md or another, goes out with it in its marked place."""

from __future__ import annotations

import re
from pathlib import Path

from fewshot.backbones import shipped

README = Path(__file__).parent / "README.md"
CARD = shipped.FOLDER / "compact" / shipped.CARD


def put(name: str, table: str, readme: Path = README) -> None:
    """Write a table between `<!-- NAME -->` and `<!-- /NAME -->`; raises ValueError without."""
    text = readme.read_text(encoding="utf-8")
    if not marked(name).search(text):
        raise ValueError(f"{readme} has no place marked {name}")
    made = marked(name).sub(lambda _: f"<!-- {name} -->\n{table}\n<!-- /{name} -->", text)
    readme.write_text(made, encoding="utf-8")


def marked(name: str) -> re.Pattern[str]:
    """Return what finds the place of a table, and in its group 1 what stands there."""
    return re.compile(rf"<!-- {name} -->\n(.*?)\n?<!-- /{name} -->", re.DOTALL)
