"""What the functions of a module say of themselves at their kinks, read from their words and tried."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

_SIDES = re.compile(
    r"(?P<up>\S+) where (?:a|it) is positive, (?:else (?P<rest>.+?)|(?P<below>\S+) where it is negative)"
    r"(?: \(.*\))?\."
)
_AT_ZERO = re.compile(r"(?P<value>-?[\d.]*\d) at 0\b")
_TIE = re.compile(r"the (?P<which>first|second) where they are equal")

_POINTS = (2.0, -2.0)

_WORDS: Mapping[str, Callable[[float], float]] = {
    "a": lambda a: a,
    "-a": lambda a: -a,
    "exp(a)": lambda a: float(np.exp(a)),
    "exp(a) - 1": lambda a: float(np.expm1(a)),
    "a hundredth of it": lambda a: a / 100,
}


def untrue(source: str, names: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the functions of a module say and do not do, beside 0 and where two are equal."""
    for node in ast.parse(source).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        words = ast.get_docstring(node) or ""
        for said, wanted, found in _tried(words.split("\n")[0], names[node.name]):
            if not abs(found - wanted) <= 1e-12 * max(1.0, abs(wanted)):
                yield f"the function {node.name} gives {found:g} where {said!r} is {wanted:g}"


def _tried(words: str, function: Any) -> Iterator[tuple[str, float, float]]:
    """Yield what is said, the number that it is, and the number that the function gives."""
    at = _AT_ZERO.search(words)
    if at is not None:
        yield at[0], float(at["value"]), _at(function, 0.0)
    sides = _SIDES.fullmatch(words)
    if sides is not None:
        # What is not positive is 0 too, but where something else is said of that.
        places = (*_POINTS, *((0.0,) if sides["rest"] else ()))
        for place in places:
            text = sides["up"] if place > 0 else sides["rest"] or sides["below"]
            yield f"{text} at {place:g}", _value(text, place), _at(function, place)
    elif "at 0 too" in words or "positive" in words:
        yield words, np.nan, np.nan
    tie = _TIE.search(words)
    if tie is not None:
        # Of equal numbers the imaginary part tells which of them is taken.
        one, two = np.array([1.0 + 1.0j]), np.array([1.0 + 2.0j])
        wanted = 1.0 if tie["which"] == "first" else 2.0
        yield tie[0], wanted, float(np.imag(function(one, two))[0])
        for a, b in ((1.0, 2.0), (2.0, 1.0)):
            kept = max(a, b) if words.startswith("The larger") else min(a, b)
            yield words, kept, float(function(np.array([a]), np.array([b]))[0])


def _at(function: Any, place: float) -> float:
    return float(np.real(function(np.array([place])))[0])


def _value(text: str, place: float) -> float:
    made = _WORDS.get(text)
    if made is not None:
        return made(place)
    return float(text) if re.fullmatch(r"-?[\d.]+", text) else np.nan
