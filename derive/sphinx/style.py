"""The style sheet of derivations, beside those of the page's theme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from derive.resources import stylesheet

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> None:
    """Have every page of HTML load it."""
    app.connect("config-inited", _place)
    app.add_css_file(stylesheet().name)


def _place(app: Sphinx, config: Any) -> None:
    """Add the folder that it stands in to those that are copied."""
    config.html_static_path = [*config.html_static_path, str(stylesheet().parent)]
