"""The names that a user's file declares: sizes, inputs, states, parameters and constants."""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

from sympy import Integer, Symbol

from derive.algebra import Parameter, Series
from derive.formula import Scope
from derive.formula.forms import FORMS
from derive.formula.scope import INDICES
from derive.usercell import File

LOGITS = "z"
OUTPUT = "o"
TAKEN = {
    "y": "the target", "L": "the loss", "w": "the weight of a step", "J": "the step Jacobian",
    "D": "the slopes of a function", "E": "a Jacobian within a step", "G": "a Jacobian",
    "delta": "an adjoint", "xi": "the stacked state", "I": "the identity",
    **{str(index): "a time index" for index in INDICES},
}  # fmt: skip
"""Names that mean something else in a derivation, so that a symbol has one meaning."""


class Declared:
    """The names of a file with what they stand for."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.sizes: dict[str, Symbol] = {}
        self._known: set[str] = set()
        self.inputs = self._series("inputs")
        self.states = self._series("states")
        self.parameters = self._parameters()
        self.constants = self._constants()

    def _series(self, key: str) -> dict[str, Series]:
        table = self.file.values[key]
        if not table:
            raise self.file.error(f"{key} is empty; a cell needs at least one", key)
        return {
            name: Series(self.name(name), self.size(text, name), 1) for name, text in table.items()
        }

    def name(self, name: str) -> str:
        """Yield a name that may be used; an error for one that has a meaning already."""
        if not re.fullmatch(r"[^\W\d]\w*", name):
            raise self.file.error(f"{name!r} is not a name; use letters, digits and _", name)
        if name in TAKEN or (name == OUTPUT and name not in self.file.values["states"]):
            meaning = TAKEN.get(name, "the output")
            raise self.file.error(f"{name!r} stands for {meaning}; choose another name", name)
        if name in FORMS or name in Scope({}, {}).functions:
            raise self.file.error(f"{name!r} is a function; choose another name", name)
        if name in self._known:
            raise self.file.error(f"{name!r} is declared twice; each name has one meaning", name)
        self._known.add(name)
        return name

    def size(self, text: Any, of: str) -> Any:
        """Yield a size: a letter, a number, or several with plus signs."""
        parts = [part.strip() for part in str(text).split("+")]
        if any(not re.fullmatch(r"[^\W\d]\w*|[1-9]\d*", part) for part in parts):
            raise self.file.error(
                f"the size {text!r} of {of}: expected a letter such as n, or a number", of
            )
        return sum((self._one_size(part) for part in parts), Integer(0))

    def _one_size(self, text: str) -> Any:
        if text.isdigit():
            return Integer(text)
        if text not in self.sizes:
            self.sizes[text] = Symbol(text, integer=True, positive=True)
        return self.sizes[text]

    def _parameters(self) -> dict[str, Parameter]:
        found = {}
        for names, shape in self.file.values["parameters"].items():
            for name in names.replace(",", " ").split():
                sizes = [self.size(part, name) for part in re.split(r"[\s,×]+", str(shape).strip())]
                if len(sizes) not in (1, 2):
                    raise self.file.error(
                        f"the shape {shape!r} of {name}: expected rows and columns, such as "
                        '"n d", or rows alone for a vector',
                        name,
                    )
                found[name] = Parameter(self.name(name), *sizes, *([1] if len(sizes) == 1 else []))
        return found

    def _constants(self) -> dict[Parameter, float]:
        found = {}
        for name, value in self.file.values.get("constants", {}).items():
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise self.file.error(f"the constant {name} is {value!r}; expected a number", name)
            if not isfinite(value):
                raise self.file.error(
                    f"the constant {name} is {value}; expected a finite number", name
                )
            found[Parameter(self.name(name), 1, 1)] = float(value)
        return found
