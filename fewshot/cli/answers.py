"""Matches and neighbors come in; the rows of the JSON contract, and lines for people, go out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fewshot.cli.output import Row, printable, shown_path

if TYPE_CHECKING:
    from fewshot.embedder import Refusal
    from fewshot.nearness import Neighbor
    from fewshot.verdict import Match

MATCH_COLUMNS = (
    "query",
    "status",
    "name",
    "guess",
    "similarity",
    "threshold",
    "p_value",
    "probability",
    "basis",
    "rejected_by",
    "runner_up.name",
    "runner_up.similarity",
    "error",
    "crop",
    "crop_score",
    "crops",
    "box",
)


_OF_A_MATCH = (
    *("name", "guess", "similarity", "threshold", "p_value", "max_false_name", "basis"),
    *("tightest_rate", "names_needed", "strangers", "probability", "margin", "score", "rival"),
    *("score_needed", "rule"),
    *("rejected_by", "same_picture", "advice", "runner_up", "box", "crop", "crop_score", "crops"),
)


def match_row(match: Match) -> Row:
    """Return a match as the contract writes it; `name` is null unless its status is "known"."""
    other = match.runner_up
    return {
        "query": match.query,
        "status": match.status,
        "name": match.name,
        "guess": match.guess,
        "similarity": _rounded(match.similarity),
        "threshold": _rounded(match.threshold),
        "p_value": match.p_value and float(f"{match.p_value:.3g}"),
        "max_false_name": match.rate,
        "basis": match.basis,
        "tightest_rate": match.tightest and float(f"{match.tightest:.3g}"),
        "names_needed": match.names_needed,
        "strangers": match.strangers,
        "probability": None if match.probability is None else _rounded(match.probability),
        "margin": None if match.margin is None else _rounded(match.margin),
        "score": _rounded(match.score),
        "rival": match.rival and match.rival.name,
        "score_needed": _rounded(min(match.needed, 2.0)),
        "rule": match.rule,
        "rejected_by": match.rejected_by,
        "corrected": list(match.corrected),
        "same_picture": match.same_picture,
        "votes": [
            {"reference": vote.reference or None, "source": vote.source, "weight": vote.weight}
            for vote in match.votes
        ],
        "advice": match.advice,
        "runner_up": other and {"name": other.name, "similarity": _rounded(other.similarity)},
        "box": list(match.box),
        "crop": match.crop,
        "crop_score": _rounded(match.crop_score),
        "crops": match.crops,
        "neighbours": [neighbor_row(neighbor) for neighbor in match.neighbors],
        "error": None,
    }


def refusal_row(refusal: Refusal) -> Row:
    """Return a picture that could not be read as the contract writes it."""
    nothing = dict.fromkeys(_OF_A_MATCH)
    return {
        "query": refusal.source,
        "status": refusal.status,
        **nothing,
        "crops": refusal.crops,
        "corrected": [],
        "votes": [],
        "neighbours": [],
        "error": refusal.reason,
    }


def neighbor_row(neighbor: Neighbor) -> Row:
    """Return one reference near the query."""
    return {
        "name": neighbor.name,
        "similarity": _rounded(neighbor.similarity),
        "reference": neighbor.reference,
        "source": neighbor.source,
    }


def match_text(row: Row) -> str:
    """Say a match in one line; where faces are looked for, with the part that was looked at."""
    query = printable(row["query"]) + row.get("where", "")
    if row["status"] == "unreadable":
        return f"{query}: {click.style('unreadable', fg='red')}: {printable(row['error'])}"
    if row["guess"] is None:
        return f"{query}: {click.style('unknown', fg='yellow')}; every name was corrected away"
    near = abs(row["similarity"] - row["threshold"]) < 0.01
    digits = 3 if near else 2  # else an unknown could read "0.68, 0.68 needed"
    similarity = f"{row['similarity']:.{digits}f}"
    about = "about " if row["basis"] == "prior" else ""
    needed = f"{about}{row['threshold']:.{digits}f} needed"
    if "strangers" in row["basis"]:
        needed += f" by {row['strangers']} stranger(s) given"
    if row["same_picture"] and row["basis"] != "threshold":
        needed = "an enrolled picture"
    if row["status"] == "unknown":
        guess = printable(row["guess"])
        nearest = f"nearest {guess} {similarity}, {needed}"
        return f"{query}: {click.style('unknown', fg='yellow')}; {nearest}"
    name = click.style(printable(row["name"]), fg="green", bold=True)
    reasons = [needed]
    if row["runner_up"]:
        other = row["runner_up"]
        reasons.append(f"next {printable(other['name'])} {other['similarity']:.2f}")
    return f"{query}: {name} {similarity} ({', '.join(reasons)})"


def neighbor_text(row: Row) -> str:
    """Say a neighbor in one line."""
    return f"{row['similarity']:.2f}  {printable(row['name'])}  {shown_path(row['source'])}"


def _rounded(similarity: float) -> float:
    return round(similarity, 6)
