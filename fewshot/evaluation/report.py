"""What was measured comes in; tables, JSON and a page to look at go out."""

from __future__ import annotations

from typing import Any

from fewshot.evaluation.documents import document_of
from fewshot.evaluation.measured import Measured
from fewshot.evaluation.page.page import page
from fewshot.evaluation.scenes import scene_of
from fewshot.evaluation.tables import markdown_page


class Evaluation(Measured):
    """What came of an evaluation, and how it is told; see `Measured` for its parts."""

    def to_dict(self) -> dict[str, Any]:
        """Return it ready for JSON; the same seed gives the same, on any number of cores."""
        return document_of(self)

    def to_markdown(self) -> str:
        """Return the tables in Markdown."""
        return markdown_page(self)

    def to_html(self) -> str:
        """Return one page with plots, that needs nothing from elsewhere."""
        return page(document_of(self), scene_of(self), self.times)
