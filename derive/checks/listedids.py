"""Which equations a derivation must have, told from a file of ids and not from what derives them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from derive.bptt.derivation import Derivation
from derive.catalogue import names, options_of
from derive.cells.cell import Cell
from derive.checks.chosen import unlike
from derive.checks.owedids import interrupted, owed
from derive.errors import CheckError
from derive.expressions.functions import Softmax
from derive.resources import equation_ids

FILED = 3
"""The number of steps for which the ids of the networks that ship stand in the file."""

WHOLE = 5
"""Of more steps than these, two at each end are written out."""

_NUMBER = re.compile(r"-(\d+)(?=-|$)")

_OF_SEVERAL = ("lagged-", "steps-")
"""Beginnings of what is said of several steps, and need not be there for one or two."""

_NAMED = ("arrives-", "forward-", "step-#-", "delta-", "grad-x")
"""Beginnings of what has the name of a quantity in it, which networks of one's own choose."""

_OF_SOFTMAX = ("entries-", "loss-logits-general", "output-logits", "steps-residual")
"""Beginnings of what is said of a softmax, which all networks that ship have."""


def require_listed(ids: Sequence[str], derivation: Derivation) -> None:
    """Raise a `CheckError` unless ids are those that a derivation must have.

    Of a network as it ships these are all in the file, with its steps in the place of those there. Of
    any other they are, at least, those that every network has, of itself and of each parameter, and
    those that follow from what stands in its equations.
    """
    cell, steps = derivation.cell, derivation.steps
    inner = _inner(steps)
    found = Counter(id.removeprefix(f"{cell.name}-") for id in ids)
    twice = [id for id, count in found.items() if count > 1]
    if _ships(cell):
        wanted = {one for family in _filed()[cell.name] for one in _at(*family, steps)}
        more = [*twice, *(id for id in found if id not in wanted)]
    else:
        common = _of_columns() if not cell.has_matrices else _of_matrices()
        wanted = {one for family in _spelled(common, cell) for one in _at(*family, steps)}
        more = twice
    several = _OF_SEVERAL if steps < FILED else ()
    wanted = {id for id in wanted if not id.startswith(several)}
    if not cell.loss.assumes:
        # Nothing is assumed of targets that are given, so the general form is the only one.
        wanted.discard("loss-logits-general")
    wanted |= {*owed(cell, steps, inner), *interrupted(found, cell, inner)}
    missing = sorted(wanted - {*found})
    if missing or more:
        raise CheckError(
            f"the equations of {cell.name} for T = {steps} are not those that it has: without "
            f"{missing[:3]}, and with {more[:3]} besides. This is a fault of the program; please "
            "report it"
        )


def _ships(cell: Cell) -> bool:
    """Tell whether a network is one that ships, with the options that it has by itself."""
    return cell.written is None and cell.name in names() and not unlike(cell, options_of(cell.name))


IdFamily = tuple[str, bool]
"""An id with # for its numbers, and whether the last of them runs over all steps written out."""


@cache
def _filed() -> dict[str, tuple[IdFamily, ...]]:
    """Return the ids of the file by network."""
    numbers: dict[tuple[str, str], list[list[str]]] = defaultdict(list)
    for id in equation_ids().read_text(encoding="utf-8").split():
        cell, _, name = id.partition("-")
        numbers[cell, _NUMBER.sub("-#", name)].append(_NUMBER.findall(name))
    found: dict[str, list[IdFamily]] = defaultdict(list)
    for (cell, name), those in numbers.items():
        found[cell].append((name, len(those) == FILED))
    return {cell: tuple(families) for cell, families in found.items()}


def _inner(steps: int) -> Sequence[int]:
    """Return the steps that are written out."""
    return range(1, steps + 1) if steps <= WHOLE else (1, 2, steps - 1, steps)


def _at(family: str, runs: bool, steps: int) -> Iterator[str]:
    """Yield the ids for a number of steps: all numbers but the last are the last step."""
    parts = family.split("#")
    for step in _inner(steps) if runs else (steps,):
        numbers = [*[str(steps)] * (len(parts) - 2), str(step), ""]
        whole = zip(parts, numbers[-len(parts) :], strict=True)
        yield "".join(part + number for part, number in whole)


@cache
def _of_columns() -> frozenset[IdFamily]:
    return _shared(cell for cell in _filed() if _trained(cell, "grad-(.+)-sum-#"))


@cache
def _of_matrices() -> frozenset[IdFamily]:
    return _shared(cell for cell in _filed() if not _trained(cell, "grad-(.+)-sum-#"))


def _trained(cell: str, pattern: str = "grad-(.+)-(?:sum-#|total)") -> set[str]:
    """Return the parameters of a network in the file: not what it starts from, whose names end so."""
    found = (re.fullmatch(pattern, name) for name, _ in _filed()[cell])
    return {one[1] for one in found if one is not None and not one[1].endswith("0")}


def _shared(cells: Iterable[str]) -> frozenset[IdFamily]:
    """Return what all these networks have, and all their parameters, which are written {}."""
    everywhere: list[set[IdFamily]] = []
    for cell in cells:
        by_parameter: list[set[IdFamily]] = []
        own = {*_filed()[cell]}
        for parameter in _trained(cell):
            part = re.compile(rf"(?<=-){re.escape(parameter)}(?=-|$)")
            of_it = {family for family in own if part.search(family[0])}
            own -= of_it
            by_parameter.append({(part.sub("{}", name), runs) for name, runs in of_it})
        everywhere.append(own | set.intersection(*by_parameter))
    return frozenset(set.intersection(*everywhere))


def _spelled(families: Iterable[IdFamily], cell: Cell) -> Iterator[IdFamily]:
    """Yield what networks have in common for one of them, with the names of what is in it."""
    softmax = isinstance(cell.definition(cell.output).expr, Softmax)
    for name, runs in families:
        if name.startswith(_NAMED) or (name.startswith(_OF_SOFTMAX) and not softmax):
            continue
        for parameter in cell.parameters if "{}" in name else cell.parameters[:1]:
            yield name.replace("{}", parameter.name), runs
