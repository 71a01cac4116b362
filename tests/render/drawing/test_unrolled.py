"""The unrolled network: its nodes, arrows and gradient paths for any cell."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import hypot

import pytest

from derive.bptt.derivation import Derivation
from derive.catalogue import load
from derive.chapters.figures.unrolled import (
    GradientPaths,
    Link,
    VectorRow,
    unrolled_network,
)
from derive.chapters.network import picture
from derive.document.figures import Diagram, Edge, Node, NodeRole, Style
from derive.expressions.elision import shown_steps
from derive.render.drawing.graph import graph_scene
from derive.render.drawing.scene import Words
from derive.typesetting.palette import step_colours
from tests.render.drawing.samples import ELMAN, JORDAN, LSTM, network, parameter, symbols, typeset


def backward(diagram: Diagram, colour: str) -> list[tuple[str, str]]:
    """Return the pieces of the gradient path in this colour."""
    return [(edge.src, edge.dst) for edge in diagram.edges if edge.colour == colour]


@pytest.mark.parametrize("horizon", [1, 2, 3, 5])
def test_short_networks_are_drawn_whole(horizon: int) -> None:
    diagram = network(horizon=horizon, paths=False)
    ids = {node.id for node in diagram.nodes}
    steps = range(1, horizon + 1)
    assert ids == {"s-0"} | {f"{row}-{t}" for row in "xsoL" for t in steps}
    joined = {(edge.src, edge.dst) for edge in diagram.edges}
    assert joined == {
        pair
        for t in steps
        for pair in (
            (f"x-{t}", f"s-{t}"),
            (f"s-{t - 1}", f"s-{t}"),
            (f"s-{t}", f"o-{t}"),
            (f"o-{t}", f"L-{t}"),
        )
    }


@pytest.mark.parametrize("horizon", [6, 10, 100, 1000])
def test_long_networks_have_dots(horizon: int) -> None:
    diagram = network(horizon=horizon, paths=False)
    assert shown_steps(horizon) == (1, 2, horizon - 1, horizon)
    assert [node.id for node in diagram.nodes if node.role is NodeRole.DOTS] == [
        "x-dots",
        "s-dots",
        "o-dots",
        "L-dots",
    ]
    joined = {(edge.src, edge.dst) for edge in diagram.edges}
    assert {("s-2", "s-dots"), ("s-dots", f"s-{horizon - 1}")} <= joined
    assert len(diagram.nodes) == 21


def test_every_step_and_parameter_is_labelled() -> None:
    words = [w.text for w in graph_scene(network(), typeset).items if isinstance(w, Words)]
    for t in (1, 2, 3):
        for row in "xsoL":
            assert f"${row}_{{{t}}}$" in words
        assert f"$k = {t}$" in words
    assert words.count("$W$") == words.count("$U$") == words.count("$V$") == 3
    assert "$s_{0}$" in words


def test_gradient_path_of_the_simple_network() -> None:
    diagram, colours = network(), step_colours(3)
    assert backward(diagram, colours[3]) == [("L-3", "o-3"), ("o-3", "s-3")]
    assert backward(diagram, colours[1]) == [
        ("L-3", "o-3"),
        ("o-3", "s-3"),
        ("s-3", "s-2"),
        ("s-2", "s-1"),
    ]
    heads = [edge for edge in diagram.edges if edge.colour and edge.head]
    assert {edge.dst for edge in heads} == {"s-1", "s-2", "s-3"}
    assert all(edge.style is Style.DASHED for edge in diagram.edges if edge.colour)


def test_gradient_path_runs_through_the_outputs_of_a_jordan_network() -> None:
    diagram = network(JORDAN, 3)
    assert backward(diagram, step_colours(3)[2])[-2:] == [("s-3", "o-2"), ("o-2", "s-2")]
    assert "o-0" in {node.id for node in diagram.nodes}
    assert "s-0" not in {node.id for node in diagram.nodes}


def test_gradient_path_runs_along_the_cell_state() -> None:
    diagram = network(LSTM, 10, "ch")
    path = backward(diagram, step_colours(10)[1])
    assert path[:4] == [("L-10", "o-10"), ("o-10", "h-10"), ("h-10", "c-10"), ("c-10", "c-9")]
    assert path[-3:] == [("c-9", "c-dots"), ("c-dots", "c-2"), ("c-2", "c-1")]


@pytest.mark.parametrize("horizon", [2, 3, 5, 100])
def test_paths_next_to_each_other_do_not_meet(horizon: int) -> None:
    lanes: dict[tuple[str, str], list[float]] = {}
    for edge in network(horizon=horizon).edges:
        if edge.colour:
            lanes.setdefault((edge.src, edge.dst), []).append(edge.offset)
    for offsets in lanes.values():
        ordered = sorted(offsets)
        assert min([b - a for a, b in pairwise(ordered)], default=1) > 0.05
        assert ordered[0] > 0.1


@pytest.mark.parametrize(("used", "at_arrow"), [("W", True), ("U", False)])
def test_the_label_of_a_path_stands_at_the_arrow_of_its_use(used: str, at_arrow: bool) -> None:
    """Below the middle of the arrow from the step before, or beside the state that an input enters."""
    paths = GradientPaths(step_colours(3), lambda k: f"use {k}", parameter=used)
    diagram = network(contributions=paths)
    at = {node.id: (node.x, node.y) for node in diagram.nodes}
    for k in (1, 2, 3):
        (before, _), (end, row) = at[f"s-{k - 1}" if k > 1 else "s-0"], at[f"s-{k}"]
        x, y = at[f"path-{k}"]
        assert y < row
        assert x == pytest.approx((before + end) / 2) if at_arrow else x > end


@pytest.mark.parametrize("cell", ["lstm", "lstm_peephole", "gru"])
def test_the_label_of_a_path_is_nearest_to_the_arrow_on_which_the_parameter_acts(cell: str) -> None:
    """Of the arrows from step to step: W_i of the LSTM multiplies h, not the cell state."""
    derivation = Derivation(load(cell), 3)
    used = next(p for p in derivation.cell.parameters if p.name.startswith("W"))
    (end,) = {e.variable.name for e in derivation.cell.equations if e.variable.name in "cs"}
    paths = GradientPaths(step_colours(3), lambda k: f"use {k}", end, parameter=used.name)
    diagram = picture(derivation.cell, 3, "paths", paths)
    at = {node.id: (node.x, node.y) for node in diagram.nodes}
    start = "s" if cell == "gru" else "h"
    for k in (1, 2, 3):
        steps = [
            edge for edge in diagram.edges
            if not edge.colour and edge.src.endswith(f"-{k - 1}") and edge.dst.endswith(f"-{k}")
        ]  # fmt: skip
        nearest = min(steps, key=lambda e: _distance(at[f"path-{k}"], at[e.src], at[e.dst]))
        assert (nearest.src, nearest.dst) == (f"{start}-{k - 1}", f"{end}-{k}")


def _distance(point: tuple[float, float], a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return how far a point is from the line from one to another that it stands beside."""
    (x, y), (dx, dy) = (point[0] - a[0], point[1] - a[1]), (b[0] - a[0], b[1] - a[1])
    along = min(max((x * dx + y * dy) / (dx * dx + dy * dy), 0.0), 1.0)
    return hypot(x - along * dx, y - along * dy)


def test_arrow_that_skips_a_row_goes_round_it() -> None:
    diagram = network(LSTM, 3, "ch")
    bent = {(edge.src, edge.dst) for edge in diagram.edges if edge.bend}
    assert bent == {("x-1", "h-1"), ("x-2", "h-2"), ("x-3", "h-3")}


def test_loss_of_the_last_step_only() -> None:
    diagram = build(loss_steps={3})
    assert [node.id for node in diagram.nodes if node.role is NodeRole.LOSS] == ["L-3"]


def build(**changes: object) -> Diagram:
    """Return a small network with some arguments replaced."""
    arguments: dict[str, object] = {
        "inputs": VectorRow("x", symbols("x")),
        "states": [VectorRow("s", symbols("s"))],
        "output": VectorRow("o", symbols("o")),
        "loss": VectorRow("L", symbols("L")),
        "links": ELMAN,
        "parameter": parameter,
    }
    return unrolled_network("small", 3, **(arguments | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"states": []}, "a state"),
        ({"output": VectorRow("s", symbols("o"))}, "different names"),
        ({"links": [Link("x", "nowhere")]}, "does not join"),
        ({"links": [Link("x", "s", lag=2)]}, "does not join"),
        ({"contributions": GradientPaths({7: "1069A3"}, str)}, "not shown"),
        ({"contributions": GradientPaths({0: "1069A3"}, str)}, "not shown"),
        ({"contributions": GradientPaths({1: "1069A3"}, str), "loss": None, "links": []}, "begin"),
        ({"contributions": GradientPaths({1: "1069A3"}, str), "loss_steps": {1}}, "begin"),
        ({"contributions": GradientPaths({1: "blue"}, str)}, "RRGGBB"),
    ],
)
def test_what_makes_no_network_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build(**changes)


def test_no_step_is_refused() -> None:
    with pytest.raises(ValueError, match="T = 0"):
        network(horizon=0)


def test_diagram_refuses_what_does_not_fit() -> None:
    node = Node("a", 0, 0, "a", NodeRole.STATE)
    for nodes, edges, message in (
        ((node, node), (), "twice"),
        ((node,), (Edge("a", "b"),), "unknown node 'b'"),
        ((node,), (Edge("a", "a"),), "itself"),
        ((replace(node, colour="#fff"),), (), "RRGGBB"),
    ):
        with pytest.raises(ValueError, match=message):
            Diagram("d", nodes, edges)
    with pytest.raises(ValueError, match="figure id"):
        Diagram("../d", (node,), ())


def test_a_contribution_that_reaches_nothing_has_no_path() -> None:
    one = GradientPaths({1: "1069A3"}, str)
    assert any(edge.style is Style.DASHED for edge in build(contributions=one).edges)
    cut = build(contributions=one, links=ELMAN[1:3])
    assert not any(edge.style is Style.DASHED for edge in cut.edges)
