"""The names that a user's file declares: sizes, inputs, states, parameters and constants."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import TypeVar

from sympy import Expr, Integer, Symbol

from derive import budgets
from derive.catalogue.cellnames import check_meaning, check_size
from derive.catalogue.faults import Faults
from derive.catalogue.ownfunctions import own_functions
from derive.catalogue.tomlfile import File
from derive.cells.cell import ConstantValue
from derive.errors import SpecError, shown
from derive.expressions.named import FunctionFormula
from derive.expressions.quantities import Parameter, Series

Made = TypeVar("Made")


class Declared:
    """The names of a file with what they stand for."""

    def __init__(self, file: File, faults: Faults) -> None:
        self.file, self.faults = file, faults
        self.wrong: set[str] = set()
        self.sizes: dict[str, Symbol] = {}
        self._known: set[str] = set()
        self.functions: dict[str, FunctionFormula]
        self.functions, broken = own_functions(file, faults)
        self.wrong |= broken
        self.inputs = self._series("inputs", file.values.inputs)
        self.states = self._series("states", file.values.states)
        self.parameters = self._parameters()
        self.constants = self._constants()
        self._chosen: dict[tuple[int, int, int], Parameter] = {}
        if not self.wrong:
            self._check_letters()

    def _series(self, key: str, table: Mapping[str, int | str]) -> dict[str, Series]:
        # A step is fed a column; what it hands on may be a matrix.
        found, most = {}, {"inputs": 1, "states": 2}
        for name, text in table.items():
            with self._noting(name):
                found[name] = Series(self.name(name), *self.shape(text, name, most[key]))
        return found

    @contextmanager
    def _noting(self, name: str) -> Iterator[None]:
        """Note what is wrong with a name, of which then nothing more is said."""
        before = len(self.faults)
        with self.faults.noting():
            yield
        if len(self.faults) > before:
            self.wrong.add(name)

    def name(self, name: str) -> str:
        """Return a name that may be used; an error for one that has a meaning already."""
        self.tried(check_meaning, name, word=name)
        if name in self.functions:
            raise self.file.error(f"{name!r} is a function; choose another name", name)
        if name in self._known:
            raise self.file.error(f"{name!r} is declared twice; each name has one meaning", name)
        self._known.add(name)
        if len(self._known) > budgets.most("names"):
            said = budgets.exceeded("names", f"the file has more than {len(self._known) - 1} names")
            raise self.file.error(said, name)
        return name

    def tried(self, check: Callable[..., Made], *args: object, word: str) -> Made:
        """Return what a check returns; its error gets the place of a word."""
        try:
            return check(*args)
        except SpecError as error:
            raise self.file.error(str(error), word) from None

    def size(self, text: int | str, of: str) -> Expr:
        """Return a size: a letter, a number, or several with plus signs."""
        parts = [part.strip() for part in str(text).split("+")]
        if any(not re.fullmatch(r"[^\W\d]\w*|[1-9][0-9]*", part) for part in parts):
            times = re.fullmatch(r"([2-9])\s*\*?\s*([^\W\d]\w*)", str(text).strip())
            summed = f"; write {'+'.join([times[2]] * int(times[1]))}" if times else ""
            raise self.file.error(
                f"the size '{shown(text)}' of {shown(of)}: expected a letter such as n, or a number"
                f"{summed}",
                of,
            )
        whole = sum((self._one_size(part, of) for part in parts), Integer(0))
        self.tried(check_amount, whole, of, word=of)
        return whole

    def _one_size(self, text: str, of: str) -> Expr:
        if text.isdigit():
            if len(text) > 20:
                # Python refuses to read a very long one.
                said = f"the size {shown(text, 30)} of {shown(of)} is too large"
                raise self.file.error(budgets.exceeded("size", said), of)
            return Integer(text)
        if text not in self.sizes:
            self.tried(check_size, text, of, word=of)
            self.sizes[text] = Symbol(text, integer=True, positive=True)
        return self.sizes[text]

    def _parameters(self) -> dict[str, Parameter]:
        found = {}
        for names, shape in self.file.values.parameters.items():
            separate = names.replace(",", " ").split()
            if not separate:
                error = self.file.error("a parameter has no name; expected, for example, W", names)
                self.faults.note(error)
            for name in separate:
                with self._noting(name):
                    found[name] = self._parameter(name, shape)
        return found

    def _parameter(self, name: str, shape: int | str) -> Parameter:
        # A name before its shape: a message about the shape says whose it is.
        self.name(name)
        return Parameter(name, *self.shape(shape, name, 2))

    def shape(self, text: int | str, of: str, most: int) -> tuple[Expr, Expr]:
        """Return rows and columns, a single size being that of a column; at most so many sizes."""
        parts = re.split(r"[\s,×]+", re.sub(r"\s*\+\s*", "+", str(text).strip()))
        if most == 1 or len(parts) == 1:
            return self.size(text, of), Integer(1)
        if len(parts) != 2:
            raise self.file.error(
                f"the shape '{shown(text)}' of {shown(of)}: expected rows and columns, such as "
                '"n d", or rows alone for a vector',
                of,
            )
        rows, columns = (self.size(part, of) for part in parts)
        return rows, columns

    def _check_letters(self) -> None:
        """Check that each letter is by itself the size of something, so that data tell its number."""
        shapes = [s.shape for s in (*self.inputs.values(), *self.states.values())]
        shapes += [p.shape for p in self.parameters.values()]
        whole = {size for shape in shapes for size in shape}
        for letter, symbol in self.sizes.items():
            if symbol not in whole:
                error = self.file.error(
                    f"the size {letter} stands in sums only, so that no data tell what it is; write "
                    "one letter for the sum, or give something the size " + letter,
                    letter,
                )
                self.faults.note(error)

    def _constant(self, name: str, value: ConstantValue) -> Parameter:
        self.name(name)
        rows = value if isinstance(value, list) else [value]
        columns = [len(row) if isinstance(row, list) else 1 for row in rows]
        if len(set(columns)) > 1:
            raise self.file.error(f"the rows of {name} differ in length", name)
        for size in (len(rows), columns[0]):
            self.tried(check_amount, Integer(size), name, word=name)
        return Parameter(name, len(rows), columns[0])

    def rows_of_identity(self, first: int, last: int, size: int) -> Parameter:
        """Return the constant that chooses components of a column: some rows of the identity."""
        key = (first, last, size)
        if key not in self._chosen:
            taken = {*self._known, *re.findall(r"\w+", self.file.values.equations)}
            names = (f"E_{n}" for n in count(1))
            name = next(name for name in names if name not in taken)
            self._known.add(name)
            made = Parameter(name, last - first + 1, size)
            rows = range(first, last + 1)
            self._chosen[key] = made
            self.constants[made] = [
                [float(column == row) for column in range(1, size + 1)] for row in rows
            ]
        return self._chosen[key]

    def _constants(self) -> dict[Parameter, ConstantValue]:
        found: dict[Parameter, ConstantValue] = {}
        for name, value in self.file.values.constants.items():
            with self._noting(name):
                found[self._constant(name, value)] = value
        return found


def check_amount(size: Expr, of: str) -> None:
    """Check that the numbers in a size, and its letters together, are not too large."""
    amount = sum(int(c) for c in size.as_coefficients_dict().values())
    budgets.within("size", amount, f"the size {shown(size, 30)} of {shown(of)} is too large")
