"""The command `fewshot`: parses, calls one door, shows. Nothing here loads a heavy package."""
