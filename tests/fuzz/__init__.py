"""Hostile files, made by the thousand: see `__main__`."""
