"""The command line comes in; an exit code goes out. Here alone an error becomes a line."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from pathlib import Path
from typing import NoReturn

import click

from fewshot import __version__
from fewshot.cli.later import LaterGroup, Where
from fewshot.cli.output import ReaderLeft, printable
from fewshot.errors import FewshotError

INTERRUPTED = 130
INTERNAL = 70  # as EX_SOFTWARE of sysexits.h
NOT_WRITTEN = 74  # as EX_IOERR

COMMANDS = {
    "enroll": Where("enroll", "enroll", "Enroll pictures, so that they can be recognized."),
    "match": Where("match", "match", "Say who is in each picture, or that it is nobody enrolled."),
    "search": Where(
        "search",
        "search",
        "Show the enrolled pictures most similar to PATH, nearest first, whoever they are.",
    ),
    "crop": Where(
        "crop",
        "crop",
        "Cut the faces out of the pictures of DIR, each to the same place below OUT, as PNG.",
    ),
    "list": Where("gallery", "list_names", "List who is enrolled, with how many references each."),
    "show": Where("gallery", "show", "Show the enrolled pictures of NAME."),
    "correct": Where(
        "correct", "correct", "Say that PATH is not NAME, so that it never gets that name again."
    ),
    "rename": Where("gallery", "rename", "Give the identity OLD the name NEW."),
    "forget": Where(
        "gallery",
        "forget",
        "Take NAME out of the gallery; `undo` brings it back, until it is erased.",
    ),
    "undo": Where(
        "history",
        "undo",
        "Take back the last operation: enroll, correct, rename, forget, import, merge and so on.",
    ),
    "history": Where("history", "history", "Show what was done to the gallery, the latest first."),
    "info": Where(
        "info",
        "info",
        "Show what the gallery is: counts, size, recipe, index and the last operation.",
    ),
    "export": Where(
        "transfer",
        "export",
        "Write the gallery to TARGET: a file, or with --as a folder, that other programs read.",
    ),
    "import": Where(
        "transfer",
        "import_",
        "Add what `export` wrote to FILE; makes the gallery where there is none.",
    ),
    "merge": Where(
        "transfer",
        "merge",
        "Add what stands in the gallery file OTHER, made with the same backbone; OTHER stays.",
    ),
    "index": Where(
        "index",
        "index",
        "Build an index, so that matching in a gallery of 100,000 references and more is fast.",
    ),
    "doctor": Where(
        "doctor",
        "doctor",
        "Find references that are mislabeled, outliers, copies, blurred or tiny, and what they "
        "cost.",
    ),
    "calibrate": Where(
        "calibrate",
        "calibrate",
        "Show how often strangers get a name here, and what it takes to name somebody.",
    ),
    "train": Where(
        "train",
        "train",
        "Train a head, or a network, on a folder in which each sub-folder is a class.",
    ),
    "eval": Where(
        "eval",
        "evaluate",
        "Compare ways to name the pictures of a folder, to see whether training pays.",
    ),
    "models": Where(
        "models",
        "models",
        "List, fetch, build and verify the networks that embed, and what finds faces.",
    ),
}


@click.group(
    cls=LaterGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 all answered and known; 1 at least one unknown; 2 usage; 3 some pictures "
    "unreadable; 4 gallery missing, damaged or locked; 5 backbone missing or mismatched; "
    "6 too little data for the guarantee asked; "
    "70 a bug; 74 the answer could not be written; 130 interrupted (the gallery stays whole).",
)
@click.version_option(__version__, prog_name="fewshot", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Recognize any character, person or thing from a handful of pictures.

    \b
    fewshot enroll gallery/                   each sub-folder is a name
    fewshot enroll photos/ --name megumin     pictures of one name
    fewshot match photo.jpg                   who is this?
    """  # noqa: D301  click wants the character \\b itself
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        context.color = False
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


cli.wait_for(COMMANDS)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command and end the process with its exit code."""
    if not sys.stdout or not sys.stderr:  # closed by the caller
        nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  to the very end
        sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    warnings.filterwarnings("ignore", module=r"PIL\b")  # it warns of files that we answer for,
    logging.getLogger("PIL").addHandler(logging.NullHandler())  # and logs of them
    sys.exit(_run(arguments))


def _run(arguments: list[str] | None) -> int:
    try:
        code = cli.main(arguments, prog_name="fewshot", standalone_mode=False) or 0
        sys.stdout.flush()
        return int(code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        where = context.command_path if context else "fewshot"
        return _failed(f"{error.format_message()} (see {where} --help)", error.exit_code)
    except FewshotError as error:
        return _failed(str(error), error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        return _failed("interrupted; the gallery is whole", INTERRUPTED)
    except (BrokenPipeError, ReaderLeft):
        _discard(1)
        return NOT_WRITTEN
    except OSError as error:
        _discard(1)
        return _failed(f"the answer cannot be written: {error.strerror or error}", NOT_WRITTEN)
    except Exception as error:
        if os.environ.get("FEWSHOT_DEBUG"):
            raise
        return _failed(
            f"this is a bug in fewshot: {type(error).__name__}: {error} "
            "(set FEWSHOT_DEBUG=1 to see where)",
            INTERNAL,
        )


def _discard(stream: int) -> None:
    """Let what is still to be written go nowhere, so that the end of the process is quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream)


def _failed(message: str, code: int) -> int:
    try:
        click.echo(f"fewshot: {printable(message)}", err=True)
        sys.stderr.flush()
    except OSError:  # then the exit code says it alone
        _discard(2)
    return code
