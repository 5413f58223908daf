"""Our own cartoon drawing: in go a character and a shot, out comes a Pillow picture."""
