"""Names of quantities as names in a Python module."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable
from functools import cache

from sympy import Basic

from derive.expressions.introduced import Introduced
from derive.resources import templates_root
from derive.typesetting.lettering import letter_of


def wish(quantity: Introduced) -> str:
    """Return what something that the derivation introduces is best called: like its letter."""
    letter = letter_of(quantity)
    return "_".join((letter.name, *letter.marks))


@cache
def reserved(template: str = "numpy.txt") -> frozenset[str]:
    """Return the names that a module has besides those of the quantities: its template's own.

    The names of its functions and constants, all that the functions with quantities in them use, and
    those of Python.
    """
    text = (templates_root() / "code" / template).read_text(encoding="utf-8")
    top = re.findall(r"^(?:def |class |import numpy as )?([A-Za-z]\w*)(?=\(| =|\n)", text, re.M)
    inner = re.split(
        r"^(?:def sizes_of|<% block sizes)", text[text.index("\ndef forward") :], flags=re.M
    )[0]
    bare = re.sub(r"<%.*?%>|<<.*?>>|\"\"\".*?\"\"\"|\"[^\"\n]*\"|#[^\n]*", " ", inner, flags=re.S)
    found = re.findall(r"(?<![\w.])[A-Za-z]\w*", bare)
    return frozenset({*top, *found, *dir(builtins)})


class Names:
    """Hands out names, no two alike; a name that is taken gets an underscore."""

    def __init__(self, taken: Iterable[str], templates: Iterable[str] = ("numpy.txt",)) -> None:
        self._taken = {*taken}.union(*map(reserved, templates))
        self.of: dict[Basic, str] = {}

    def give(self, thing: Basic, wish: str) -> str:
        """Return the name of a thing, as close as possible to the wish."""
        if thing not in self.of:
            self.of[thing] = self.fresh(wish)
        return self.of[thing]

    def fresh(self, wish: str) -> str:
        """Return a name that nothing has."""
        name = re.sub(r"\W", "_", wish)
        if name[:1].isdigit():
            name = f"_{name}"
        while keyword.iskeyword(name) or name in self._taken:
            name += "_"
        self._taken.add(name)
        return name
