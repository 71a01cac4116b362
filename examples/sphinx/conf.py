"""The settings of the example: derivations in pages of Sphinx, set by MathJax without a network."""

project = "A course on recurrent networks"
extensions = ["myst_parser", "sphinx-mathjax-offline", "derive.sphinx"]
html_theme = "furo"
html_show_copyright = False
exclude_patterns = ["_build"]

# Figures and tables have numbers, which the text of a section refers to.
numfig = True

latex_engine = "xelatex"
latex_elements = {
    "extraclassoptions": "openany,oneside",
    # Fonts that come with the TeX that derive itself asks for.
    "fontpkg": r"\setmainfont{texgyrepagella}[Extension=.otf, UprightFont=*-regular, "
    r"BoldFont=*-bold, ItalicFont=*-italic, BoldItalicFont=*-bolditalic]",
}
