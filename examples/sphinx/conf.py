"""The settings of the example: derivations in pages of Sphinx, set by MathJax without a network."""

project = "A course on recurrent networks"
extensions = ["myst_parser", "sphinx-mathjax-offline", "derive.sphinx"]
html_theme = "furo"
exclude_patterns = ["_build"]

latex_engine = "xelatex"
latex_elements = {
    # Fonts that come with the TeX that derive itself asks for.
    "fontpkg": r"\setmainfont{texgyrepagella}[Extension=.otf, UprightFont=*-regular, "
    r"BoldFont=*-bold, ItalicFont=*-italic, BoldItalicFont=*-bolditalic]",
}
