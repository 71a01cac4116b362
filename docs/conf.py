"""The settings of the project's own site, which is built with `derive.sphinx`: `make docs`."""

import re
from importlib.util import find_spec
from pathlib import Path

# MathJax as it stands in this package, whose extension Sphinx would not read pages in parallel with.
_mathjax = find_spec("sphinx-mathjax-offline")
assert _mathjax is not None
assert _mathjax.origin is not None

project = "derive"
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "derive.sphinx",
]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "derive"
html_show_copyright = False
html_static_path = ["pictures", str(Path(_mathjax.origin).parent / "static")]
mathjax_path = "mathjax/tex-chtml.js"
numfig = True
autodoc_typehints = "description"
autodoc_member_order = "bysource"
# What the fields of classes are made of stands in other places: those of SymPy and Python on the
# network, which no page needs, and those of derive in its source.
nitpick_ignore_regex = [
    ("py:class", r"(sympy|collections)\..*"),
    ("py:class", r"derive\.expressions\.quantities\..*"),
    ("py:class", r"derive\.expressions\.equation\.(Kind|Step|Index)"),
    ("py:class", r"derive\.(cells\.cell\.(Assignment|CellText)|calculus\.losses\.Loss)"),
]


def setup(app):
    """Have links that lead out of the site, to files of the repository, lead to copies of them."""
    app.connect("source-read", _copied)


def _copied(app, docname, content):
    page = re.sub(r"\]\(((?:\.\./)+[A-Z]+\.md)(?:#[^)]*)?\)", r"](path:\1)", content[0])
    content[0] = re.sub(r"\]\(((?:\.\./)+derive/[^)]*)/\)", r"](path:\1/__init__.py)", page)
