"""What is said of shapes that do not fit, against those that a second reading of the formula has."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from derive.checks.secondshapes import ShapeMisfit, SidesMisfit

_SHAPE = r"\((?P<{0}_rows>[\w+* ]+), (?P<{0}_columns>[\w+* ]+)\)"
_SIDES = re.compile(f"the left side is {_SHAPE.format('a')}, the right side {_SHAPE.format('b')}")
_PRODUCT = re.compile(
    f"the product of .*? {_SHAPE.format('a')} and .*? {_SHAPE.format('b')} does not exist: .*", re.S
)
_OPERANDS = re.compile(r"the operands of \S+ must have one shape, but .*", re.S)
_LISTED = re.compile(rf" is {_SHAPE.format('a')}(?= and |$)")


def untrue_shapes(said: str, found: ShapeMisfit, sizes: Mapping[str, int]) -> str | None:
    """Return why the shapes that are told of are others than those ``found``, None if they are these.

    ``sizes`` are numbers by their letters.
    """
    if sides := _SIDES.fullmatch(said):
        told = [_numbers(sides, one, sizes) for one in "ab"]
        so = isinstance(found, SidesMisfit) and told == [found.first, found.second]
    elif product := _PRODUCT.fullmatch(said):
        # What a chain of factors has been multiplied to has the columns of its last one.
        a, b = (_numbers(product, one, sizes) for one in "ab")
        so = (a[-1:], b[:1]) == (found.first[-1:], found.second[:1]) and a[-1:] != b[:1]
    elif _OPERANDS.fullmatch(said):
        listed = [_numbers(one, "a", sizes) for one in _LISTED.finditer(said)]
        # An identity has the shape of what stands beside it.
        so = {found.first, found.second} - {()} <= {*listed} and len({*listed}) > 1
    else:
        return None
    return None if so else f"its shapes are {found.first} and {found.second}, and not as {said}"


def _numbers(found: re.Match[str], which: str, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """Return a shape in numbers; one with an unknown letter in it is none."""
    parts = [found[f"{which}_{axis}"] for axis in ("rows", "columns")]
    numbers = [[_number(term, sizes) for term in part.split("+")] for part in parts]
    return () if any(None in terms for terms in numbers) else tuple(map(_added, numbers))


def _added(terms: Sequence[int | None]) -> int:
    return sum(term for term in terms if term is not None)


def _number(term: str, sizes: Mapping[str, int]) -> int | None:
    """Return a number or a letter, or one times the other, as a number."""
    made = 1
    for factor in map(str.strip, term.split("*")):
        known = int(factor) if factor.isdigit() else sizes.get(factor)
        if known is None:
            return None
        made *= known
    return made
