"""Typst: the source of a document, and the typesetter that comes as a Python package."""
