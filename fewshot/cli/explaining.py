"""A match comes in; why it was answered so goes out, in lines for people."""

from __future__ import annotations

from fewshot.cli.answers import match_text
from fewshot.cli.output import Row, printable, shown_path
from fewshot.risk import FAR

_SHOWN_VOTES = 8


def explained_text(row: Row) -> str:
    """Say a match in one line, and below it why."""
    head = match_text(row)
    if row["status"] == "unreadable" or row["guess"] is None:
        return head
    lines = [f"not {printable(name)}, as it was corrected" for name in row["corrected"]]
    lines += [_decided(row), _rested(row), *_likely(row), *_votes(row)]
    if row["advice"]:
        lines.append(printable(row["advice"]))
    return "\n".join([head, *(f"    {line}" for line in lines)])


def estimated_note(row: Row) -> str:
    """Say that a rate was estimated, and what would show it."""
    return (
        f"that {percent(row['max_false_name'])} of strangers get a name is an estimate: it takes "
        f"{row['names_needed']:,} names to show it here (fewshot calibrate says more)"
    )


def percent(rate: float) -> str:
    """Write a rate as per cent."""
    return f"{100 * rate:.0f} %" if rate >= 0.1 else f"{100 * rate:.2g} %"


def _decided(row: Row) -> str:
    if row["same_picture"] and row["basis"] != "threshold":
        return f"named because it is an enrolled picture, or a copy of one ({row['rule']} rule)"
    if row["basis"] == "threshold":
        verdict = "named" if row["name"] else "not named"
        return f"{verdict} by your own threshold of {row['threshold']:.2f}"
    score = f"score {row['score']:.3f}, {row['score_needed']:.3f} needed"
    if row["rival"]:
        half = f"similarity {row['similarity']:.3f} less half of the next name's"
        other = 2.0 * (row["similarity"] - row["score"])
        score += f" ({half}: {printable(row['rival'])} {other:.3f})"
    verdict = "named" if row["name"] else f"not named, by the {row['rejected_by']}"
    return f"{verdict}: {score}; rule: {row['rule']}"


def _rested(row: Row) -> str:
    if row["p_value"] is None:
        return "no rate of false names is kept"
    near = f"{percent(row['p_value'])} of strangers would come as near (p = {row['p_value']:.2g})"
    rested = {
        "prior": f"estimated from other galleries; this one can show {_tightest(row)}",
        "gallery": "measured on this gallery, each name in turn as stranger",
        "strangers": f"measured on {row['strangers']} strangers of yours",
    }.get(row["basis"], f"measured on this gallery and {row['strangers']} strangers of yours")
    return f"{near}; {percent(row['max_false_name'])} may be named; {rested}"


def _likely(row: Row) -> list[str]:
    if row["probability"] is None or (row["p_value"] or 0.0) > FAR:
        return []
    guess = printable(row["guess"])
    return [f"{percent(row['probability'])} likely {guess}, if it is somebody enrolled"]


def _votes(row: Row) -> list[str]:
    shown = row["votes"][:_SHOWN_VOTES]
    lines = [f"{vote['weight']:+.3f}  {shown_path(vote['source'])}" for vote in shown]
    if rest := row["votes"][_SHOWN_VOTES:]:
        lines.append(
            f"{sum(vote['weight'] for vote in rest):+.3f}  {sum(map(_counted, rest))} more"
        )
    return [f"what makes up {row['similarity']:.3f}:", *lines] if lines else []


def _tightest(row: Row) -> str:
    return "none" if row["tightest_rate"] >= 1 else f"{percent(row['tightest_rate'])} or more"


def _counted(vote: Row) -> int:
    """Return of how many references a vote is: those that are told together say "10 more"."""
    return 1 if vote["reference"] else int(vote["source"].split()[0])
