"""What came of a plan comes in; what has to be known to read its figures goes out, in sentences."""

from __future__ import annotations

from fewshot.plans.outcome import Outcome, WayOutcome

_MOST_DROPPED = 20


def remarks(outcome: Outcome) -> list[str]:
    """Return it, a sentence each."""
    plan, gathered = outcome.plan, outcome.gathered
    said = list(plan.notes)
    if plan.tests[0].chooses_epoch:
        said.append(
            "the accuracy is that of the best epoch on the very pictures it is measured on, as in "
            "the experiment: on others expect less"
        )
    else:
        said.append("no test picture was learned from, or chose the epoch")
    said.append("equal files were looked for on both sides, near-equal pictures were not")
    if gathered.dropped:
        pairs = [
            f"{gathered.shown(one.file)} = {gathered.shown(other.file)}"
            for one, other in gathered.dropped
        ]
        said.append(
            f"{len(gathered.dropped)} picture(s) to learn from stood in a test too, and were not "
            f"learned from: {', '.join(pairs[:_MOST_DROPPED])}"
            + (f" and {more} more" if (more := len(pairs) - _MOST_DROPPED) > 0 else "")
        )
    for one in outcome.ways:
        if one.replaced and one.gone:
            weights = one.gone.candidate.choice and one.gone.candidate.choice.weights
            by = f", weights {weights}" if weights else ""
            missing = "; ".join(one.missing)
            said.append(f"{one.way.title}: with {one.gone.candidate}{by}; {missing}")
        elif one.gone is None:
            said.append(f"{one.way.title}: not run; {'; '.join(one.missing)}")
        said += _given(one)
    if outcome.refused:
        said.append(f"{len(outcome.refused)} picture(s) could not be read, and count nowhere")
    return said


def _given(one: WayOutcome) -> list[str]:
    """Say what is to be held beside a published probability: those given, on average."""
    said = []
    for scored in one.gone.scored if one.gone else ():
        if any("accuracy" not in other.what for other in one.published(scored.test)):
            given = scored.judged.given.items()
            each = ", ".join(f"{name} {mean:.2f} (n = {n})" for name, (mean, n) in given)
            said.append(
                f'{one.way.title}, test "{scored.test}": what pictures of a class were given to be '
                f"of it, on average: {each}"
            )
    return said
