"""What looks for faces of people and of drawn characters; see `catalog`."""
