"""The module of a cell for another library, given out after it gave what the one for NumPy gives."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from typing import Any

import numpy as np

from derive.arrays import Array
from derive.cells.cell import Cell
from derive.codegen.comments import formula_comments
from derive.codegen.module import written_module
from derive.codegen.numbers import TOLERANCE, own_seed, run
from derive.codegen.target import NUMPY_MODULE, TARGETS, Target
from derive.codegen.trialdata import TrialData
from derive.codegen.trials import trials
from derive.codegen.verified import passed, reach_of, verified
from derive.errors import CheckError, DeriveError, UsageError


def installed() -> list[str]:
    """Return the targets besides NumPy whose libraries are installed, by their names."""
    others = [target for target in TARGETS.values() if target is not NUMPY_MODULE]
    return [target.name for target in others if find_spec(target.package) is not None]


def require_installed(target: Target) -> None:
    """Raise a `UsageError` unless the library is there that a module is to be tried with."""
    if find_spec(target.package) is None:
        raise UsageError(
            f"the code for {target.name} is given out only after it was run, and {target.package} is "
            f"not installed here: pip install 'derive[{target.name}]', or take another --target"
        )


def ported(cell: Cell, target: Target = NUMPY_MODULE) -> str:
    """Return the source of the module of a cell for a library.

    Errors as `derive.codegen.verified.verified`, for the module for NumPy is made first.  A
    `UsageError` where the library is not installed, a `CheckError` where the module does not say, or
    does not compute, what the one for NumPy does, or finds its own gradients wrong.
    """
    if target is NUMPY_MODULE:
        return verified(cell)
    require_installed(target)
    plain = verified(cell)
    made = written_module(cell, own_seed(cell, plain), target).source
    _require_formulas(cell, target, made, plain)
    _require_document(cell, target, made, plain)
    try:
        with np.errstate(all="ignore"):
            _require_numbers(cell, target, made, plain)
    except DeriveError:
        raise
    except Exception as error:
        # Whatever it is, what was written does not run.
        raise _wrong(
            cell, target, f"breaks when it is run: {type(error).__name__}: {error}"
        ) from error
    passed(made, reach_of(plain))
    return made


def target_of(source: str) -> str:
    """Return the name of the library that a module is for, as its text has it."""
    other = (t.name for t in TARGETS.values() if f"import {t.package}" in source and t.own)
    named = (t.name for t in TARGETS.values() if f"from {t.package} import" in source and t.own)
    return next(other, next(named, NUMPY_MODULE.name))


def _require_formulas(cell: Cell, target: Target, made: str, plain: str) -> None:
    """Raise a `CheckError` unless the formulas above the lines are those of the module for NumPy.

    They were read back there, and held against the numbers of their lines.  Loops may stand elsewhere:
    each formula stands above what it stands above there.
    """
    found, wanted = (sorted(_above(source, target)) for source in (made, plain))
    if [formula for formula, _ in found] != [formula for formula, _ in wanted]:
        other = next(
            iter({one for one, _ in found} ^ {one for one, _ in wanted}), "one of them twice"
        )
        raise _wrong(cell, target, f"has other formulas than that for NumPy: {other}")
    for (formula, name), (_, meant) in zip(found, wanted, strict=True):
        if name != meant:
            raise _wrong(cell, target, f"has the formula {formula} above {name}, not above {meant}")


def _above(source: str, target: Target) -> Iterator[tuple[str, str]]:
    """Yield each formula in a comment with what the line below assigns, whatever loop it is in."""
    lines = source.splitlines()
    for number, formula in formula_comments(source, target.templates).items():
        assigned = lines[number - 1].partition(" = ")[0].strip()
        name = assigned if assigned.startswith("grads[") else re.split(r"\W", assigned)[0]
        yield formula, name.removesuffix("_now")


NEEDS: Mapping[str, str] = {
    "numba": "needs NumPy and Numba.", "torch": "needs PyTorch, and NumPy to check itself.",
    "jax": "needs JAX.",
}  # fmt: skip
"""What a module of a target says that it needs, looked at beside what it imports."""


def _require_document(cell: Cell, target: Target, made: str, plain: str) -> None:
    """Raise a `CheckError` unless a module describes itself as that for NumPy, and what it needs."""
    *found, last = (ast.get_docstring(ast.parse(made)) or "").splitlines() or [""]
    *wanted, _ = (ast.get_docstring(ast.parse(plain)) or "").splitlines()
    if found != wanted or last.partition("; ")[2] != NEEDS[target.name]:
        raise _wrong(cell, target, "describes itself otherwise than that for NumPy")


def _require_numbers(cell: Cell, target: Target, made: str, plain: str) -> None:
    """Raise a `CheckError` unless a module computes what that for NumPy does, on all sets of data."""
    names, right = run(made), run(plain)
    both = _both(target, names)
    compared = False
    for data in trials(cell, right, 0):
        # A trained initial state is one for all sequences, and not all libraries take more.
        shared = cell.initial == "trainable"
        initial = {name: array[0] if shared else array for name, array in data.initial.items()}
        given = (data.parameters, data.data, initial)
        wanted = _every(right["forward"](*given), right["gradients"](*given))
        if not all(np.isfinite(array).all() for array in wanted.values()):
            continue
        with _exact(target, names):
            held = [_held(target, names, part) for part in given]
            found = _every(*both(*held))
        _require_same(cell, target, data, found, wanted)
        compared = True
    if not compared:
        raise _wrong(cell, target, "was compared on no data, as all of them overflow")
    error = float(names["check"]())
    if not error <= TOLERANCE:
        raise _wrong(
            cell,
            target,
            f"finds its own gradients wrong: error {error:.3g}, allowed {TOLERANCE:.0e}",
        )
    _require_own_check(cell, target, made)


def _require_own_check(cell: Cell, target: Target, made: str) -> None:
    """Raise a `CheckError` unless a module finds gradients wrong that are, the first and the last."""
    names = run(made)
    place = "backward" if "backward" in names else "gradients"
    right = names[place]
    every = (*names["PARAMETERS"], *names["INITIAL"])
    for name in dict.fromkeys((every[0], every[-1])):

        def wrong(*given: Any, of: str = name) -> Any:
            found = right(*given)
            grads = found if place == "backward" else found[1]
            grads = {**grads, **{one: grads[one] + 0.01 for one in grads if one == of}}
            return grads if place == "backward" else (found[0], grads)

        names[place] = wrong
        error = float(names["check"]())
        if error <= TOLERANCE:
            raise _wrong(cell, target, f"does not find the gradient by {name} wrong when it is")


def _both(target: Target, names: Mapping[str, Any]) -> Callable[..., Any]:
    """Return what calls both functions of a module."""

    def both(*given: Any) -> Any:
        return names["forward"](*given), names["gradients"](*given)

    # Without, each call would compile its loops anew.
    return names["jax"].jit(both) if target.name == "jax" else both


def _every(values: Mapping[str, Any], found: tuple[Any, Mapping[str, Any]]) -> dict[str, Array]:
    """Return what a module gives, as arrays of NumPy: quantities, the total loss and gradients."""
    total, grads = found
    every = {**values, "total of the gradients": total}
    every |= {f"gradient of {name}": gradient for name, gradient in grads.items()}
    return {name: np.asarray(array) for name, array in every.items()}


def _held(target: Target, names: Mapping[str, Any], part: Mapping[str, Array]) -> dict[str, Any]:
    """Return arrays as a library holds them."""
    if target.name == "torch":
        return {name: names["torch"].tensor(array) for name, array in part.items()}
    return dict(part)


def _exact(target: Target, names: Mapping[str, Any]) -> AbstractContextManager[Any]:
    """Return what makes a library compute in float64 where it would not by itself."""
    return names["jax"].enable_x64(True) if target.name == "jax" else nullcontext()


def _require_same(
    cell: Cell, target: Target, data: TrialData, found: dict[str, Array], wanted: dict[str, Array]
) -> None:
    for name, problem in _unlike(found, wanted):
        steps = next(iter(data.data.values())).shape[0]
        raise _wrong(
            cell, target, f"does not compute {name} as that for NumPy does, T = {steps}: {problem}"
        )


def _unlike(found: dict[str, Array], wanted: dict[str, Array]) -> Iterator[tuple[str, str]]:
    """Yield what is another in two modules, by its name, and how."""
    for name in {**wanted, **found}:
        if name not in found or name not in wanted:
            yield name, "one of them does not have it"
            continue
        one, other = found[name], wanted[name]
        # What is the same for all sequences may stand there once.
        if name in ("total",) or one.shape != other.shape:
            try:
                one, other = np.broadcast_arrays(one, other)
            except ValueError:
                yield name, f"the shape is {one.shape} instead of {other.shape}"
                continue
        apart = np.abs(one - other).max(initial=0.0)
        if not apart <= TOLERANCE * max(1.0, float(np.abs(other).max(initial=0.0))):
            yield name, f"they are {apart:.3g} apart"


def _wrong(cell: Cell, target: Target, problem: str) -> CheckError:
    return CheckError(
        f"the code for {cell.name} and {target.name} {problem}. Nothing is written; "
        "please report the cell"
    )
