"""The cells that ship: one file each, found by its name."""
