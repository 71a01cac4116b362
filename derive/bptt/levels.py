"""Levels of a nested forward pass: a quantity of a step, written in the states of the step before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from sympy import Basic, Integer, MatrixExpr

from derive.cells.cell import Cell
from derive.expressions.algebra import Plus, Times
from derive.expressions.functions import Apply, Softmax
from derive.expressions.quantities import At, t
from derive.expressions.rewrite import rebuilt, substituted
from derive.expressions.sums import instantiate
from derive.expressions.walk import hashed, series_in

_PLAIN = frozenset({Times, Plus, Apply, Softmax})
"""Nodes that are their operands and no more: over others of the same shapes there is nothing to ask."""

Maker: TypeAlias = Callable[[int, list[Any]], Basic]
"""Makes a node of a step over the nodes made before it, of which its operands are some."""


class Level:
    """A quantity of step t in the states of the step before, made for any step.

    A step has few nodes and a pass many steps: what they have in common is looked at once.
    """

    def __init__(self, expr: MatrixExpr) -> None:
        self._nodes: list[tuple[Basic, Maker]] = []
        places: dict[int, int] = {}
        waiting = [(expr, False)]
        while waiting:
            node, entered = waiting.pop()
            if id(node) in places:
                continue
            if isinstance(node, At) or t not in node.free_symbols:
                made = _leaf(node)
            elif entered:
                made = _over(node, [places[id(a)] for a in node.args])
            else:
                waiting.append((node, True))
                waiting.extend((operand, False) for operand in reversed(node.args))
                continue
            places[id(node)] = len(self._nodes)
            self._nodes.append((node, made))

    def at(self, step: int, before: Mapping[Basic, Basic]) -> MatrixExpr:
        """Return the quantity of a step over what stands for the states before it."""
        nodes: list[Any] = []
        for node, made in self._nodes:
            value = before[node] if node in before else made(step, nodes)
            # SymPy hashes by recursion and keeps the hash: asked for each node, it stays flat.
            hash(value)
            nodes.append(value)
        return nodes[-1]


def _leaf(node: Any) -> Maker:
    """Return how a quantity is made at its step; what does not depend on the step is itself."""
    if t not in node.free_symbols:
        return lambda step, nodes: node
    lag = node.indices[0] - t
    if len(node.indices) == 1 and lag.is_Integer:
        series, shift = node.series, int(lag)
        return lambda step, nodes: At(series, Integer(step + shift))
    return lambda step, nodes: instantiate(node, {t: step})


def _over(node: Basic, places: list[int]) -> Maker:
    if (kind := type(node)) in _PLAIN:
        return lambda step, nodes: Basic.__new__(kind, *[nodes[place] for place in places])
    return lambda step, nodes: rebuilt(node, [nodes[place] for place in places])


class Levels:
    """What a step of a cell writes in the states before it, down to those of step ``floor``."""

    def __init__(self, cell: Cell, floor: int) -> None:
        values: dict[Basic, Any] = {}
        for equation in cell.equations:
            reads = {read: values[read] for read in series_in(equation.expr) if read in values}
            values[equation.left] = hashed(substituted(equation.expr, reads))
        self._values, self._floor = values, floor
        self._levels = {state: Level(values[state[t]]) for state in cell.states}
        self._before: list[dict[Basic, Basic]] = [{s[t - 1]: s[floor] for s in cell.states}]
        self._reads = {state: state[t - 1] for state in cell.states}

    def of(self, at: At) -> Any:
        """Return a quantity over the states of step ``floor``; the states between are made once."""
        last, reads = int(at.indices[0]), self._reads
        for step in range(self._floor + len(self._before), last):
            before = self._before[-1]
            self._before.append({reads[s]: one.at(step, before) for s, one in self._levels.items()})
        before = self._before[last - self._floor - 1]
        return Level(self._values[at.series[t]]).at(last, before)


_levels = lru_cache(maxsize=4)(Levels)


def nested(cell: Cell, at: At, floor: int = 0) -> Any:
    """Return a quantity by substitution down to the states of step ``floor``.

    Built upwards from there, so that step t reuses the expression of step t − 1: the result is a
    graph of O(t) nodes.
    """
    return _levels(cell, floor).of(at)
