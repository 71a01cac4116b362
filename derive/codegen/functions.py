"""The functions that a module brings along as source, with those that they call."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Mapping
from functools import cache

from derive.codegen import parts
from derive.resources import templates_root


@cache
def functions() -> dict[str, str]:
    """Return the source of every function of `derive.codegen.parts`, in the order of the file."""
    found = [f for _, f in inspect.getmembers(parts, inspect.isfunction)]
    found.sort(key=lambda f: f.__code__.co_firstlineno)
    return {f.__name__: inspect.getsource(f).rstrip() for f in found}


@cache
def of_file(name: str) -> Mapping[str, str]:
    """Return the source of every function of a file among the templates of code, in its order.

    They are for libraries that need not be installed, so that they are read and not imported.
    """
    text = (templates_root() / "code" / name).read_text(encoding="utf-8")
    lines = text.splitlines()
    return {
        node.name: "\n".join(lines[first(node) - 1 : node.end_lineno])
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef)
    }


def first(node: ast.FunctionDef) -> int:
    """Return the line on which a function begins, with what decorates it."""
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def needed(names: Iterable[str], every: Mapping[str, str] | None = None) -> list[str]:
    """Return the source of functions by their names, with all that they call.

    They are looked up in ``every``, or among those of NumPy.
    """
    known = functions() if every is None else every
    wanted, waiting = set(), list(names)
    while waiting:
        name = waiting.pop()
        if name in known and name not in wanted:
            wanted.add(name)
            tree = ast.walk(ast.parse(known[name]))
            waiting += [n.id for n in tree if isinstance(n, ast.Name) and n.id in known]
    return [source for name, source in known.items() if name in wanted]
