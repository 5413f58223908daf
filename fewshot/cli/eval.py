"""`fewshot eval`: a folder of pictures comes in; ways to name them, compared, go out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fewshot.cli.backbones import threads_option
from fewshot.cli.options import form_options, rate_option

_OF_A_COMPARISON = (
    click.option(
        "--test", metavar="DIR", type=click.Path(path_type=Path),
        help="Where the pictures lie that are asked about: the same names, other pictures.",
    ),
    click.option(
        "--methods", metavar="NAME,...",
        help="Contenders: gallery (our matching), nn, knn, mean (each also -centered, -root), lda, "
        "ridge, logistic, svm, softmax, triplet, finetune, scratch; or usual, fast (all that take "
        "no TensorFlow), trained, all.  [usual]",
    ),
    click.option(
        "--backbones", metavar="NAME,...", multiple=True,
        help="What embeds; options of one follow it: inceptionv3,weights=cut.h5,layer=mixed8.  "
        "[all that are ready here]",
    ),
    click.option(
        "--protocols", metavar="NAME,...",
        help="all (names at once), episodes (of --ways names), given (all of DIR enrolled, all of "
        "--test asked), open (half of the names strangers), growth (more and more names), queries "
        "(in gray and in other hues).  [all,open; given with --test; episodes with --ways]",
    ),
    click.option(
        "--shots", metavar="N,...",
        help="Pictures enrolled a name.  [1,5,10, as far as there are]",
    ),
    click.option("--ways", type=click.IntRange(2), help="Names competing in an episode.  [5]"),
    click.option(
        "--queries", type=click.IntRange(1),
        help="Pictures asked a name and draw, at most.  [all; episodes 15, growth 5]",
    ),
    click.option(
        "--episodes", type=click.IntRange(1),
        help="Draws.  [20, episodes 100, both 5 with TensorFlow; growth 10]",
    ),
    rate_option,
    click.option("--baseline", metavar="NAME", help="What the others are held beside.  [gallery]"),
    click.option("--seed", type=click.IntRange(0), help="The same one gives the same draws.  [0]"),
    click.option(
        "--html", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
        help="Write a page with plots to look at.",
    ),
    click.option(
        "--times", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
        help="Write what each contender took, as JSON: kept apart, for it is never twice the same.",
    ),
    click.option(
        "--no-cache", is_flag=True, default=None,
        help="Embed anew, and keep no vectors in the cache.",
    ),
)  # fmt: skip


def _with_comparison(command: Any) -> Any:
    for option in reversed(_OF_A_COMPARISON):
        command = option(command)
    return command


@click.command("eval")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@_with_comparison
@click.option(
    "--plan", "plan_path", metavar="PLAN", type=click.Path(path_type=Path),
    help="Run the experiment of this file instead, as in eval/plans/.",
)  # fmt: skip
@click.option(
    "--out",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="With --plan: where the models, scores and report go.  [PLAN-NAME.results]",
)
@threads_option
@form_options
def evaluate(
    folder: Path,
    plan_path: Path | None,
    out: Path | None,
    threads: int | None,
    form: str | None,
    **given: Any,
) -> int:
    """Compare ways to name the pictures of a folder, to see whether training pays.

    \b
    fewshot eval photos/                           each sub-folder is a name
    fewshot eval photos/ --html report.html        and a page to look at
    fewshot eval train/ --test test/ --methods all
    fewshot eval --plan eval/plans/anime4.toml faces/

    All contenders are asked about the same pictures, none of them enrolled, nor nearly; intervals
    say how sure each figure is. Vectors are kept in the cache: an interrupted run goes on there.
    With --plan nothing is downloaded, and it ends with 5 where no way could be run.
    """  # noqa: D301  click wants the character \\b itself
    asked = {name: value for name, value in given.items() if value not in (None, ())}
    if plan_path is not None:
        if asked:
            raise click.UsageError(f"--{next(iter(asked)).replace('_', '-')} goes without --plan")
        from fewshot.cli.planned import run_planned

        return run_planned(folder, plan_path, out, threads, form)
    if out is not None:
        raise click.UsageError("--out goes with --plan; a page is written by --html")
    from fewshot.cli.compared import run_comparison

    return run_comparison(folder, threads=threads, form=form, **asked)
