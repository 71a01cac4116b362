"""Pictures of ways, blocks, a cliff and a window are refused where they show something else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from derive.bptt.derivation import Derivation
from derive.chapters.cliff import cliffs
from derive.chapters.context import Context
from derive.chapters.figures.links import MOST_NAMES
from derive.chapters.figures.matrices import factors, outer_blocks
from derive.chapters.figures.unrolled import GradientPaths
from derive.chapters.figures.ways import highway, two_arrows
from derive.chapters.gradients import pictured
from derive.chapters.horizons import horizons
from derive.chapters.network import leading, picture
from derive.checks.blocks import require_blocks_of
from derive.checks.loaded import load
from derive.checks.network import require_network, require_paths, require_window
from derive.checks.verify import Verifier
from derive.checks.ways import require_back, require_ways
from derive.document.blocks import FigureBlock
from derive.document.diagram import Diagram, Edge, NodeRole
from derive.errors import CheckError
from derive.expressions.derivatives import Partial
from derive.expressions.equation import Equation
from derive.expressions.quantities import Parameter, ParameterCopy, t
from derive.gradientflow.alongweight import loss_along, require_cliff, slope_at
from derive.gradientflow.carousel import Carousel, carousels
from derive.gradientflow.cliff import Cliff, cliff
from derive.numerics.sample import samples
from derive.publishing.colours import described
from derive.publishing.horizoned import require_horizons
from derive.typesetting.palette import step_colours
from tests import ROOT

LITERATURE = ROOT / "tests" / "catalogue" / "literature"


@cache
def derived(cell: str) -> Derivation:
    """Return a derivation over three steps."""
    return Derivation(load(cell), 3)


# -- the two arrows


def arrows(cell: str) -> tuple[Diagram, Equation]:
    """Return the picture of a cell's two arrows, and the lines that it belongs to."""
    d = derived(cell)
    return two_arrows("arrows", d.cell, d.shared.state), d.lines.recursion_of_state()


@pytest.mark.parametrize("cell", ["elman", "lstm", "jordan", "two_layer"])
def test_two_arrows_are_those_of_the_recursion(cell: str) -> None:
    require_back(*arrows(cell))


def _edges(diagram: Diagram, change: Callable[[Edge], Edge | None]) -> Diagram:
    made = [change(edge) for edge in diagram.edges]
    return replace(diagram, edges=tuple(edge for edge in made if edge is not None))


def _turned(edge: Edge) -> Edge:
    """Return the derivative the other way round."""
    labels = [Partial(p.den, p.num) if isinstance(p, Partial) else p for p in edge.labels]
    return replace(edge, labels=tuple(labels))


def _reversed(edge: Edge) -> Edge:
    return replace(edge, src=edge.dst, dst=edge.src) if edge.colour else edge


def _lost(edge: Edge) -> Edge | None:
    return None if edge.colour and edge.src == "loss" else edge


@pytest.mark.parametrize("change", [_turned, _reversed, _lost])
def test_other_arrows_are_refused(change: Callable[[Edge], Edge | None]) -> None:
    diagram, lines = arrows("elman")
    with pytest.raises(CheckError, match="figure arrows does not show what it is about"):
        require_back(_edges(diagram, change), lines)


def test_arrows_of_another_step_are_refused() -> None:
    diagram, lines = arrows("elman")
    state = derived("elman").shared.state
    nodes = tuple(replace(n, label=state[t - 1]) if n.id == "next" else n for n in diagram.nodes)
    with pytest.raises(CheckError, match="does not show what it is about"):
        require_back(replace(diagram, nodes=nodes), lines)


# -- the ways through a state that is handed on


def way_of(cell: str) -> Iterator[tuple[Diagram, Equation, Carousel]]:
    """Yield the picture for each state that is handed on."""
    for one in carousels(derived(cell)):
        yield highway("highway", one), one.over_the_shortest(), one


def _require(diagram: Diagram, lines: Equation, one: Carousel) -> None:
    require_ways(diagram, lines, {one.block[i]: one.handed_on(i) for i in (t, t - 1)})


@pytest.mark.parametrize("cell", ["lstm", "lstm_coupled"])
def test_ways_are_the_terms_of_two_steps(cell: str) -> None:
    found = [*way_of(cell)]
    assert found
    for one in found:
        _require(*one)


def _of_one_step(edge: Edge) -> Edge:
    """Return the factor of the step before on both arrows."""
    return replace(edge, labels=_first_labels()) if edge.src == "between" else edge


def _first_labels() -> tuple[object, ...]:
    ((diagram, *_),) = way_of("lstm")
    return next(edge.labels for edge in diagram.edges if edge.src == "first")


def _cut(edge: Edge) -> Edge | None:
    return None if edge.src.startswith("other") else edge


def _shortcut(edge: Edge) -> Edge:
    return replace(edge, dst="last") if edge.dst == "between" else edge


@pytest.mark.parametrize("change", [_of_one_step, _cut, _shortcut])
def test_other_ways_are_refused(change: Callable[[Edge], Edge | None]) -> None:
    ((diagram, lines, one),) = way_of("lstm")
    with pytest.raises(CheckError, match="its ways are"):
        _require(_edges(diagram, change), lines, one)


# -- blocks


def blocks() -> tuple[Diagram, Equation]:
    """Return the blocks of a contribution to the gradient by the input weights: not square."""
    d = derived("elman")
    contribution = d.substitution.contributions(d.cell.parameters[0])
    return outer_blocks("blocks", contribution), contribution


def test_blocks_have_the_shapes_of_the_sides() -> None:
    require_blocks_of(*blocks())


def _node(diagram: Diagram, name: str, **change: object) -> Diagram:
    nodes = tuple(replace(n, **change) if n.id == name else n for n in diagram.nodes)  # type: ignore[arg-type]
    return replace(diagram, nodes=nodes)


def test_blocks_that_show_something_else_are_refused() -> None:
    diagram, lines = blocks()
    labels = {node.id: node.label for node in diagram.nodes}
    sizes = {node.id: node.size for node in diagram.nodes if node.role is NodeRole.BLOCK}
    wide, high = sizes["gradient"] or (0.0, 0.0)
    wrong = {
        "its blocks are": _node(diagram, "row", label=labels["column"]),
        "not drawn in its shape": _node(diagram, "gradient", size=(high, wide)),
        "stands below": _node(diagram, "row-shape", label=labels["column-shape"]),
    }
    for problem, other in wrong.items():
        with pytest.raises(CheckError, match=problem):
            require_blocks_of(other, lines)


def test_what_has_no_short_name_is_not_drawn_as_blocks() -> None:
    path = Path(__file__).parents[1] / "catalogue/literature/stacked_input.toml"
    d = derived(str(path))
    W = next(p for p in d.cell.parameters if d.shared.recurrent_uses(p))
    assert factors(d.substitution.contributions(W)) is None


def test_only_a_column_times_a_row_is_drawn_as_blocks() -> None:
    d = derived("elman")
    total = d.recursion.accumulated(d.cell.parameters[0])
    assert factors(total) is None
    with pytest.raises(ValueError, match="no product of a column and a row"):
        outer_blocks("blocks", total)


# -- the cliff


@cache
def made() -> Cliff:
    """Return the loss along the weight."""
    return cliff()


def test_the_loss_along_the_weight_has_a_cliff() -> None:
    require_cliff(made())
    start, loss = made().steepest
    # Far from it the loss is flat: that is what makes one limit for all places useful.
    assert abs(slope_at(start)) > 20 * abs(slope_at(float(made().weights[-1])))
    assert loss > made().plain[1] > made().clipped[1]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda c: {"losses": c.losses * 1.001}, "the curve is not the loss"),
        (lambda c: {"slope": -c.slope}, "the slope at"),
        (lambda c: {"clipped": c.plain}, "the clipped point"),
        (lambda c: {"plain": (c.plain[0], c.plain[1] * 1.01)}, "the plain point"),
        (lambda c: {"plain": c.steepest}, "does not pass"),
        (lambda c: {"steepest": (1.0, float(loss_along(1.0)))}, "not steepest at 1"),
    ],
)
def test_another_cliff_is_refused(
    change: Callable[[Cliff], dict[str, object]], problem: str
) -> None:
    with pytest.raises(CheckError, match=problem):
        require_cliff(replace(made(), **change(made())))  # type: ignore[arg-type]


def test_the_picture_of_the_cliff_is_that_of_the_numbers() -> None:
    (figure,) = [b.figure for b in cliffs() if isinstance(b, FigureBlock)]
    (panel,) = figure.panels  # type: ignore[union-attr]
    curve, *marks = panel.items
    assert np.allclose(curve.y, loss_along(np.array(curve.x)))  # type: ignore[union-attr]
    assert [(m.x, m.y) for m in marks] == [made().steepest, made().plain, made().clipped]  # type: ignore[union-attr]


# -- the window


def window(left: tuple[int, ...], steps: tuple[int, ...] = (1, 4, 5)) -> Diagram:
    """Return the picture of the paths to some steps, of which some are left out."""
    cell = derived("elman").cell
    W: Parameter = cell.parameters[1]
    colours = step_colours(5)
    shown = {s: colours[s] for s in steps}
    paths = GradientPaths(shown, lambda s: ParameterCopy(W, s), left=left, parameter="W")
    return picture(cell, 5, "window", paths)


def test_a_window_follows_its_last_steps() -> None:
    require_window(window((1,)), 5, 2)


@pytest.mark.parametrize(
    ("left", "steps", "width"),
    [((), (1, 4, 5), 2), ((1, 4), (1, 4, 5), 2), ((1,), (1, 4, 5), 3), ((1,), (1, 3, 5), 2)],
)
def test_another_window_is_refused(
    left: tuple[int, ...], steps: tuple[int, ...], width: int
) -> None:
    with pytest.raises(CheckError, match="figure window follows the paths to the steps"):
        require_window(window(left, steps), 5, width)


# -- labels of paths


@pytest.mark.parametrize("to", ["s-3", "s-1"])
def test_a_label_at_the_arrow_of_another_step_is_refused(to: str) -> None:
    """The copy for step 2 is used on the arrow from the state of step 1."""
    cell = load("elman")
    W = cell.parameters[1]
    uses = GradientPaths(step_colours(3), lambda s: ParameterCopy(W, s), parameter="W")
    made = picture(cell, 3, "paths", uses)
    require_network(made, cell, 3, step_colours(3), MOST_NAMES)
    x = {node.id: node.x for node in made.nodes}
    moved = tuple(
        replace(n, x=x[to] - (x["s-2"] - x["s-1"]) / 2) if n.id == "path-2" else n
        for n in made.nodes
    )
    with pytest.raises(CheckError, match="the label of step 2 does not stand at the arrow"):
        require_network(replace(made, nodes=moved), cell, 3, step_colours(3), MOST_NAMES)


# -- a path to each contribution


@pytest.mark.parametrize(
    ("name", "shown"), [("phased_lstm", [1, 2, 3]), ("late_read_out", [1, 2]), ("gru", [1, 2, 3])]
)
def test_each_contribution_that_is_not_zero_has_a_path(name: str, shown: list[int]) -> None:
    """A parameter may enter several states, of which the loss of its step reads only some."""
    file = LITERATURE / f"{name}.toml"
    cell = load(str(file) if file.exists() else name)
    c = Context(Verifier(Derivation(cell, 3), samples(cell, 3, 0)), 0)
    made = pictured(c, leading(c), "paths-3").figure
    assert isinstance(made, Diagram)
    copies = [n.label for n in made.nodes if isinstance(n.label, ParameterCopy)]
    assert [int(copy.args[1]) for copy in copies] == shown
    value = c.verifier.evaluators[-1].value
    require_paths(made, leading(c), cell.loss_series[3], range(1, 4), value)
    for copy in copies:
        fewer = replace(made, nodes=tuple(n for n in made.nodes if n.label != copy))
        with pytest.raises(CheckError, match=f"has no path to {re.escape(str(copy))}"):
            require_paths(fewer, leading(c), cell.loss_series[3], range(1, 4), value)


SHARED = """
name = "shared"
inputs = { x = "d" }
states = { h = "n", g = "n" }
equations = '''
u[t] = sigmoid(U*x[t] + W*h[t-1])
h[t] = u[t] .* h[t-1] + (1 - u[t]) .* tanh(g[t-1])
g[t] = tanh(R*x[t] + W*g[t-1] + M*h[t-1])
z[t] = V*g[t]
'''
output = "softmax"
initial = "zero"
[parameters]
"U R" = "n d"
"W M" = "n n"
V = "m n"
"""


def test_what_two_states_share_has_its_path_through_the_one_that_the_loss_reads(
    tmp_path: Path,
) -> None:
    """The first of them is handed on only, and the loss of a step knows the weights by the second."""
    file = tmp_path / "shared.toml"
    file.write_text(SHARED, encoding="utf-8")
    cell = load(str(file))
    c = Context(Verifier(Derivation(cell, 2), samples(cell, 2, 0)), 0)
    assert leading(c).name == "W"
    made = pictured(c, leading(c), "paths-2").figure
    assert isinstance(made, Diagram)
    copies = [n.label for n in made.nodes if isinstance(n.label, ParameterCopy)]
    assert [int(copy.args[1]) for copy in copies] == [1, 2]


def test_a_page_may_show_steps_from_which_nothing_reaches_the_loss() -> None:
    """Where the logits read the state before alone, one step has no path."""
    cell = load(str(LITERATURE / "late_read_out.toml"))
    found = horizons(cell, 0)
    assert not [*described(found[1].document)]
    require_horizons(found)


# -- paths that go round a row


def test_a_path_goes_round_what_its_arrow_goes_round() -> None:
    d = Derivation(load(str(Path(__file__).parent / "averaged.toml")), 3)
    made = paths(d)
    bent = [edge for edge in made.edges if edge.colour and edge.bend]
    assert bent
    straight = _edges(made, lambda e: replace(e, bend=0.0) if e.colour else e)
    with pytest.raises(CheckError, match="does not go back along its arrows"):
        require_network(straight, d.cell, 3, step_colours(3), MOST_NAMES)


def paths(d: Derivation) -> Diagram:
    """Return the picture of the paths to all uses of the first recurrent parameter."""
    W = next(p for p in d.cell.parameters if d.shared.recurrent_uses(p))
    return picture(
        d.cell, 3, "paths", GradientPaths(step_colours(3), lambda s: ParameterCopy(W, s))
    )
