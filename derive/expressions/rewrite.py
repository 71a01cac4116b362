"""Expressions with some of their nodes replaced: one walk, whatever replaces them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from sympy import Basic, MatrixExpr

from derive.expressions.quantities import At
from derive.expressions.walk import hashed

Replace: TypeAlias = Callable[[Basic], Basic | None]
"""Given a node, yields what takes its place (the node itself, to leave it whole), or None."""

Build: TypeAlias = Callable[[Basic, list[Basic]], Basic]
"""Given a node and its rewritten operands, yields the node over them."""


def rebuilt(node: Basic, operands: list[Basic]) -> Basic:
    """Return a node over other operands by its own constructor; itself if they are its own."""
    same = all(a is b for a, b in zip(operands, node.args, strict=True))
    return node if same else node.func(*operands)


def rewrite(expr: MatrixExpr, rule: Replace, build: Build = rebuilt) -> MatrixExpr:
    """Return an expression rewritten from the top.

    Each node is offered to ``rule``.  Where that yields None, the operands are rewritten, from left
    to right, and ``build`` makes the node of them.  A node that is shared is rewritten once.
    """
    # By identity, as comparing deep expressions recurs; the nodes are kept, so that none is freed.
    done: dict[int, tuple[Basic, Basic]] = {}
    waiting = [(expr, False)]
    while waiting:
        node, entered = waiting.pop()
        if id(node) in done:
            continue
        if entered:
            done[id(node)] = node, build(node, [done[id(a)][1] for a in node.args])
            continue
        made = rule(node)
        if made is None and node.args:
            waiting.append((node, True))
            waiting.extend((operand, False) for operand in reversed(node.args))
        else:
            done[id(node)] = node, node if made is None else made
    return done[id(expr)][1]


def substituted(
    expr: MatrixExpr, values: Mapping[Basic, Basic], build: Build = rebuilt
) -> MatrixExpr:
    """Return an expression with some of its nodes replaced; no index within a quantity is."""
    if not values:
        return expr

    def found(node: Basic) -> Basic | None:
        made = values.get(node)
        return node if made is None and isinstance(node, At) else made

    return rewrite(hashed(expr), found, build)
