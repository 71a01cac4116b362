"""Our plots against Matplotlib's: ``python -m benchmarks.plots``, for docs/decisions/plots.md.

The plots are those of `derive flow`. Matplotlib draws them in the same fonts, colours and sizes. With
``--out`` both are written, to be looked at; ``--tex`` also times its PGF, which asks a TeX that runs
beside it how wide each label is. Seconds are those of the processor, TeX's own not counted.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from derive.chapters.handout import Handout
from derive.chapters.studies import flow_document
from derive.document.blocks import FigureBlock
from derive.document.diagram import Style, Typeset
from derive.document.plot import Bars, Curve, Heat, Mark, Panel, Plot, Reference
from derive.render.drawing import fonts
from derive.render.drawing.frame import GRID, LABEL_SIZE, TICK_SIZE, limits, spacing
from derive.render.drawing.heat import heat_limits
from derive.render.drawing.legend import DASHES, SIZE
from derive.render.drawing.mathtext import translate
from derive.render.drawing.svg import svg
from derive.render.drawing.tikz import tikz
from derive.render.tex.source import latex_speaker
from derive.render.text.source import lettering
from derive.typesetting.layout import PagePrinter
from derive.typesetting.notation import load as notation
from derive.typesetting.palette import INK, QUIET, diverging_colour, sequential_colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INCH = 2.54
# The names of its settings are a type of their own, which its releases do not share.
_STYLE: dict[Any, Any] = {
    "font.family": "STIXGeneral",
    "font.size": SIZE,
    "mathtext.fontset": "stix",
    "axes.labelsize": LABEL_SIZE,
    "axes.titlesize": LABEL_SIZE + 0.5,
    "axes.edgecolor": f"#{QUIET}",
    "axes.labelcolor": f"#{INK}",
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": f"#{GRID}",
    "grid.linewidth": 0.5,
    "xtick.color": f"#{QUIET}",
    "ytick.color": f"#{QUIET}",
    "xtick.labelsize": TICK_SIZE,
    "ytick.labelsize": TICK_SIZE,
    "lines.linewidth": 1.4,
    "legend.frameon": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "derive",
    "pgf.texsystem": "xelatex",
    "pgf.rcfonts": False,
    "pgf.preamble": r"\usepackage{amsmath}\usepackage{unicode-math}",
}


def drawn(plot: Plot, typeset: Typeset) -> Figure:
    """Return the plot as Matplotlib draws it, by its own layout."""
    from matplotlib.figure import Figure

    columns = min(plot.columns, len(plot.panels))
    rows = -(-len(plot.panels) // columns)
    # Our height is that of one pair of axes; what stands round it takes about as much more.
    size = (plot.width / _INCH, rows * (plot.height + 1.6) / _INCH)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    for panel, axes in zip(plot.panels, grid.flat, strict=False):
        _panel(panel, axes, figure, typeset)
    return figure


def _panel(panel: Panel, axes: Axes, figure: Figure, typeset: Typeset) -> None:
    from matplotlib.ticker import MaxNLocator

    (low, high), (bottom, top) = limits(panel)
    axes.set(xlim=(low, high), ylim=(bottom, top))
    axes.set(xlabel=typeset(panel.x_label), ylabel=typeset(panel.y_label))
    if panel.title is not None:
        axes.set_title(typeset(panel.title))
    if panel.x_log:
        axes.set_xscale("log")
    if panel.y_log:
        axes.set_yscale("log")
    if panel.x_whole:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    for item in panel.items:
        _item(item, axes, figure, typeset)
    if panel.legend == "below":
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=3)
    elif panel.legend:
        place: Any = panel.legend.replace("top", "upper").replace("bottom", "lower")
        axes.legend(loc=place)


def _item(item: object, axes: Axes, figure: Figure, typeset: Typeset) -> None:
    if isinstance(item, Curve):
        _series(item, axes, typeset)
    elif isinstance(item, Bars):
        colours = [f"#{colour}" for colour in item.colours]
        label = None if item.label is None else typeset(item.label)
        bars = axes.bar(item.x, item.heights, 0.7 * spacing(item), color=colours, label=label)
        if item.labels:
            axes.bar_label(bars, [typeset(text) for text in item.labels])
    elif isinstance(item, Heat):
        _heat(item, axes, figure, typeset)
    elif isinstance(item, Reference):
        line = axes.axhline if item.axis == "y" else axes.axvline
        line(item.value, color=f"#{QUIET}", linewidth=0.8, linestyle=_dash(item.style))
        if item.label is not None:
            axes.annotate(typeset(item.label), (1, item.value), (-3, 4), ("axes fraction", "data"),
                          "offset points", ha="right", color=f"#{QUIET}")  # fmt: skip
    elif isinstance(item, Mark):
        axes.plot(item.x, item.y, "o", color=f"#{item.colour}", markeredgecolor="white")
        axes.annotate(typeset(item.label), (item.x, item.y), xytext=(0, 6),
                      textcoords="offset points", ha="center", color=f"#{item.colour}")  # fmt: skip


def _dash(style: Style) -> Any:
    return (0, DASHES[style]) if DASHES[style] else "-"


def _series(item: Curve, axes: Axes, typeset: Typeset) -> None:
    label = None if item.label is None else typeset(item.label)
    colour = f"#{item.colour}"
    if item.band is not None:
        axes.fill_between(item.x, *item.band, color=colour, alpha=0.16, linewidth=0)
    axes.plot(
        item.x, item.y, color=colour, linestyle=_dash(item.style),
        linewidth=0.8 if item.thin else 1.4, marker="o" if item.marker else None, markersize=3.4,
        label=None if item.direct else label,
    )  # fmt: skip
    if item.direct and item.y and label is not None:
        axes.annotate(label, (item.x[-1], item.y[-1]), xytext=(4, 0), va="center",
                      textcoords="offset points", color=colour, annotation_clip=False)  # fmt: skip


def _heat(item: Heat, axes: Axes, figure: Figure, typeset: Typeset) -> None:
    from matplotlib.colors import ListedColormap

    colour = diverging_colour if item.diverging else sequential_colour
    colours = ListedColormap([f"#{colour(n / 48)}" for n in range(49)])
    low, high = heat_limits(item)
    axes.grid(False)
    mesh = axes.pcolormesh(item.x, item.y, item.values, cmap=colours, vmin=low, vmax=high)
    if item.contours:
        levels = axes.contour(item.x, item.y, item.values, item.contours, colors=f"#{INK}",
                              linewidths=0.7, linestyles="solid")  # fmt: skip
        axes.clabel(levels)
    bar = figure.colorbar(mesh, ax=axes)
    # As an image it would be refused by the writer for TeX.
    if bar.solids is not None:
        bar.solids.set_rasterized(False)
    if item.label is not None:
        bar.ax.set_title(typeset(item.label), fontsize=TICK_SIZE)


def _saved(plot: Plot, typeset: Typeset, form: str, **options: Any) -> str:
    from matplotlib import rc_context

    made = io.BytesIO()
    with rc_context(_STYLE):
        drawn(plot, typeset).savefig(made, format=form, **options)
    return made.getvalue().decode()


def _mathtext(typeset: Typeset) -> Typeset:
    def said(label: Any) -> str:
        parts = typeset(label).split("$")
        return "$".join(translate(part) if n % 2 else part for n, part in enumerate(parts))

    return said


def ways(handout: Handout, tex: bool) -> Iterator[tuple[str, Callable[[Plot], str]]]:
    """Yield the name of each way to draw a plot, and how."""
    document = handout.document
    letter = lettering(document, PagePrinter(notation(), "markdown")).say
    speak = latex_speaker(document, PagePrinter(notation(), "latex")).say
    yield "ours.svg", lambda plot: svg(plot, letter)
    yield (
        "matplotlib.svg",
        lambda plot: _saved(plot, _mathtext(letter), "svg", metadata={"Date": None}),
    )
    yield "ours.tikz", lambda plot: tikz(plot, speak)
    if tex:
        yield "matplotlib.pgf", lambda plot: _saved(plot, speak, "pgf")


def main() -> None:
    """Measure, and print a row for each plot and way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="a folder for what is drawn")
    parser.add_argument("--tex", action="store_true", help="also Matplotlib's PGF, which runs TeX")
    args = parser.parse_args()
    fonts.load()
    handout = flow_document(0)
    figures = [b.figure for b in handout.document.blocks if isinstance(b, FigureBlock)]
    print(f"{'plot':20} {'way':16} {'first':>7} {'again':>7}  seconds; bytes, the same again?")
    for name, way in ways(handout, args.tex):
        for plot in figures:
            if not isinstance(plot, Plot):
                continue
            spent, made = [], []
            for _ in range(3):
                begun = time.process_time()
                made.append(way(plot))
                spent.append(time.process_time() - begun)
            same = "same" if len(set(made)) == 1 else "OTHER"
            print(
                f"{plot.id:20} {name:16} {spent[0]:>7.2f} {min(spent[1:]):>7.2f}  "
                f"{len(made[0]):>8} {same}",
                flush=True,
            )
            if args.out is not None:
                args.out.mkdir(parents=True, exist_ok=True)
                (args.out / f"{plot.id}.{name}").write_text(made[0], encoding="utf-8")


if __name__ == "__main__":
    main()
