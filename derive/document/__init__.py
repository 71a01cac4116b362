"""A document as data: blocks, sentences by their keys, descriptions of figures.

Knows no language, LaTeX or Markdown.
"""
