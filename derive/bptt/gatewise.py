"""Equations that say the same of several gates: one formula, with a letter that stands for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from os.path import commonprefix
from typing import Any

from sympy import Basic, Symbol

from derive.cells.cell import Cell
from derive.cells.describe import series_role
from derive.expressions.equation import Equation
from derive.expressions.introduced import Introduced
from derive.expressions.quantities import DiagonalSeries, Parameter, Series
from derive.expressions.walk import atoms_of

LETTERS = {"theta": "θ", "eta": "η", "kappa": "κ", "zeta": "ζ", "iota": "ι", "omega": "ω"}
"""The letters that may stand for a gate, by the words that print as them."""


@dataclass(frozen=True)
class SharedEquation:
    """What several equations say, each of one gate; ``instances`` are these by their gates.

    ``back`` are what stands for something in ``equation``, each with what it stands for, by gates.
    """

    equation: Equation
    instances: Mapping[str, Equation]
    back: Mapping[str, Mapping[Basic, Basic]]

    def of(self, gate: str, expr: Basic) -> Basic:
        """Return what an expression with the letter says of one gate."""
        return expr.xreplace(dict(self.back[gate]))


class Gatewise:
    """Finds the equations of a cell that differ by the gate alone of which they speak.

    A gate is known by what stands below the letter of its pre-activation: i by a_i.  Equations are
    the same if their quantities are, once each U_i, a_i and δ^(i) is U_θ, a_θ and δ^(θ).
    """

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        # So that all that stands for a gate is introduced behind all that the derivation introduces.
        self._known: dict[str, dict[Basic, Basic]] = {}
        entries = [e.variable for e in cell.equations]
        entries = [s for s in entries if series_role(cell, s) == "pre_activation"]
        found = dict.fromkeys(tail for s in entries if (tail := s.name.partition("_")[2]))
        self.gates = tuple(found) if len(found) > 1 else ()
        self.word = next((word for word in LETTERS if self._is_free(word)), "")

    def _is_free(self, word: str) -> bool:
        names = self.cell.roster.names
        return not any(word in (name, *name.split("_")) for name in names)

    @property
    def letter(self) -> Symbol:
        """Return the letter that stands for a gate."""
        return Symbol(self.word)

    def among(self, equations: Iterable[Equation]) -> list[Equation | SharedEquation]:
        """Return equations, those that say the same of several gates as one, where the first stood."""
        given = list(equations)
        if not self.gates or not self.word:
            return list(given)
        groups: dict[object, list[tuple[str, Equation]]] = {}
        for equation in given:
            for gate in self.gates:
                if (said := self._said(equation, gate)) is not None:
                    groups.setdefault(said, []).append((gate, equation))
        shared: dict[str, SharedEquation] = {}
        for members in groups.values():
            free = {gate: e for gate, e in members if e.id not in shared}
            made = self._shared(free) if len(free) > 1 else None
            if made is not None:
                shared.update((e.id, made) for e in made.instances.values())
        return list(_once(given, shared))

    def _said(self, equation: Equation, gate: str) -> object | None:
        """Return what an equation says once the letter stands for a gate; None if not of that gate."""
        sides = tuple(side.xreplace(self._letters(side, gate)) for side in equation.sides)
        if sides == equation.sides:
            return None
        return replace(equation, id="", sides=sides, step=replace(equation.step, applied_to=()))

    def _letters(self, expr: Any, gate: str) -> dict[Basic, Basic]:
        """Return what the letter replaces in an expression."""
        known = self._known.setdefault(gate, {})
        for one in (*atoms_of(expr, Series), *atoms_of(expr, Parameter)):
            if one not in known:
                known[one] = self._lettered(one, gate)
        return {one: other for one, other in known.items() if one != other}

    def _lettered(self, one: Any, gate: str) -> Any:
        if isinstance(one, Introduced):
            of = [self._lettered(part, gate) for part in one.of]
            if list(one.of) == of:
                return one
            diagonal = isinstance(one, DiagonalSeries)
            return self.cell.roster.introduce(one.role, *of, diagonal=diagonal)
        name = self._renamed(one.name, gate)
        return one if name == one.name else type(one)(name, *one.shape)

    def _renamed(self, name: str, gate: str) -> str:
        head, parted, tail = name.partition("_")
        if name == gate:
            return self.word
        if parted and tail.endswith(gate):
            return f"{head}_{tail.removesuffix(gate)}{LETTERS[self.word]}"
        return name

    def _shared(self, members: Mapping[str, Equation]) -> SharedEquation | None:
        """Return the equation that members share, if it says each of them again."""
        (first, one), *_ = members.items()
        sides = tuple(side.xreplace(self._letters(side, first)) for side in one.sides)
        back = {
            gate: {other: own for side in e.sides for own, other in self._letters(side, gate).items()}
            for gate, e in members.items()
        }
        ids = [e.id for e in members.values()]
        head, tail = commonprefix(ids), commonprefix([id[::-1] for id in ids])[::-1]
        made = SharedEquation(replace(one, id=f"{head}each{tail}", sides=sides), members, back)
        for gate, member in members.items():
            if tuple(made.of(gate, side) for side in sides) != member.sides:
                return None
        return made


def _once(
    equations: Iterable[Equation], shared: Mapping[str, SharedEquation]
) -> Iterator[Equation | SharedEquation]:
    seen = set()
    for equation in equations:
        one = shared.get(equation.id)
        if one is None:
            yield equation
        elif one.equation.id not in seen:
            seen.add(one.equation.id)
            yield one
