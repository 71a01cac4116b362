"""What is printed of a network in plain words, read back and compared with what it does on numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from derive.cli.same import require_same, unlike
from derive.cli.streams import visible

if TYPE_CHECKING:
    from sympy import Basic, MatrixExpr

    from derive.cells.cell import Cell
    from derive.checks.probe import UsePlace
    from derive.expressions.quantities import Parameter, Series

_A = TypeVar("_A")
_B = TypeVar("_B")

_STARTS = {"is 0": "zero", "is given with the data": "given", "is trained": "trainable"}
_STATE = re.compile(r"(?P<named>.*); at step 0 it (?P<start>[^;]*)")
_ACTION = re.compile(
    r"(?:as (?P<turned>\S+ᵀ) )?"
    r"(?:(?P<added>is added)|acts (?P<other>by its components|as a number)"
    r"|multiplies (?P<column>.+?)(?P<entrywise> entry by entry)?) in (?P<entry>\S+)(?:, | and |$)"
)
_SHAPED = re.compile(r".*?\)(?:, .*?,)? (?=(?:as \S+ᵀ )?(?:is added|acts|multiplies) )")

_WRITTEN = "as written: "

_NUMBER = re.compile(r"[^(), ]+")


def require_explained(lines: Sequence[str], cell: Cell) -> None:
    """Raise a `CheckError` unless lines say of a cell what it is, part by part."""
    _LineReader(cell).require(lines)


class _LineReader:
    def __init__(self, cell: Cell) -> None:
        from derive.checks.vocabulary import of_cell
        from derive.typesetting import notation

        self.cell, self.notation = cell, notation.load()
        self.vocabulary = of_cell(cell, (), self.notation.symbols)

    def require(self, lines: Sequence[str]) -> None:
        """Read part after part."""
        title, *rest = lines
        named = self.cell.title not in (None, self.cell.name)
        wanted = f"{self.cell.name}: {self.cell.title}" if named else self.cell.name
        require_same("the first line", title, visible(wanted))
        parts: list[tuple[str, list[str]]] = []
        for line in rest:
            if line.startswith("  "):
                parts[-1][1].append(line[2:])
            else:
                parts.append((line, []))
        readers = dict(self._readers())
        require_same("the heads", [head for head, _ in parts], [*readers])
        for head, rows in parts:
            readers[head](rows)

    def _readers(self) -> Iterator[tuple[str, Callable[[list[str]], None]]]:
        if self.cell.dimensions:
            yield "sizes", self._sizes
        yield "given at each step", self._given
        yield "handed from step to step", self._handed
        if len(self._read_later()) < len(self.cell.states):
            yield "not handed on, but between the step before and the output", self._beside
        yield "computed at each step, in this order", self._equations
        yield "output and loss", self._loss
        yield "trained", self._trained
        if self.cell.constants:
            yield "not trained", self._constants
        yield "as a whole", self._whole

    # -- formulas --------------------------------------------------------------------------------

    def _read(self, text: str) -> list[Basic]:
        """Return the sides of a formula in plain text."""
        from derive.reading.meaning import read_plain
        from derive.reading.parts import Whole
        from derive.reading.passage import Passage, ReadingError

        try:
            found = read_plain(Passage(text, "the text"), self.vocabulary, self.notation.plain)
        except ReadingError as error:
            raise unlike("a formula", repr(text), "one that can be read") from error
        return [side.expr for side in found.sides if isinstance(side, Whole)]

    def _same(self, what: str, text: str, *wanted: Basic) -> None:
        """Raise a `CheckError` unless a text says these sides."""
        from derive.checks.normal import Normal

        normal = Normal()
        if list(map(normal, self._read(text))) != list(map(normal, wanted)):
            raise unlike(what, repr(text), ", ".join(map(str, wanted)))

    def _shaped(self, text: str, quantity: MatrixExpr) -> None:
        """Read a quantity with its shape and, where the file has one, its meaning."""
        from derive.expressions.quantities import Series, t

        series = isinstance(quantity, Series)
        name = text.partition(" (")[0]
        self._same("a quantity", name, quantity[t] if series else quantity)
        rows, columns = quantity.shape
        meaning = self.cell.meanings.get(str(quantity.name))
        said = f"({rows}, {columns})" + (f", {meaning}" if meaning else "")
        require_same(f"the shape of {name}", text.removeprefix(name).strip(), visible(said))

    # -- parts -----------------------------------------------------------------------------------

    def _sizes(self, rows: list[str]) -> None:
        from derive.expressions.quantities import t

        cell = self.cell
        for row, size in _pairs("sizes", rows, cell.dimensions):
            name, _, whose = row.partition(": the size of ")
            require_same("a size", name, str(size))
            series = [s for s in (*cell.inputs, *cell.states, cell.target) if size in s.shape]
            if series:
                for text, one in _pairs(f"quantities of size {size}", _listed(whose), series):
                    self._same(f"what has the size {size}", text, one[t])
                continue
            sides = dict.fromkeys(p for p in cell.parameters for n in p.shape if n == size)
            for text, one in _pairs(f"sides of size {size}", _listed(whose), [*sides]):
                self._same(f"what has a side {size}", text.removeprefix("a side of "), one)

    def _given(self, rows: list[str]) -> None:
        for row, series in _pairs("given quantities", rows, self.cell.given):
            self._shaped(row, series)

    def _read_later(self) -> list[Series]:
        """Return the states that an equation reads of another step than its own."""
        from derive.expressions.walk import series_in

        reads = [at for e in self.cell.equations for at in series_in(e.expr)]
        later = {at.series for at in reads if at.indices[0] != _now()}
        return [s for s in self.cell.states if s in later]

    def _beside(self, rows: list[str]) -> None:
        later = self._read_later()
        others = [s for s in self.cell.states if s not in later]
        for row, state in _pairs("states that are not handed on", rows, others):
            self._shaped(row, state)

    def _handed(self, rows: list[str]) -> None:
        for row, state in _pairs("states", rows, self._read_later()):
            found = _STATE.fullmatch(row)
            if found is None:
                raise unlike("a state", repr(row), state.name)
            self._shaped(found["named"], state)
            require_same(
                f"the start of {state.name}", _STARTS.get(found["start"]), self.cell.initial
            )

    def _equations(self, rows: list[str]) -> None:
        from derive.checks.probe import reads_linearly
        from derive.expressions.walk import series_in

        cell = self.cell
        aside = (cell.output, cell.loss_series, cell.weight)
        equations = [e for e in cell.equations if e.variable not in aside]
        blocks: list[list[str]] = []
        for row in rows:
            if row.startswith("    "):
                blocks[-1].append(row.strip())
            else:
                blocks.append([row])
        written = {e.variable: e for e in cell.lagged}
        for (formula, *own, said), e in _pairs("equations", blocks, equations):
            self._same(f"the equation of {e.variable.name}", formula, e.left, e.expr)
            require_same("how often it is told as written", len(own), int(e.variable in written))
            for row in own:
                named, read = f"{e.variable.name} as written", written[e.variable]
                require_same(f"the words before {named}", row[: len(_WRITTEN)], _WRITTEN)
                self._same(f"the equation of {named}", row[len(_WRITTEN) :], read.left, read.expr)
            reads = list(dict.fromkeys(series_in(e.expr)))
            linear = {at for at in reads if reads_linearly(cell, e.expr, at)}
            parts = [] if said.strip() == "reads no quantity" else said.strip().split("; ")
            left = [*reads]
            for part in parts:
                bent, names = re.fullmatch(r"(not )?linear in (?:each of )?(.*)", part).groups()  # type: ignore[union-attr]
                for name in _listed(names):
                    (at,) = self._read(name)
                    if at not in left or (at in linear) == bool(bent):
                        raise unlike(f"what {e.variable.name} is linear in", part, linear)
                    left.remove(at)
            require_same(f"what {e.variable.name} reads besides", left, [])

    def _loss(self, rows: list[str]) -> None:
        cell = self.cell
        *formulas, total = rows
        found = [cell.definition(s) for s in (cell.output, cell.loss_series)]
        for text, e in _pairs("equations of the loss", formulas, found):
            self._same(f"the equation of {e.variable.name}", text, e.left, e.expr)
        weight = "" if cell.weight is None else f", with the weight {cell.weight[_now()]}"
        if cell.weight is not None and cell.defines(cell.weight):
            weight += _WEIGHTS[_of_four_steps(cell.definition(cell.weight).expr)]
        require_same("the total loss", total, f"the total loss is the sum over every step{weight}")

    def _trained(self, rows: list[str]) -> None:
        for row, parameter in _pairs("parameters", rows, self.cell.parameters):
            shaped = _SHAPED.match(row)
            if shaped is None:
                raise unlike("a parameter", repr(row), parameter.name)
            self._shaped(shaped[0].strip().removesuffix(","), parameter)
            self._acting(row[shaped.end() :], parameter)

    def _acting(self, said: str, parameter: Parameter) -> None:
        from derive.checks.probe import acts_in, places

        found = [*_ACTION.finditer(said)]
        require_same(f"what {parameter.name} does", "".join(m[0] for m in found), said)
        entries: dict[Basic, list[re.Match[str]]] = {}
        for action in found:
            (entry,) = self._read(action["entry"])
            entries.setdefault(entry, []).append(action)
        there = acts_in(self.cell, parameter)
        require_same(f"where {parameter.name} acts", {*entries}, {s[_now()] for s in there})
        for series in there:
            found_there = places(self.cell, self.cell.definition(series).expr, parameter)
            fits = [
                [self._holds(a, place) for a in entries[series[_now()]]] for place in found_there
            ]
            # Each place has something that is said of it, and nothing is said of no place.
            if not all(map(any, fits)) or not all(map(any, zip(*fits, strict=True))):
                raise unlike(f"what {parameter.name} does in {series.name}", said, "another thing")

    def _holds(self, action: re.Match[str], place: UsePlace) -> bool:
        """Tell whether a parameter does at one place what is said."""
        from derive.checks.probe import acts_by_entries, is_term, only_multiplies, scales_entries
        from derive.expressions.algebra import transpose

        turned = action["turned"] is not None
        if turned:
            self._same("a transpose", action["turned"], transpose(place.parameter))
        if action["added"]:
            return is_term(place, turned)
        if action["other"]:
            single = place.parameter.shape == (1, 1)
            fits = action["other"] == ("as a number" if single else "by its components")
            # What is added acts by its entries too, and is said to be added; as log(exp(b)), which is b,
            # it is not.
            added = is_term(place, turned) and not place.within_function
            return fits and not added and acts_by_entries(place)
        (on,) = self._read(action["column"])
        if action["entrywise"]:
            return scales_entries(place, on, turned)
        return only_multiplies(place, on, turned)

    def _constants(self, rows: list[str]) -> None:
        import numpy as np

        for row, (constant, value) in _pairs("constants", rows, [*self.cell.constants.items()]):
            name, _, number = row.partition(" = ")
            self._same("a constant", name, constant)
            numbers = np.ravel(np.asarray(value, dtype=float)).tolist()
            # A list of rows is a tuple of tuples on paper: only the numbers may differ, in digits.
            forms = (number, str(value).translate(str.maketrans("[]", "()")))
            read, wanted = (_NUMBER.sub("n", form) for form in forms)
            require_same(f"the rows of {name}", read, wanted)
            found = [float(n) for n in _NUMBER.findall(number)]
            require_same(f"how many numbers {name} has", len(found), len(numbers))
            if found != numbers:
                raise unlike(f"the constant {name}", number, value)

    def _whole(self, rows: list[str]) -> None:
        from derive.checks.probe import hands_on_linearly, places

        linear = "linear" if hands_on_linearly(self.cell) else "not linear"
        first, *more = rows
        wanted = f"the states are {linear} in those of the step before"
        require_same("whether the states are linear", first, wanted)
        exprs = [e.expr for e in self.cell.equations]
        tied = [p for p in self.cell.parameters
                if sum(len(places(self.cell, expr, p)) for expr in exprs) > 1]  # fmt: skip
        require_same("what is used twice", bool(more), bool(tied))
        if more:
            (row,) = more
            names = row.removeprefix("used in more than one place: ").split(", ")
            for text, parameter in _pairs("parameters used twice", names, tied):
                self._same("what is used twice", text, parameter)


_WEIGHTS: dict[tuple[float, ...], str] = {
    (0.0, 0.0, 0.0, 1.0): " = [t = T], 1 at the last step and 0 at all others",
    (0.25, 0.25, 0.25, 0.25): " = 1/T",
}
"""What is said of a weight, by what it is at each of four steps."""


def _of_four_steps(weight: Basic) -> tuple[float, ...]:
    from derive.expressions.quantities import T, t

    return tuple(float(weight.args[0].subs({T: 4, t: step})) for step in range(1, 5))


def _now() -> Basic:
    from derive.expressions.quantities import t

    return t


def _listed(text: str) -> list[str]:
    """Return what is listed with commas and "and"; a comma within an index is none of the list."""
    parts = re.split(r", (?![^{]*\})| and ", text)
    return [part for part in parts if part]


def _pairs(what: str, found: Sequence[_A], wanted: Sequence[_B]) -> Iterator[tuple[_A, _B]]:
    require_same(f"the number of {what}", len(found), len(wanted))
    yield from zip(found, wanted, strict=True)
