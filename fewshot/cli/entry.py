"""The process starts here: nothing is imported before an interrupt can be answered quietly."""

from __future__ import annotations

import os
import sys


def run() -> None:
    """Run the command line; end with 130 where it is interrupted before it has begun."""
    # Pictures are worked on by threads of our own: those of BLAS would only compete with them.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from fewshot.cli.main import main

        main()
    except KeyboardInterrupt:
        sys.stderr.write("fewshot: interrupted\n")
        sys.exit(130)
