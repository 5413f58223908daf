"""Experiments as plans: how a TOML file is read, run on a folder of pictures, and reported."""
