"""Ids of equations, read: what an id says must stand on the left side of its equation.

An id is what people ask for, and what documents print. It is read here by a table of its own, which
knows nothing of what made it: of which quantity an equation is, of which step, and in which form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sympy import Basic

from derive.cells.cell import Cell
from derive.expressions.components import Component
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import Equation, identifier
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import At, Parameter, ParameterCopy, Series
from derive.expressions.shown import Coloured
from derive.expressions.sums import Expanded, TimeSum
from derive.expressions.walk import atoms_of
from derive.typesetting.lettering import letter_of

IDS: tuple[tuple[str, str], ...] = (
    # One step
    (r"forward-(?P<v>.+)", "{v}[t]"),
    (r"lagged-(?P<v>.+)", "{v}[t]"),
    (r"step-(?P<n>\d+)-(?P<v>.+)", "{v}[{n}]"),
    (r"nested-(?P<n>\d+)", "output[{n}]"),
    (r"loss-step", "loss[t]"),
    (r"loss-total", "total"),
    (r"loss-output", "loss[t] d output[t]"),
    (r"output-logits", "output[t] d logits[t]"),
    (r"loss-logits(-general)?|steps-residual", "loss[t] d logits[t]"),
    (r"loss-state", "loss[t] d state[t]"),
    (r"stacked", "state[t]"),
    # Entry by entry
    (r"entries-softmax", "output[t]"),
    (r"entries-softmax-jacobian", "output[t] d logits[t]"),
    (r"entries-loss", "loss[t] d output[t]"),
    (r"entries-outer-(?P<p>.+)", "loss[T] g {p} used k|loss[t] g {p}"),
    # Jacobians
    (r"(steps-)?step-jacobian", "state[j] d state[j - 1]"),
    (r"diagonal-(?P<v>.+)", "{v}[t] d *[t]|{v}[t] d *[t - 1]"),
    (r"into-(?P<v>.+)", "state[k] d {v}[k]"),
    (r"part-(?P<v>.+)-(?P<w>.+)", "{v}[t] d {w}[t]"),
    (r"(steps-)?block-(?P<v>.+)-(?P<w>.+)", "{v}[j] d {w}[j - 1]"),
    # Gradients of the loss of a step
    (r"grad-(?P<p>.+)-terms-(?P<n>\d+)", "loss[{n}] d {p}; spelled"),
    (r"grad-(?P<p>.+)-sum-(?P<n>\d+)", "loss[{n}] d {p}; summed"),
    (r"grad-(?P<p>.+)-sum", "loss[t] d {p}; summed"),
    (r"grad-(?P<p>.+)-substituted-(?P<n>\d+)", "loss[{n}] g {p}"),
    (r"grad-(?P<p>.+)-substituted", "loss[t] g {p}"),
    (r"steps-through-(?P<p>.+)", "loss[last] d {p}"),
    (r"steps-unrolled-(?P<p>.+)", "state[*] d {p}"),
    (r"(?P<a>.+)-lag-(?P<n>\d+)-(?P<m>\d+)", "loss[{n}] g *[{m}]; adjoint {a}"),
    (r"(steps-)?(?P<a>.+)-lag", "loss[t] g *[k]; adjoint {a}"),
    # Contributions
    (r"grad-(?P<p>.+)-first", "loss[T] g {p} used 1"),
    (r"grad-(?P<p>.+)-contributions", "loss[T] g {p} used k"),
    (r"grad-(?P<p>.+)-contribution-(?P<n>\d+)-(?P<m>\d+)", "loss[{n}] g {p} used {m}"),
    (r"grad-(?P<p>.+)-full-(?P<m>\d+)", "loss[last] g {p} used {m}"),
    # Gradients of the total loss
    (r"grad-(?P<p>.+)-total", "total d {p}"),
    (r"grad-(?P<p>.+)-last", "total g {p}"),
    (r"steps-recursion", "total d state[t]"),
    (r"(?P<a>.+)-recursion", "total g *[t]; adjoint {a}"),
    (r"(?P<a>.+)-end", "{a}[T + 1]"),
    (r"steps-added-(?P<p>.+)", "total g {p}"),
    (r"arrives-(?P<v>.+)|steps-summed-(?P<w>.+)", "total g {v}{w}[t]"),
    (r"grad-(?P<p>.+)", "total g {p}"),
    # The example
    (r"example-total-(?P<p>.+)", "total g {p}"),
)  # fmt: skip
"""Ids behind the name of the network, and what stands on the left: the first that fits counts.

``d`` is a derivative and ``g`` a gradient; ``last`` is the last step of the derivation, ``*`` is any
quantity or step, and ``|`` parts what may stand there.
"""

SHARED = "each"
"""A word in the ids of equations that gates share, whose members are compared one by one."""


@dataclass(frozen=True)
class Left:
    """What stands on the left side of an equation: a value, or what is differentiated by what."""

    value: str
    how: str = ""
    by: str = ""

    def __str__(self) -> str:
        return f"{self.value} {self.how} {self.by}".strip()


def misnamed(equation: Equation, cell: Cell, last: int) -> str | None:
    """Return what an id says that is not so, None if all is; ids of another kind say nothing."""
    name = equation.id.removeprefix(f"{cell.name}-")
    if name == equation.id or SHARED in name:
        return None
    for pattern, meaning in IDS:
        if found := re.fullmatch(pattern, name):
            parts = {key: value or "" for key, value in found.groupdict().items()}
            meant, _, form = meaning.format(**parts).partition("; ")
            said = [*_spelled(equation.left, cell, last)]
            if not any(_fits(one, other) for one in meant.split("|") for other in said):
                return f"{said[0]} stands on its left, where {meant} is meant"
            return _unformed(equation, form)
    return None


def _fits(meant: str, said: str) -> bool:
    return re.fullmatch(re.escape(meant).replace(r"\*", r"\w+"), said) is not None


def _unformed(equation: Equation, form: str) -> str | None:
    """Return what is wrong with the form of a right side, None if nothing is."""
    kind, _, word = form.partition(" ")
    if kind == "adjoint":
        found = [*_adjoints(equation)]
        return None if word in found else f"it is of {' and '.join(found) or 'no adjoint'}"
    written = [*atoms_of(equation.right, (Expanded, Coloured))]
    sums = {*atoms_of(equation.right, TimeSum)}
    for one in written:
        sums -= {*atoms_of(one, TimeSum)}
    if form == "spelled" and sums:
        return "it has a sum that is not written out"
    if form == "summed" and written:
        return "it is written out"
    named = (one for one in atoms_of(equation.right, Introduced) if one.role is not Role.STACK)
    if form in ("spelled", "summed") and any(named):
        return "it has quantities of the derivation"
    return None


def _spelled(left: Basic, cell: Cell, last: int) -> Iterator[str]:
    """Yield the ways in which a left side is spelled in the table; an entry as what it is one of."""
    if isinstance(left, Component):
        left = left.args[0]
    if not isinstance(left, Partial | Gradient):
        yield from _values(left, cell, last)
        return
    how = "g" if isinstance(left, Gradient) else "d"
    for value in _values(left.num, cell, last):
        for by in _values(left.den, cell, last):
            yield str(Left(value, how, by))


def _values(expr: Basic, cell: Cell, last: int) -> Iterator[str]:
    """Yield what a quantity is called: by its name, and by its role."""
    if isinstance(expr, Component):
        expr = expr.args[0]
    if expr == cell.total:
        yield "total"
    elif isinstance(expr, Parameter):
        yield identifier(expr.name)
    elif isinstance(expr, ParameterCopy):
        yield f"{identifier(expr.args[0].name)} used {expr.args[1]}"
    elif isinstance(expr, At):
        index = ", ".join(map(str, expr.indices))
        for name in _names(expr.series, cell):
            yield f"{name}[{index}]"
            if index == str(last):
                yield f"{name}[last]"
            # An initial state is called by its letter, an input by its name.
            yield (
                f"{name}0" if index == "0" else name if index in ("t", "k") else f"{name}[{index}]"
            )
    else:
        yield "another expression"


def _names(series: Series, cell: Cell) -> Iterator[str]:
    """Yield what a series is called in the table: its role in the cell, and its name."""
    roles = {cell.loss_series: "loss", cell.output: "output", cell.logits: "logits"}
    if series in roles:
        yield roles[series]
    # Where states are matrices no single one is the state.
    if not cell.has_matrices and series == cell.state:
        yield "state"
    if isinstance(series, Introduced):
        yield from _words(series)
    else:
        yield identifier(series.name)


def _words(series: Introduced) -> Iterator[str]:
    """Yield what a quantity of the derivation is called in ids."""
    word = identifier(letter_of(series).word)
    yield word
    # It was called by its letter alone, before another of its kind was introduced.
    head, parted, _ = word.partition("-")
    if parted:
        yield head


def _adjoints(equation: Equation) -> Iterator[str]:
    """Yield the words of the adjoints that stand alone on a side."""
    for side in equation.sides:
        if isinstance(side, At) and isinstance(side.series, Introduced):
            yield from _words(side.series)
