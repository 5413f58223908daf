"""The process starts here: nothing is imported before an interrupt can be answered quietly."""

from __future__ import annotations

import os
import sys


def run() -> None:
    """Run the command line; end with 130 where it is interrupted before it has begun."""
    # One answer takes many small products: threads for them cost more than they bring. Pictures
    # are worked on by threads of our own.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from fewshot.cli.main import main

        main()
    except KeyboardInterrupt:
        sys.stderr.write("fewshot: interrupted\n")
        sys.exit(130)
