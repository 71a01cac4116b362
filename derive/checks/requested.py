"""What a program asks of the library, held against what it is given."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from derive.bptt.derivation import Derivation
from derive.catalogue import options_of
from derive.checks.chosen import require_chosen
from derive.checks.listedids import require_listed
from derive.checks.recount import require_recounted
from derive.checks.verify import Check, Verifier
from derive.errors import CheckError, shown
from derive.expressions.equation import Equation, Kind


def require_equation(asked: str, equation: Equation, steps: int) -> Equation:
    """Return an equation that is asked for by its id, or without the number of steps at its end.

    A `CheckError` for another one.
    """
    if equation.id not in (asked, f"{asked}-{steps}"):
        raise CheckError(f"the equation {asked} is asked for, {equation.id} would be shown")
    return equation


def require_ends(equation: Equation) -> Equation:
    """Return an equation whose left and right side are those at its ends; a `CheckError` for another."""
    first, last = equation.sides[0], next(reversed(equation.sides))
    if (equation.left, equation.right) != (first, last):
        raise _unlike(
            f"{equation.id} from {first} to {last}", f"{equation.left} to {equation.right}"
        )
    return equation


def require_whole(ids: Sequence[str], derivation: Derivation) -> None:
    """Raise a `CheckError` unless ids are those of all equations of a derivation, in their order.

    Which these must be is also told from a file of ids, so that a derivation that lacks some shows.
    """
    require_listed(ids, derivation)
    wanted = [equation.id for equation in Derivation.equations(derivation)]
    if [*ids] != wanted:
        missing = [id for id in wanted if id not in ids]
        raise _unlike(
            f"{len(wanted)} equations of {derivation.cell.name}",
            f"{len(ids)}, without {missing[:3]}",
        )


def require_derivation(
    found: Derivation, cell: str, steps: int, options: Mapping[str, object]
) -> None:
    """Raise a `CheckError` unless a derivation is of the network, steps and options asked for."""
    made = found.cell
    name = made.name if made.written is None else made.written.path
    if Path(name) != Path(cell):
        raise _unlike(cell, name)
    require_steps(found, steps)
    defaults = {} if cell.endswith(".toml") else options_of(cell)
    require_chosen(made, {**defaults, **options})


def require_steps(found: Derivation, steps: int) -> None:
    """Raise a `CheckError` unless a derivation is over so many steps."""
    if found.steps != steps:
        raise _unlike(f"T = {steps}", f"T = {found.steps}")


def require_named(said: str, found: Derivation) -> str:
    """Return what a derivation says that it is; a `CheckError` if it is of another cell or T."""
    read = re.fullmatch(r"<derivation of (?P<cell>\w+), T = (?P<steps>\d+)>", said)
    if read is None or (read["cell"], int(read["steps"])) != (found.cell.name, found.steps):
        raise _unlike(f"a derivation of {found.cell.name} for T = {found.steps}", said)
    return said


def require_check(check: Check, equation: Equation, verifier: Verifier) -> Check:
    """Return a check that is of an equation, and says what it found; a `CheckError` for any other."""
    if (check.id, check.kind) != (equation.id, equation.kind):
        raise _unlike(f"the check of {equation.id}", f"that of {check.id} ({check.kind.value})")
    if check.passed:
        # What failed may have no text that could be read.
        require_recounted(equation, check, verifier)
    agrees = bool(check.error <= check.tolerance) != (equation.kind is Kind.REFUTED)
    if check.passed and not agrees:
        raise _unlike(f"what an error of {check.error:.1e} says of {check.id}", "that it passed")
    return check


def _unlike(meant: str, found: str) -> CheckError:
    return CheckError(
        f"what was made is not what was asked for: {shown(meant)} is meant, and {shown(found)} came "
        "out. This is a fault of the program; please report it"
    )
