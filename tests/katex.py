"""KaTeX without a browser, from the script that Sphinx's extension ships."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import quickjs

# KaTeX shows in this colour what it cannot read but does not throw for.
_ERROR_COLOUR = "#cc0001"


@cache
def _context() -> quickjs.Context:
    found = find_spec("sphinxcontrib.katex")
    assert found is not None
    assert found.origin is not None
    context = quickjs.Context()
    context.eval((Path(found.origin).parent / "katex.min.js").read_text(encoding="utf-8"))
    context.eval(
        """
        function complaint(tex, display) {
          try {
            const options = {displayMode: display, throwOnError: true, strict: "error",
                             errorColor: "ERROR_COLOUR"};
            const html = katex.renderToString(tex, options);
            return html.includes(options.errorColor) ? "shown in the error colour" : "";
          } catch (error) { return String(error.message || error) || "error"; }
        }
        """.replace("ERROR_COLOUR", _ERROR_COLOUR)
    )
    return context


def complaint(tex: str, display: bool = False) -> str:
    """Return what KaTeX has against a formula; empty if it renders."""
    return str(_context().eval(f"complaint({json.dumps(tex)}, {json.dumps(display)})"))
