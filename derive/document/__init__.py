"""A document as data: blocks, sentences, figures.

Takes equations and the keys of sentences; gives a tree.  Knows no language, LaTeX or Markdown: a
language is a file of sentences, and a format is for `derive.render`.
"""
