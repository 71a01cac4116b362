"""The model of a cell, what cells are built from, and the zoo of those that ship."""
