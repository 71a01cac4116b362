"""What a generated module does when it is run: as a program, and on what does not fit.

A refusal that names nothing is none: each argument is misshapen, and the module must say which.  Shapes
are those of the cell here, not those of the tables in the module, which are compared with them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
from sympy import Expr, Symbol

from derive.arrays import Array
from derive.cells.cell import Cell
from derive.codegen.ownprogram import Module, require_program, untrue
from derive.codegen.positive import positive_names
from derive.expressions.shapes import is_vector

SEQUENCES, STEPS = 2, 24
"""Of the data: no size of a cell is so large, so that steps are mistaken for nothing else."""

Arguments: TypeAlias = tuple[dict[str, Array], dict[str, Array], dict[str, Array]]
"""The parameters, the data and the initial states, by name."""

SINGLE = 1e-2
"""How near states of numbers in single precision are to those in double precision, or of their size.

Where a network multiplies a small change, as one that divides by what may be near 0 does, by a hundred
times what the rounding of the numbers alone does to its states in double precision: a step has dozens
of operations, each rounded.
"""

_REFUSED = re.compile(r"(?P<name>\w+) has the shape (?P<found>\(.*?\)); expected (?P<wanted>.*)")
_SIZES = re.compile(r"(\w+) = (\d+) of (\w+)")


def require_behaviour(cell: Cell, source: str, tolerance: float) -> None:
    """Raise a `CheckError` unless a module names, refuses and reports what it should."""
    module = Module(source)
    _require_tables(cell, module.names(), tolerance)
    require_program(cell, module, tolerance)
    _require_forward(cell, module.names())
    _require_double(cell, module.names())
    _require_refusals(cell, module.names())


# -- tables ----------------------------------------------------------------------------------------


def _shapes(cell: Cell) -> dict[str, tuple[Expr, ...]]:
    """Return the shape of each argument in sizes of the cell, initial states without a batch."""
    found: dict[str, tuple[Expr, ...]] = {
        p.name: p.shape[:1] if p.shape[1] == 1 else p.shape for p in cell.parameters
    }
    found |= {s.name: (Symbol("T"), Symbol("B"), s.shape[0]) for s in cell.given}
    return found | {f"{s.name}0": s.shape[:1] if is_vector(s) else s.shape for s in cell.handed}


def _sizes(cell: Cell) -> dict[str, int]:
    """Return sizes by name that all differ."""
    own = {str(size): n for n, size in enumerate(cell.dimensions, SEQUENCES + 1)}
    return own | {"T": STEPS, "B": SEQUENCES}


def _numbers(shape: Iterable[Expr], sizes: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(
        int(size.subs({symbol: sizes[str(symbol)] for symbol in size.free_symbols}))
        for size in shape
    )


def _require_tables(cell: Cell, names: Mapping[str, Any], tolerance: float) -> None:
    """Raise a `CheckError` unless the tables of a module are those of the cell."""
    inputs = {s.name for s in cell.inputs}
    wanted = {
        "PARAMETERS": [p.name for p in cell.parameters],
        "DATA": [s.name for s in cell.given],
        "GIVEN_ONLY": [s.name for s in cell.given if s.name not in inputs],
        "INITIAL": [f"{s.name}0" for s in cell.handed],
        "POSITIVE": [*positive_names(cell)],
    }
    for table, own in wanted.items():
        if [*names.get(table, ())] != own:
            raise untrue(
                cell, f"{table} holds {', '.join(names.get(table, ()))}, where it is {own}"
            )
    if names["TOLERANCE"] != tolerance:
        raise untrue(cell, f"its TOLERANCE is {names['TOLERANCE']}, where {tolerance} is allowed")
    known, shapes = _sizes(cell), _shapes(cell)
    tables = {**names["PARAMETERS"], **names["INITIAL"]}
    tables |= {name: ("T", "B", size) for name, size in names["DATA"].items()}
    for name, size in tables.items():
        listed = size if isinstance(size, tuple | list) and name in shapes else (size,)
        # Sizes that add up stand in brackets of their own.
        if len(listed) != len(shapes[name]):
            listed = (size,)
        found = tuple(names["size_of"](part, known) for part in listed)
        if found != _numbers(shapes[name], known):
            raise untrue(cell, f"the shape of {name} is written {size}, where it is {shapes[name]}")


# -- arguments -------------------------------------------------------------------------------------


def _arguments(cell: Cell) -> Arguments:
    rng, sizes = np.random.default_rng(0), _sizes(cell)
    drawn = {
        name: rng.uniform(0.1, 0.9, size=_numbers(shape, sizes))
        for name, shape in _shapes(cell).items()
    }
    return (
        {p.name: drawn[p.name] / 4 for p in cell.parameters},
        {s.name: drawn[s.name] for s in cell.given},
        {f"{s.name}0": drawn[f"{s.name}0"] for s in cell.handed},
    )


def _require_forward(cell: Cell, names: Mapping[str, Any]) -> None:
    """Raise a `CheckError` unless rows of the forward pass are the steps, and initial states rows 0."""
    parameters, data, initial = _arguments(cell)
    whole = (STEPS + 2,)
    given = names["forward"](parameters, data, initial)
    every = {n: np.broadcast_to(a, (SEQUENCES, *a.shape)) for n, a in initial.items()}
    zero = {name: np.zeros_like(array) for name, array in initial.items()}
    for says, one, other in (
        ("an initial state for all sequences", given, names["forward"](parameters, data, every)),
        ("no initial state", names["forward"](parameters, data),
         names["forward"](parameters, data, zero)),
    ):  # fmt: skip
        for name, array in one.items():
            if not np.array_equal(array, other[name], equal_nan=True):
                raise untrue(cell, f"with {says} its {name} is another than with that state given")
    for name, array in given.items():
        if name != "total" and (array.shape[:1] != whole or array.shape[1] not in (1, SEQUENCES)):
            raise untrue(cell, f"{name} has the shape {array.shape}: no row for each step")
        if name != "total" and np.any(array[-1]):
            raise untrue(cell, f"the row of {name} behind the last step is not zero")
    for state in cell.handed:
        if not np.array_equal(given[state.name][0], every[f"{state.name}0"]):
            raise untrue(cell, f"row 0 of {state.name} is not its initial state")


def _require_double(cell: Cell, names: Mapping[str, Any]) -> None:
    """Raise a `CheckError` unless states are held in double precision, whatever numbers are given."""
    exact = _arguments(cell)
    single, rounded = (
        [{name: array.astype(np.float32).astype(kind) for name, array in part.items()}
         for part in exact]
        for kind in (np.float32, np.float64)
    )  # fmt: skip
    found, wanted, near = (names["forward"](*given) for given in (single, rounded, exact))
    for state in cell.handed:
        one, other = np.asarray(found[state.name]), wanted[state.name]
        size = 1 + np.abs(other[np.isfinite(other)]).max(initial=0.0)
        allowed = SINGLE * size + 100 * np.nan_to_num(np.abs(near[state.name] - other)).max()
        if one.dtype != np.float64 or np.any(np.abs(one - other) > allowed):
            raise untrue(
                cell, f"of numbers in single precision its {state.name} is not held in float64"
            )


def _require_refusals(cell: Cell, names: Mapping[str, Any]) -> None:
    """Raise a `CheckError` unless each argument of a wrong shape is refused, and named."""
    right = _arguments(cell)
    for call in (names["forward"], names["gradients"]):
        for place, given in enumerate(right):
            for name, array in given.items():
                for wrong in _misshapen(array):
                    changed = [*right]
                    changed[place] = {**given, name: wrong}
                    if not _fits(cell, changed):
                        _require_refused(cell, call, changed, name)
    misspelt = (*right[:2], {"unknown": np.zeros(1)})
    if "unknown is no" not in _refusal(names["forward"], misspelt):
        raise untrue(cell, "it does not refuse an initial state of a name that there is none of")


def _misshapen(array: Array) -> Iterator[Array]:
    """Yield an array with one entry more along each axis, with an axis more, and turned round."""
    for axis in range(array.ndim):
        yield np.concatenate([array, array.take([0], axis=axis)], axis=axis)
    yield array[..., None]
    yield array.T.copy()


def _fits(cell: Cell, given: list[dict[str, Array]]) -> bool:
    """Tell whether shapes fit, as they do where a size stands at one place alone."""
    known: dict[str, int] = {}
    sums: list[tuple[Expr, int]] = []
    for name, shape in _shapes(cell).items():
        found = next(part[name] for part in given if name in part).shape
        if name in {f"{s.name}0" for s in cell.handed} and len(found) == len(shape) + 1:
            shape = (Symbol("B"), *shape)
        if len(found) != len(shape):
            return False
        sums += [*zip(shape, found, strict=True)]
    for size, number in sums:
        if isinstance(size, Symbol) and known.setdefault(str(size), number) != number:
            return False
    return all(_numbers((size,), known) == (number,) for size, number in sums)


def _refusal(call: Callable[..., Any], given: Any) -> str:
    try:
        with np.errstate(all="ignore"):
            call(*given)
    except ValueError as error:
        return str(error)
    return ""


def _require_refused(
    cell: Cell, call: Callable[..., Any], given: list[dict[str, Array]], changed: str
) -> None:
    said = _refusal(call, given)
    shape = next(part[changed] for part in given if changed in part).shape
    found = _REFUSED.match(said)
    arrays = {name: array for part in given for name, array in part.items()}
    if found is None or changed not in re.findall(r"\w+", said):
        what = repr(said) if said else "nothing"
        raise untrue(cell, f"{changed} of the shape {shape} is given, and it says {what}")
    if found["name"] not in arrays or found["found"] != str(arrays[found["name"]].shape):
        raise untrue(cell, f"it says {said!r}, and the shape of {found['name']} is another")
    listed = {size: int(n) for size, n, _ in _SIZES.findall(said)}
    for size, number, of in _SIZES.findall(said):
        places = zip(_shapes(cell)[of], arrays[of].shape, strict=True)
        if all((str(a), b) != (size, int(number)) for a, b in places):
            raise untrue(cell, f"it says {said!r}, and {of} has no {size} of {number}")
    wanted = _shapes(cell)[found["name"]]
    plain = all(isinstance(size, Symbol) for size in wanted)
    expected = str(_numbers(wanted, listed) if listed else tuple(map(str, wanted)))
    if (listed or plain) and not found["wanted"].startswith(expected):
        raise untrue(cell, f"it says {said!r}, and {expected} is expected")
