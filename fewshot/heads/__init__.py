"""Heads: vectors of a backbone come in; names, and vectors of a better space, go out."""
