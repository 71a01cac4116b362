"""The functions of `derive.codegen.parts` as source, with those that they call."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from functools import cache

from derive.codegen import parts


@cache
def functions() -> dict[str, str]:
    """Return the source of every function by name, in the order of the file."""
    found = [f for _, f in inspect.getmembers(parts, inspect.isfunction)]
    found.sort(key=lambda f: f.__code__.co_firstlineno)
    return {f.__name__: inspect.getsource(f).rstrip() for f in found}


def needed(names: Iterable[str]) -> list[str]:
    """Return the source of the functions of those names and of all that they call."""
    wanted, waiting = set(), list(names)
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            called = getattr(parts, name).__code__.co_names
            waiting += [other for other in called if other in functions()]
    return [source for name, source in functions().items() if name in wanted]
