"""The style sheet of derivations, beside those of the page's theme."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.builders.html import StandaloneHTMLBuilder

from derive.errors import CheckError
from derive.publishing.fixed import require_style
from derive.resources import stylesheet
from derive.sphinx.resolved import PageError

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> None:
    """Have every page of HTML load it."""
    app.connect("config-inited", _place)
    app.add_css_file(stylesheet().name)
    app.connect("html-page-context", _require_loaded, priority=900)
    app.connect("build-finished", _require_style)


def _place(app: Sphinx, config: Any) -> None:
    """Add the folder that it stands in to those that are copied."""
    config.html_static_path = [*config.html_static_path, str(stylesheet().parent)]


def _require_loaded(
    app: Sphinx, page: str, template: str, context: Mapping[str, Any], doctree: object
) -> None:
    """Raise a `PageError` unless a page of a text loads the style sheet."""
    files = [str(getattr(one, "filename", one)) for one in context.get("css_files", ())]
    if doctree is not None and stylesheet().name not in map(posixpath.basename, files):
        raise PageError(f"bptt: the page {page} does not load {stylesheet().name}")


def _require_style(app: Sphinx, exception: Exception | None) -> None:
    """Raise a `PageError` unless the style sheet beside the pages is the one that was looked at."""
    if exception is not None or not isinstance(app.builder, StandaloneHTMLBuilder):
        return
    try:
        require_style(Path(app.outdir) / "_static" / stylesheet().name)
    except CheckError as error:
        raise PageError(f"bptt: {error}") from error
