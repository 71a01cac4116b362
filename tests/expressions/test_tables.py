"""The tables over the nodes: each node stands in each of them, with an entry or a reason for none."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable

import pytest
from sympy import Integer, MatMul, Symbol

import derive
from derive.errors import DerivationError, RenderError
from derive.expressions.algebra import Ordered, Times, neg
from derive.expressions.functions import Apply, Slope, Unary
from derive.expressions.nodes import NODES
from derive.expressions.quantities import Parameter, Series, t
from derive.expressions.table import Table

n = Symbol("n", integer=True, positive=True)
W, s = Parameter("W", n, n), Series("s", n, 1)


def tables() -> dict[str, Table[object]]:
    """Return every table of the program by its purpose, wherever a module keeps it."""
    found: dict[str, Table[object]] = {}
    for module in pkgutil.walk_packages(derive.__path__, "derive."):
        if not module.name.endswith("__main__"):
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, Table):
                    assert found.setdefault(value.purpose, value) is value
    return found


def faults(nodes: Iterable[type], table: Table[object]) -> list[str]:
    """Return a table's faults: nodes without an answer, those with two, classes that are none."""
    listed = set(nodes)
    entered, omitted = set(table.entries), set(table.omitted)
    return [
        *(f"{node.__name__} is forgotten" for node in listed - entered - omitted),
        *(f"{node.__name__} has an entry and a reason for none" for node in entered & omitted),
        *(f"{node.__name__} is no node" for node in (entered | omitted) - listed),
        *(
            f"{node.__name__} is omitted without a reason"
            for node in omitted
            if not table.omitted[node]
        ),
    ]


def concrete(base: type) -> set[type]:
    """Return the classes of the program below another that none of its classes is below of."""
    below: list[type] = base.__subclasses__()
    found: set[type] = set()
    for node in below:
        if node.__module__.startswith("derive."):
            found |= concrete(node)
    return found or {base}


PURPOSES = {
    "print", "evaluate", "differentiate", "write element by element", "rebuild",
    "write as NumPy code", "apply in NumPy code", "form in NumPy code",
    "pull the gradient of a matrix through", "write for Coq",
}  # fmt: skip


def test_the_tables_are_found() -> None:
    assert tables().keys() == PURPOSES


@pytest.mark.parametrize("purpose", sorted(PURPOSES))
def test_every_node_stands_in_every_table(purpose: str) -> None:
    assert faults(NODES, tables()[purpose]) == []


@pytest.mark.parametrize("purpose", sorted(PURPOSES))
def test_a_forgotten_node_is_noticed(purpose: str) -> None:
    class Cube(Unary):
        """A node that no table knows, and whose class is derived from one that they could know."""

    class Steeper(Slope):
        """A node that would inherit what holds for another."""

    verb = purpose.split()[0]
    for node in (Cube, Steeper):
        assert faults([*NODES, node], tables()[purpose]) == [f"{node.__name__} is forgotten"]
    with pytest.raises((DerivationError, RenderError), match=rf"cannot {verb} Steeper.*: it is no"):
        tables()[purpose][Steeper("tanh", s[t])]


def test_other_faults_are_noticed() -> None:
    table: Table[object] = Table("fold", {(Times, Apply): 1})
    table.omitted[Apply] = "both"
    table.omitted[Slope] = ""
    assert faults([Times, Slope], table) == [
        "Apply has an entry and a reason for none",
        "Apply is no node",
        "Slope is omitted without a reason",
    ]


def test_every_class_of_a_node_is_listed() -> None:
    assert concrete(Ordered) <= set(NODES)
    assert len(NODES) == len(set(NODES))


def test_a_node_stands_in_a_table_once() -> None:
    table: Table[int] = Table("count", {Times: 1})
    with pytest.raises(ValueError, match="Times stands twice in the table to count"):
        table.add({Times: 2})
    with pytest.raises(ValueError, match="Times stands twice in the table to count"):
        table.omit("no", Times)
    table.omit("no need", Apply)
    with pytest.raises(ValueError, match="Apply stands twice"):
        table.add({Apply: 1})


def test_nothing_is_inherited() -> None:
    table: Table[int] = Table("count", {(MatMul, Integer): 1})
    table.omit("there are too many", Apply)
    # A product of ours is a MatMul of SymPy, and the number 1 an integer: neither is found by that.
    for node in (W * s[t], Integer(1)):
        with pytest.raises(
            DerivationError, match=r"cannot count \w+: it is no node.*; known are In"
        ):
            table[node]
    with pytest.raises(DerivationError, match="cannot count Apply: there are too many; known are"):
        table[Apply("tanh", s[t])]
    assert table[MatMul(W, W)] == table[Integer(7)] == 1
    assert type(neg(W).args[0]) in NODES
