"""What stands in an expression."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from derive.expressions.quantities import At


def atoms_of(expr: Any, kind: type | tuple[type, ...]) -> Iterator[Any]:
    """Yield the nodes of a class, each once; no recursion, and shared parts are walked once."""
    seen: set[Any] = set()
    stack = [expr]
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if isinstance(node, kind):
            yield node
        stack.extend(node.args)


def series_in(expr: Any) -> Iterator[At]:
    """Yield the series values that an expression reads."""
    return atoms_of(expr, At)
