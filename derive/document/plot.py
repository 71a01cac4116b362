"""Curves, bars and heat maps: the description of a plot, in data units."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from derive.document.diagram import Label, Style, check_colour, check_id

Numbers = tuple[float, ...]


@dataclass(frozen=True)
class Curve:
    """A curve; a value that is not finite leaves a gap.

    ``label`` stands in the legend, or at the right end of the curve where ``direct``; None for a
    curve that belongs to another one (its bound, say).  ``band`` is a lower and an upper curve with
    light colour between them.
    """

    x: Numbers
    y: Numbers
    label: Label | None
    colour: str
    style: Style = Style.SOLID
    thin: bool = False
    marker: bool = False
    direct: bool = False
    band: tuple[Numbers, Numbers] | None = None


@dataclass(frozen=True)
class Bars:
    """Bars from zero at ``x``; one colour, or one per bar; ``labels`` stand at their ends."""

    x: Numbers
    heights: Numbers
    colours: tuple[str, ...]
    label: Label | None = None
    labels: tuple[Label, ...] = ()


@dataclass(frozen=True)
class Heat:
    """A heat map: ``values[i][j]`` at (x[j], y[i]), cells centred there, with contour lines.

    ``diverging`` puts the neutral colour at 0 and makes the limits symmetric.  A value that is not
    finite is left white.  ``label`` is that of the colour bar.
    """

    x: Numbers
    y: Numbers
    values: tuple[Numbers, ...]
    label: Label | None = None
    contours: Numbers = ()
    limits: tuple[float, float] | None = None
    diverging: bool = False


@dataclass(frozen=True)
class Reference:
    """A thin line across the panel at ``value`` of the x or y axis."""

    value: float
    axis: str = "y"
    label: Label | None = None
    style: Style = Style.SOLID


@dataclass(frozen=True)
class Mark:
    """A dot at a point with its label; ``align`` says on which side of the dot the words stand."""

    x: float
    y: float
    label: Label
    colour: str
    align: str = "right"


@dataclass(frozen=True)
class Panel:
    """One pair of axes.  ``legend`` is a corner (``"top right"`` …), ``"below"`` or None."""

    items: tuple[Curve | Bars | Heat | Reference | Mark, ...]
    x_label: Label
    y_label: Label
    title: Label | None = None
    x_limits: tuple[float, float] | None = None
    y_limits: tuple[float, float] | None = None
    x_log: bool = False
    y_log: bool = False
    x_whole: bool = False
    y_whole: bool = False
    legend: str | None = None


@dataclass(frozen=True)
class Plot:
    """Panels side by side, ``columns`` in a row; ``width`` of all and ``height`` of one in cm.

    Raises ValueError where lengths do not agree, a logarithmic axis has a limit or a level that is
    not positive, or a word for a side or a corner is unknown.
    """

    id: str
    panels: tuple[Panel, ...]
    columns: int = 1
    width: float = 15.5
    height: float = 6.0

    def __post_init__(self) -> None:
        """Check that the data fit together."""
        check_id(self.id)
        if not self.panels or self.columns < 1:
            raise ValueError(f"figure {self.id}: a plot needs a panel and a column")
        for panel in self.panels:
            _check_panel(panel, self.id)


_CORNERS = ("top right", "top left", "bottom right", "bottom left", "below", None)


def _check_panel(panel: Panel, figure: str) -> None:
    if panel.legend not in _CORNERS:
        raise ValueError(f"figure {figure}: unknown place of a legend: {panel.legend!r}")
    for limits, log in ((panel.x_limits, panel.x_log), (panel.y_limits, panel.y_log)):
        if limits is None:
            continue
        low, high = limits
        if not (isfinite(low) and isfinite(high) and low < high):
            raise ValueError(f"figure {figure}: limits {limits} are not low < high")
        if log and low <= 0:
            raise ValueError(f"figure {figure}: a logarithmic axis cannot begin at {low}")
    for item in panel.items:
        _check_item(item, panel, figure)


def _check_item(item: Curve | Bars | Heat | Reference | Mark, panel: Panel, figure: str) -> None:
    if isinstance(item, Curve):
        curves = (item.y, *(item.band or ()))
        if any(len(curve) != len(item.x) for curve in curves):
            raise ValueError(f"figure {figure}: a curve has {len(item.x)} x, but not as many y")
        check_colour(item.colour, figure)
    elif isinstance(item, Bars):
        _check_bars(item, panel, figure)
    elif isinstance(item, Heat):
        if len(item.values) != len(item.y) or any(len(row) != len(item.x) for row in item.values):
            raise ValueError(
                f"figure {figure}: a heat map needs {len(item.y)} rows of {len(item.x)} values"
            )
        if len(item.x) < 2 or len(item.y) < 2 or panel.x_log or panel.y_log:
            raise ValueError(f"figure {figure}: a heat map needs 2 × 2 values and linear axes")
    elif isinstance(item, Reference):
        if item.axis not in ("x", "y"):
            raise ValueError(
                f"figure {figure}: a reference line has axis x or y, not {item.axis!r}"
            )
        if not isfinite(item.value):
            raise ValueError(f"figure {figure}: a reference line at {item.value}")
        if item.value <= 0 and (panel.x_log if item.axis == "x" else panel.y_log):
            raise ValueError(f"figure {figure}: {item.value} is not on a logarithmic axis")
    else:
        if item.align not in ("left", "right", "above", "below"):
            raise ValueError(f"figure {figure}: unknown side of a mark: {item.align!r}")
        check_colour(item.colour, figure)


def _check_bars(item: Bars, panel: Panel, figure: str) -> None:
    count = len(item.x)
    if len(item.heights) != count or len(item.colours) not in (1, count):
        raise ValueError(
            f"figure {figure}: {count} bars need {count} heights and 1 or {count} colours"
        )
    if item.labels and len(item.labels) != count:
        raise ValueError(f"figure {figure}: {count} bars, but {len(item.labels)} labels")
    if panel.y_log:
        raise ValueError(f"figure {figure}: bars begin at zero, which a logarithmic axis lacks")
    for colour in item.colours:
        check_colour(colour, figure)
