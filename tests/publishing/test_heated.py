"""A heat map is read off its colours: each cell has that of its value, as the bar says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from derive.document.plot import Heat, Panel, Plot, Reference
from derive.publishing import plotted
from derive.reading.drawings import drawn
from derive.reading.passage import Passage
from derive.render.drawing import heat as drawing
from derive.render.drawing.svg import svg
from derive.render.drawing.tikz import tikz

XS, YS = np.arange(12.0), np.array([0.5, 1.0, 1.5, 2.0])
VALUES = tuple(tuple((10 * (y - 1) + 0.3 * XS).tolist()) for y in YS)
MAP = Heat(
    tuple(XS.tolist()), tuple(YS.tolist()), VALUES, "log", (0.0,), (-12.0, 12.0), diverging=True
)


def plot(heat: Heat) -> Plot:
    return Plot(
        "map", (Panel((heat, Reference(1.0, "y")), "lag", "scale", x_whole=True),), height=7.5
    )


def problems(draw: Callable[[Any, Any], str], meant: Heat = MAP, shown: Heat = MAP) -> list[str]:
    text = Passage(draw(plot(shown), str), "map")
    return list(plotted.misdrawn(plot(meant), drawn(text), str))


@pytest.mark.parametrize("draw", [svg, tikz])
def test_a_map_is_what_it_shows(draw: Callable[[Any, Any], str]) -> None:
    assert problems(draw) == []
    unlike = (
        replace(MAP, values=VALUES[::-1]),
        replace(MAP, values=tuple(row[::-1] for row in VALUES)),
        replace(MAP, values=tuple(tuple(v + 1.5 for v in row) for row in VALUES)),
        replace(MAP, values=(*VALUES[:3], (*VALUES[3][:5], -9.0, *VALUES[3][6:]))),
    )
    for other in unlike:
        assert "has not the colour of" in problems(draw, shown=other)[0]


@pytest.mark.parametrize("draw", [svg, tikz])
def test_a_bar_that_runs_the_other_way_is_noticed(
    draw: Callable[[Any, Any], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = drawing.bar_ticks

    def turned(heat: Heat, height: float) -> list[Any]:
        return [replace(tick, value=-tick.value) for tick in right(heat, height)]

    monkeypatch.setattr(drawing, "bar_ticks", turned)
    assert "has not the colour of" in problems(draw)[0]


@pytest.mark.parametrize("draw", [svg, tikz])
def test_a_map_without_a_scale_is_noticed(
    draw: Callable[[Any, Any], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "bar_ticks", lambda heat, height: [])
    assert problems(draw) == ["panel 1: the colour bar has no scale"]
