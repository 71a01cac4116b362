"""Plots: where data lands, ticks, limits, and data that do not fit."""

from __future__ import annotations

from itertools import pairwise
from math import inf, nan

import numpy as np
import pytest

from derive.chapters.figures.readymade import (
    NormCurve,
    activation_plot,
    contribution_bars,
    heat_plot,
    norm_by_lag_plot,
)
from derive.document.figures import Bars, Curve, Heat, Mark, Panel, Plot, Reference
from derive.render.drawing.axes import plot_scene
from derive.render.drawing.curves import _apart, draw_series
from derive.render.drawing.frame import Frame, limits
from derive.render.drawing.geometry import cut_line, cut_polygon
from derive.render.drawing.heat import draw_heat
from derive.render.drawing.scene import Words
from derive.render.drawing.ticks import decade_ticks, linear_ticks, written
from derive.typesetting.palette import contribution_colours
from tests.render.drawing.samples import typeset

FRAME = Frame(0.0, 0.0, 10.0, 5.0, (0.0, 10.0), (0.0, 1.0))


def test_frame_places_data() -> None:
    assert FRAME.place(5.0, 0.5) == (5.0, 2.5)
    assert FRAME.place(nan, 0.5) is None
    log = Frame(0.0, 0.0, 10.0, 5.0, (0.0, 10.0), (1e-4, 1.0), y_log=True)
    assert log.place(0.0, 1e-2) == pytest.approx((0.0, 2.5))
    assert log.place(0.0, 0.0) is None


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (-8, 3, [-8, -6, -4, -2, 0, 2]),
        (3, 97, [20, 40, 60, 80]),
    ],
)
def test_ticks_are_round_numbers(low: float, high: float, expected: list[float]) -> None:
    assert linear_ticks(low, high, 5) == pytest.approx(expected)


def test_whole_ticks_and_decades() -> None:
    assert linear_ticks(0.5, 3.5, 10, whole=True) == [1, 2, 3]
    assert decade_ticks(1e-10, 1.0, 5) == [-9, -6, -3, 0]
    assert written([-0.5, 0.0, 0.5]) == ["−0.5", "0", "0.5"]
    assert written([1e-20, 2e-20]) == ["1e−20", "2e−20"]


def test_a_value_that_is_not_finite_leaves_a_gap() -> None:
    series = Curve((0, 1, 2, 3, 4), (0.1, 0.2, -inf, 0.3, 0.4), None, "1069A3")
    lines = list(draw_series(series, FRAME))
    assert [len(line.path) for line in lines] == [2, 2]


def test_cutting_keeps_the_slope() -> None:
    (piece,) = cut_line([(0.0, 0.0), (1.0, -100.0)], 1, -10.0, 10.0)
    assert np.array(piece) == pytest.approx(np.array([(0.0, 0.0), (0.1, -10.0)]))
    through = cut_line([(0.0, -20.0), (1.0, 20.0)], 1, -10.0, 10.0)
    assert through == [[(0.25, -10.0), (0.75, 10.0)]]
    square = [(0.0, -5.0), (1.0, -5.0), (1.0, 5.0), (0.0, 5.0)]
    cut = cut_polygon(square, 1, -1.0, 1.0)
    assert {y for _, y in cut} == {-1.0, 1.0}


def test_labels_at_ends_keep_order_and_distance() -> None:
    placed = _apart([1.0, 1.05, 1.1, 4.0])
    assert all(b - a >= 0.4 - 1e-9 for a, b in pairwise(placed))
    assert placed[1] == pytest.approx(1.05)
    assert placed[3] == 4.0


def test_limits_hold_all_data() -> None:
    band = Curve((0, 2), (0, 0), None, "1069A3", band=((-3, -3), (5, 5)))
    x, y = limits(Panel((band, Bars((1, 2), (7, 1), ("1069A3",))), "", ""))
    assert x == pytest.approx((0.0, 2.6))
    assert y[0] < -3
    assert y[1] > 7


def test_heat_map_merges_equal_cells_and_draws_contours() -> None:
    heat = Heat((0, 1, 2, 3), (0, 1), ((0, 0, 1, 1), (0, 0, 1, nan)), contours=(0.5,))
    frame = Frame(0.0, 0.0, 4.0, 2.0, (-0.5, 3.5), (-0.5, 1.5))
    shapes, words = draw_heat(heat, frame)
    fills = [shape.fill for shape in shapes if shape.fill]
    assert len(fills) == 5
    assert fills[2] == "FFFFFF"
    assert any(shape.stroke for shape in shapes)
    assert all(isinstance(word, Words) for word in words)


def test_maximum_of_the_derivative_is_marked() -> None:
    x = np.linspace(-2, 2, 5)

    def drawn(together: bool) -> Plot:
        return activation_plot(
            "act",
            x,
            np.tanh(x),
            1 - np.tanh(x) ** 2,
            argument="a",
            value_label="f",
            derivative_label="g",
            maximum="top",
            together=together,
        )

    (mark,) = [item for item in drawn(False).panels[1].items if isinstance(item, Mark)]
    assert (mark.x, mark.y) == (0.0, 1.0)
    together = drawn(True)
    assert len(together.panels) == 1


def test_norms_are_drawn_as_logarithms() -> None:
    curve = NormCurve("c", np.array([1.0, 0.1, 0.0]), bound=np.array([1.0, 0.5, 0.25]))
    plot = norm_by_lag_plot("n", [curve], lag="lag", norm="norm")
    bound, line = [item for item in plot.panels[0].items if isinstance(item, Curve)]
    assert line.y == (0.0, -1.0, -inf)
    assert bound.colour == line.colour
    assert bound.thin
    plot_scene(plot, typeset)


def test_bars_have_the_colours_of_the_contributions() -> None:
    plot = contribution_bars("b", [1, 2, 3], np.ones(3), step="k", size="size")
    (bars,) = [item for item in plot.panels[0].items if isinstance(item, Bars)]
    assert bars.colours == contribution_colours(3)[::-1]


def panel(*items: Curve | Bars | Heat | Reference | Mark, **more: object) -> Panel:
    return Panel(items, "x", "y", **more)  # type: ignore[arg-type]


GOOD = Curve((1, 2), (1, 2), None, "1069A3")


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (panel(Curve((1, 2), (1,), None, "1069A3")), "not as many y"),
        (panel(Curve((1,), (1,), None, "1069A3", band=((1,), (1, 2)))), "not as many y"),
        (panel(Curve((1,), (1,), None, "red")), "RRGGBB"),
        (panel(Bars((1, 2), (1, 2), ("1069A3",) * 3)), "1 or 2 colours"),
        (panel(Bars((1, 2), (1, 2), ("1069A3",), labels=("a",))), "1 labels"),
        (panel(Bars((1,), (1,), ("1069A3",)), y_log=True), "begin at zero"),
        (panel(Heat((1, 2), (1, 2), ((1, 2),))), "2 rows of 2"),
        (panel(Heat((1,), (1, 2), ((1,), (2,)))), "2 × 2"),
        (panel(Reference(0.0), y_log=True), "not on a logarithmic axis"),
        (panel(Reference(nan)), "reference line at nan"),
        (panel(Reference(0.0, "z")), "axis x or y"),
        (panel(Mark(0, 0, "m", "1069A3", "up")), "side of a mark"),
        (panel(GOOD, legend="middle"), "place of a legend"),
        (panel(GOOD, y_limits=(1.0, 1.0)), "not low < high"),
        (panel(GOOD, y_limits=(0.0, 1.0), y_log=True), "cannot begin at 0"),
    ],
)
def test_data_that_do_not_fit_are_refused(bad: Panel, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Plot("p", (bad,))


def test_plot_without_panels_and_arrays_of_wrong_shape() -> None:
    with pytest.raises(ValueError, match="needs a panel"):
        Plot("p", ())
    with pytest.raises(ValueError, match="expected a vector"):
        norm_by_lag_plot("n", [NormCurve("c", np.ones((2, 2)))], lag="lag", norm="norm")
    with pytest.raises(ValueError, match="expected a matrix"):
        heat_plot("h", np.ones(2), np.ones(2), np.ones(2), x_label="", y_label="")


@pytest.mark.parametrize(
    "items",
    [
        (),
        (Curve((), (), None, "1069A3"),),
        (Curve((1.0,), (nan,), "only", "1069A3", direct=True),),
        (Curve((1.0, 1.0), (2.0, 2.0), "one point", "1069A3", direct=True),),
        (Heat((0, 1), (0, 1), ((nan, nan), (nan, nan)), contours=(0.0,)),),
        (Heat((0, 1), (0, 1), ((3, 3), (3, 3)), contours=(3.0,)),),
    ],
)
def test_empty_and_constant_data_still_make_a_plot(
    items: tuple[Curve | Bars | Heat | Reference | Mark, ...],
) -> None:
    assert plot_scene(Plot("p", (panel(*items),)), typeset).items
