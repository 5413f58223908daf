"""Networks (and what needs none) that turn crops into unit vectors; see `catalog`."""
