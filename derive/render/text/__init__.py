"""Markdown: the source of a document."""
