"""Lets `python -m fewshot` stand for the command `fewshot`."""

from fewshot.cli.entry import run

if __name__ == "__main__":
    run()
