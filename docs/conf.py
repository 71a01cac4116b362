"""The settings of the project's own site, which is built with `derive.sphinx`: `make docs`."""

project = "derive"
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx-mathjax-offline",
    "derive.sphinx",
]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "derive"
html_static_path = ["pictures"]
html_css_files = ["site.css"]
numfig = True
autodoc_typehints = "description"
autodoc_member_order = "bysource"
nitpick_ignore_regex = [("py:.*", r"(sympy|Basic|numpy|Any|.*\\.)?.*")]
# Links into the source lead out of the site.
suppress_warnings = ["myst.xref_missing"]
