"""A table and what is said of it come in; its own file and its place in README.md are written."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent


def keep(name: str, table: str, about: str) -> None:
    """Write training/NAME.md, and the same between README's marks; raises ValueError for none."""
    from eval.readme_tables import put

    text = f"{table}\n\n{about}"
    put(name, text, HERE / "README.md")
    (HERE / f"{name}.md").write_text(f"{text}\n")
