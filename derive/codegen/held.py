"""The same numbers held in other ways: what a generated module gives must not depend on that.

No second source is needed for it.  Whole numbers may come as integers, arrays may lie in memory in any
order, sequences may come alone or together, and states that are not given are 0.  What is given is the
caller's own, and is not changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Any, TypeAlias

import numpy as np

from derive.arrays import Array
from derive.cells.cell import Cell
from derive.codegen.ownprogram import STEP, untrue

CLOSE = 1e-9
"""How far results may be apart that are added in another order, relative to the largest entry."""

ORDER = (1, 0, 1, 1, 0)
"""Of two sequences these are put together: one again, and more than there are components."""

MANY = tuple(int(b % 3 == 1 or b * b % 7 == 2) for b in range(263))
"""More than are ever taken in one piece, and neither even nor a multiple of anything: what leaves out
some, wherever they stand, or every other one, adds up to something else."""

ModuleArguments: TypeAlias = tuple[Mapping[str, Array], Mapping[str, Array], Mapping[str, Array]]
"""The parameters, the data and the initial states, by name."""

ModuleValues: TypeAlias = dict[str, Array]
"""What a module gives for them: quantities of the forward pass, and gradients as ``grad NAME``."""


class _HeldRun:
    """A module, and what it gives."""

    def __init__(self, cell: Cell, names: Mapping[str, Any]) -> None:
        self.cell, self.names = cell, names
        self.parameters = {p.name for p in cell.parameters}
        self.states = {f"{s.name}0" for s in cell.handed}

    def of(self, *given: Mapping[str, Array] | None) -> ModuleValues:
        """Return all that it gives; a `CheckError` where it changes what it is given, or keeps it."""
        before = [{n: a.copy() for n, a in part.items()} for part in given if part]
        held = [a for part in given if part for a in part.values()]
        with np.errstate(all="ignore"):
            values = self.names["forward"](*given)
            total, grads = self.names["gradients"](*given)
        now = [part for part in given if part]
        for kept, part in zip(before, now, strict=True):
            for name, array in part.items():
                if not np.array_equal(kept[name], array, equal_nan=True):
                    raise untrue(self.cell, f"it changes {name}, which belongs to its caller")
        found = {**values, **{f"grad {name}": g for name, g in grads.items()}, "grad total": total}
        for name, made in found.items():
            if any(np.may_share_memory(made, array) for array in held):
                raise untrue(self.cell, f"it gives for {name} an array that belongs to its caller")
        return {name: np.array(made) for name, made in found.items()}

    def same(self, one: ModuleValues, other: ModuleValues, what: str, close: float = 0.0) -> None:
        """Raise a `CheckError` unless results are the same, but for rounding where that is allowed."""
        if [*one] != [*other]:
            raise untrue(self.cell, f"with {what} it gives {[*one]} instead of {[*other]}")
        for name, found in one.items():
            wanted = other[name]
            # Rounded numbers may have a pole, where infinities and nan must be the same as well.
            sizes = np.abs(wanted[np.isfinite(wanted)])
            scale = float(np.max(sizes, initial=1.0))
            if found.shape != wanted.shape or not np.allclose(
                found, wanted, rtol=0, atol=close * scale, equal_nan=True
            ):
                raise untrue(self.cell, f"with {what} its {name} is another")


def require_forms(cell: Cell, names: Mapping[str, Any], *given: Mapping[str, Array]) -> None:
    """Raise a `CheckError` unless a module gives the same for the same numbers, however they come.

    ``given`` are its parameters, its data of two sequences, and its initial states of each.
    """
    parameters, data, initial = given
    run = _HeldRun(cell, names)
    right = run.of(parameters, data, initial)
    for held, what, kept in _elsewhere((parameters, data, initial)):
        run.same(run.of(*held), run.of(*kept), what, CLOSE)
    run.same(run.of(parameters, data, initial), right, "the same arguments once more")
    _require_starts(run, parameters, data, initial)
    _require_batches(run, (parameters, data, initial), right)


def _elsewhere(given: ModuleArguments) -> Iterator[tuple[ModuleArguments, str, ModuleArguments]]:
    """Yield arguments that are held in another way, in which, and the same held as usual."""
    # An integer has no negative zero, from which a pole has another side.
    whole = _each(given, lambda a: np.rint(4 * a) + 0.0)
    for count in (1, 3):
        for parts in combinations(range(3), count):
            yield _each(whole, lambda a: a.astype(int), parts), "integers", whole
    layouts: dict[str, Callable[[Array], Array]] = {
        "arrays in the order of Fortran": np.asfortranarray,
        "arrays that are parts of others": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
        "arrays that run backwards in memory": lambda a: np.flip(np.flip(a).copy()),
        "arrays that may not be written to": _read_only,
    }
    for what, layout in layouts.items():
        yield _each(given, layout), what, given


def _each(
    given: ModuleArguments, change: Callable[[Array], Array], parts: tuple[int, ...] = (0, 1, 2)
) -> ModuleArguments:
    """Return arguments, those of some kinds changed."""
    made = [
        {name: change(array) for name, array in part.items()} if place in parts else part
        for place, part in enumerate(given)
    ]
    return made[0], made[1], made[2]


def _read_only(array: Array) -> Array:
    made = array.copy()
    made.flags.writeable = False
    return made


def _require_starts(
    run: _HeldRun,
    parameters: Mapping[str, Array],
    data: Mapping[str, Array],
    initial: Mapping[str, Array],
) -> None:
    """Raise a `CheckError` unless a state that is not given is 0, and one for all that of each."""
    zero = {name: np.zeros_like(array) for name, array in initial.items()}
    nothing = run.of(parameters, data, zero)
    run.same(run.of(parameters, data), nothing, "no initial state")
    run.same(run.of(parameters, data, {}), nothing, "no initial state in a table")
    for name, array in initial.items():
        every = np.broadcast_to(array[:1], array.shape).copy()
        one = run.of(parameters, data, {name: every})
        run.same(one, run.of(parameters, data, {**zero, name: every}), f"{name} alone")
        run.same(
            run.of(parameters, data, {name: array[0].copy()}), one, f"{name} for all sequences"
        )
        shared = run.of(parameters, data, {**initial, name: array[0].copy()})
        each = run.of(parameters, data, {**initial, name: every})
        run.same(shared, each, f"{name} for all sequences")


def _require_batches(run: _HeldRun, given: ModuleArguments, right: ModuleValues) -> None:
    """Raise a `CheckError` unless sequences that come together are those that come alone."""
    alone = [run.of(*_chosen(given, [b])) for b in range(2)]
    for order in ((0, 1), ORDER, MANY):
        found = right if order == (0, 1) else run.of(*_chosen(given, order))
        wanted = {name: _together(run, name, [alone[b][name] for b in order], found[name])
                  for name in found}  # fmt: skip
        run.same(found, wanted, f"{len(order)} sequences together", CLOSE)


def _chosen(given: ModuleArguments, order: Any) -> ModuleArguments:
    parameters, data, initial = given
    return (
        parameters,
        {name: array[:, [*order]] for name, array in data.items()},
        {name: array[[*order]] for name, array in initial.items()},
    )


def _together(run: _HeldRun, name: str, each: list[Array], found: Array) -> Array:
    """Return what sequences that came alone give together: their sum, or each beside the others."""
    of = name.removeprefix("grad ")
    shared = of in run.states and run.cell.initial == "trainable"
    if of == "total" or (name != of and (of in run.parameters or shared)):
        return np.array(np.sum(each, axis=0))
    if name != of and of in run.states:
        return np.concatenate(each, axis=0)
    if found.shape[1] == 1:
        # What is the same for all sequences stands there once.
        return each[0]
    return np.concatenate(each, axis=1)


def require_along(
    cell: Cell, names: Mapping[str, Any], given: ModuleArguments, tolerance: float
) -> None:
    """Raise a `CheckError` unless each gradient is right along one direction, by a complex step."""
    rng = np.random.default_rng(0)
    _, gradients = names["gradients"](*given)
    for place, part in enumerate(given):
        for name in part:
            if name not in gradients:
                continue
            direction = rng.normal(size=part[name].shape)
            moved = [*given]
            moved[place] = {**part, name: part[name] + 1j * STEP * direction}
            exact = names["forward"](*moved)["total"].imag / STEP
            products = gradients[name] * direction
            scale = max(1.0, float(np.abs(products).sum()))
            if not abs(products.sum() - exact) <= tolerance * scale:
                steps = next(iter(given[1].values())).shape[0]
                raise untrue(cell, f"over {steps} steps its gradient of {name} is wrong")
