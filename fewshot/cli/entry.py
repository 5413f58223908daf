"""The process starts here: nothing is imported before an interrupt can be answered quietly."""

from __future__ import annotations

import sys


def run() -> None:
    """Run the command line; end with 130 where it is interrupted before it has begun."""
    try:
        from fewshot.cli.main import main

        main()
    except KeyboardInterrupt:
        sys.stderr.write("fewshot: interrupted\n")
        sys.exit(130)
