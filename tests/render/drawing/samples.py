"""Figures of every kind and a plain typesetter, shared by the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from sympy import Basic, Eq, Symbol, latex

from derive.chapters.figures.readymade import (
    NormCurve,
    activation_plot,
    contribution_bars,
    heat_plot,
    norm_by_lag_plot,
)
from derive.chapters.figures.unrolled import GradientPaths, Link, VectorRow, unrolled_network
from derive.document.figures import (
    Bars,
    Curve,
    Diagram,
    Figure,
    Label,
    LegendEntry,
    Mark,
    Panel,
    Plot,
    Reference,
)
from derive.document.text import Text
from derive.typesetting.palette import step_colours


def typeset(label: Label) -> str:
    """Return a label as a renderer would: literal text as it is, an expression between dollars."""
    if isinstance(label, str):
        return label
    if isinstance(label, Text):
        return f"sentence {label.key}"
    return f"${latex(label)}$"


def symbols(base: str) -> Callable[[int], Basic]:
    """Return the function from t to the symbol with the subscript t."""
    return lambda t: Symbol(f"{base}_{{{t}}}")


def parameter(name: str, t: int) -> Basic:
    """Return the symbol of a shared parameter: the same at each step."""
    return Symbol(name)


ELMAN = (Link("x", "s", ("U",)), Link("s", "s", ("W",), 1), Link("s", "o", ("V",)), Link("o", "L"))
JORDAN = (Link("x", "s", ("U",)), Link("o", "s", ("W",), 1), Link("s", "o", ("V",)), Link("o", "L"))
LSTM = (
    Link("x", "c", ("U_f", "U_i", "U_g")),
    Link("x", "h", ("U_q",)),
    Link("h", "c", ("W_f", "W_i", "W_g"), 1),
    Link("c", "c", (), 1),
    Link("c", "h"),
    Link("h", "h", ("W_q",), 1),
    Link("h", "o", ("V",)),
    Link("o", "L"),
)


def network(
    links: Sequence[Link] = ELMAN,
    horizon: int = 3,
    states: str = "s",
    paths: bool = True,
    contributions: GradientPaths | None = None,
) -> Diagram:
    """Return an unrolled network with all its gradient paths, or with those that are given."""
    contributions = contributions or GradientPaths(
        step_colours(horizon), lambda k: Eq(Symbol("k"), k, evaluate=False)
    )
    return unrolled_network(
        f"unrolled-{states}-{horizon}",
        horizon,
        inputs=VectorRow("x", symbols("x")),
        states=[VectorRow(name, symbols(name)) for name in states],
        output=VectorRow("o", symbols("o")),
        loss=VectorRow("L", symbols("L")),
        links=links,
        parameter=parameter,
        contributions=contributions if paths else None,
        legend=(LegendEntry(Text("forward"), "1F2328"),),
    )


def every_kind() -> list[Figure]:
    """Return one figure of each kind."""
    x = np.linspace(-3, 3, 31)
    lag = np.arange(20)
    values = np.log10(np.linspace(0.5, 1.5, 12))[:, None] * lag[None, :]
    activation = activation_plot(
        "activation",
        x,
        np.tanh(x),
        1 - np.tanh(x) ** 2,
        argument=Symbol("a"),
        value_label=Symbol("f"),
        derivative_label=Symbol("f'"),
        maximum=Text("maximum"),
    )
    norms = norm_by_lag_plot(
        "norms",
        [
            NormCurve(Text("vanishing"), 0.5**lag, bound=0.6**lag, band=(0.4**lag, 0.6**lag)),
            NormCurve(Text("constant"), 1.0 + 0.0 * lag),
            NormCurve(Text("exploding"), 1.5**lag),
        ],
        lag=Text("lag"),
        norm=Text("norm"),
        bound=Text("bound"),
        zero=Text("one"),
        y_limits=(-4.0, 2.0),
    )
    heat = heat_plot(
        "heat",
        lag,
        np.linspace(0.5, 1.5, 12),
        values,
        x_label=Text("lag"),
        y_label=Text("gain"),
        label=Text("norm"),
        contours=(-2.0, 0.0, 2.0),
        diverging=True,
    )
    bars = contribution_bars(
        "bars",
        [1, 2, 3],
        np.array([0.1, -0.2, 0.7]),
        step=Symbol("k"),
        size=Text("size"),
        labels=[Text("first"), Text("second"), Text("third")],
    )
    numbers = tuple(float(n) for n in range(1, 9))
    decay = tuple(10.0**-n for n in numbers)
    several = Plot(
        "several",
        (
            Panel(
                (
                    Curve(numbers, decay, "误差", "1069A3", marker=True),
                    Mark(2, 1e-2, "m", "C05607"),
                ),
                "$n$",
                "误差 $e$",
                title="标题",
                y_log=True,
                legend="top right",
            ),
            Panel(
                (Bars((1, 2), (1, 2), ("C05607",), "b"), Reference(1.5, "x", "here")),
                "x",
                "y",
                legend="below",
            ),
        ),
        columns=2,
    )
    diagrams: list[Figure] = [
        network(),
        network(ELMAN, 1),
        network(ELMAN, 100),
        network(JORDAN, 4),
        network(LSTM, 10, "ch"),
    ]
    return [*diagrams, activation, norms, heat, bars, several]
