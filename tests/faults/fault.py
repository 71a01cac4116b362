"""A fault that is planted: what is replaced, by what, what is run then, and what must refuse it."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import pytest

Change: TypeAlias = Callable[[Any], Any]
"""Is given what is right, and returns what is wrong."""


@dataclass(frozen=True)
class Fault:
    """One fault.

    ``target`` is the dotted name of what is replaced, with an entry of a table in brackets. ``runs``
    says what is run then, once each (`tests.faults.runs`), and ``refusal`` is a pattern for what is
    said.
    """

    name: str
    target: str
    make: Change
    runs: tuple[str, ...]
    refusal: str


def plant(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace what the fault replaces, until the end of the test."""
    path, _, key = fault.target.partition("[")
    home, _, name = path.rpartition(".")
    place = _found(home)
    if not key:
        monkeypatch.setattr(place, name, fault.make(vars(place).get(name, getattr(place, name))))
        return
    table = getattr(place, name)
    found = next(k for k in table if getattr(k, "__name__", k) == key.rstrip("]"))
    monkeypatch.setitem(table, found, fault.make(table[found]))


def _found(home: str) -> Any:
    """Return a module, a class, or what stands in one."""
    try:
        return importlib.import_module(home)
    except ModuleNotFoundError:
        outer, _, name = home.rpartition(".")
        return getattr(_found(outer), name)


# Ways to change a function


def text(change: Change) -> Change:
    """Change what the right function returns."""

    def make(right: Any) -> Any:
        return lambda *args, **kwargs: change(right(*args, **kwargs))

    return make


def instead(function: Callable[..., Any]) -> Change:
    """Call another function, which is given the right one first."""
    return lambda right: lambda *args, **kwargs: function(right, *args, **kwargs)


def once(function: Callable[..., Any]) -> Change:
    """Call another function until it has once returned something wrong."""

    def make(right: Any) -> Any:
        done: list[bool] = []

        def run(*args: Any, **kwargs: Any) -> Any:
            changed = right(*args, **kwargs) if done else function(right, *args, **kwargs)
            if changed != right(*args, **kwargs):
                done.append(True)
            return changed

        return run

    return make


def sub(pattern: str, by: str) -> Change:
    """Replace the first match of a pattern in the text that the right function returns."""
    return text(lambda found: re.sub(pattern, by, found, count=1))


def swapped(first: int = 0, second: int = 1) -> Change:
    """Give the right function two of its arguments in each other's place."""

    def make(right: Any) -> Any:
        def run(*args: Any, **kwargs: Any) -> Any:
            other = list(args)
            other[first], other[second] = other[second], other[first]
            return right(*other, **kwargs)

        return run

    return make


def computed(change: Change) -> Change:
    """Change the value of a property, kept or not."""

    def make(right: Any) -> Any:
        getter = getattr(right, "func", None) or right.fget
        return property(lambda self: change(getter(self)))

    return make


def constant(value: Any) -> Change:
    """Put another value in the place of a right one."""
    return lambda right: value
