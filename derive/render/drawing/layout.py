"""Description → scene: the one way in which every figure becomes paths and words."""

from __future__ import annotations

from derive.document.figures import Diagram, Figure, Plot, Typeset
from derive.render.drawing.scene import Scene


def lay_out(figure: Figure, typeset: Typeset) -> Scene:
    """Return the drawing of ``figure``; its labels become what ``typeset`` makes of them.

    Raises TypeError for an object that is no figure.
    """
    if isinstance(figure, Diagram):
        from derive.render.drawing.graph import graph_scene

        return graph_scene(figure, typeset)
    if isinstance(figure, Plot):
        from derive.render.drawing.axes import plot_scene

        return plot_scene(figure, typeset)
    raise TypeError(f"no figure: {type(figure).__name__}")
