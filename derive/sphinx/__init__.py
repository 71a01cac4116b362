"""The extension for Sphinx: ``extensions = ["derive.sphinx"]``, then ``{bptt}`` in a page.

Takes the directives of a page; gives nodes of docutils, read back. Equations are Sphinx's own, in MyST
as in reStructuredText, so that ``:eq:`` refers to them in every builder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from derive.resources import require_extra, version

if TYPE_CHECKING:
    from sphinx.application import Sphinx

require_extra("sphinx", "sphinx")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive and what draws its figures; what Sphinx is told of the extension."""
    from derive.sphinx import drawings, resolved, style, twins, written
    from derive.sphinx.colours import Colouring
    from derive.sphinx.directive import BpttDirective

    # Another version of the program may print otherwise, so that pages are read anew.
    app.add_config_value("derive_version", version(), "env")
    app.add_directive("bptt", BpttDirective)
    app.add_post_transform(Colouring)
    drawings.setup(app)
    style.setup(app)
    twins.setup(app)
    resolved.setup(app)
    written.setup(app)
    return {"version": version(), "parallel_read_safe": True, "parallel_write_safe": True}
