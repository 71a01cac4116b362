"""What a generated module finds when it checks itself, as a program and as a function.

A check that can't fail proves nothing: each gradient is made wrong in several ways, and the module
must say so.  What it tries is watched from outside, the arguments of each forward pass, and from them
the error is computed a second time: the check must say that one, neither smaller nor in other units.
"""

from __future__ import annotations

import ast
import builtins
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from sympy import Symbol

from derive.arrays import Array
from derive.cells.cell import Cell
from derive.errors import CheckError

SMALL = 1e-5
"""How far a gradient is made wrong, in units of its largest entry: far less than a lost term."""

DIRECTIONS = 3
"""Along so many each gradient is compared with complex steps."""

STEP = 1e-100
"""The size of such a step."""

FLOOR = 1e-4
"""An error is relative to what the gradient is there, but to no less than this."""

NEAR = 1e-6
"""How far the error that is said may be from the one that is computed here, relative to it."""

EXACT = 1e-12
"""As good as no error: rounding alone."""

WatchedArguments: TypeAlias = tuple[Mapping[str, Array], ...]
"""The parameters, the data and the initial states, by name."""

GradientChange: TypeAlias = Callable[[dict[str, Array], str], dict[str, Array]]


@dataclass
class Ran:
    """A run of a module: what it printed, how it ended, what its check said, and what it tried."""

    said: str = ""
    status: Any = None
    error: float | None = None
    given: list[WatchedArguments] = field(default_factory=list)
    found: dict[str, Array] = field(default_factory=dict)
    moved: list[tuple[WatchedArguments, complex]] = field(default_factory=list)


class Module:
    """A module, compiled once, and the statements that it runs as a program."""

    def __init__(self, source: str) -> None:
        # The source is our own, and the names in it have been through `Names`.
        self._whole = builtins.compile(source, "<generated>", "exec")
        last: list[ast.stmt] = [n for n in ast.parse(source).body if isinstance(n, ast.If)]
        self._program = builtins.compile(ast.Module(last, []), "<generated>", "exec")
        self._kept: dict[tuple[str, bytes], Any] = {}

    def names(self) -> dict[str, Any]:
        """Return the names of the module."""
        names: dict[str, Any] = {"__name__": "generated"}
        exec(self._whole, names)
        return names

    def run(self, change: Callable[[dict[str, Array]], dict[str, Array]]) -> Ran:
        """Return what happens where it is run as a program with its gradients changed."""
        ran, names = Ran(), self._watched(change)
        names["__name__"] = "__main__"
        with redirect_stdout(io.StringIO()) as out, np.errstate(all="ignore"):
            try:
                exec(self._program, names)
            except SystemExit as error:
                ran.status = error.code
            except KeyError as error:
                ran.status = error
        kept = names["__ran__"]
        kept.said, kept.status = out.getvalue(), ran.status
        return kept

    def checked(
        self, change: Callable[[dict[str, Array]], dict[str, Array]] = dict, **chosen: int
    ) -> Ran:
        """Return what its check tries and says, with its gradients changed, for so many steps."""
        names = self._watched(change)
        with np.errstate(all="ignore"):
            names["check"](**chosen)
        return names["__ran__"]

    def _watched(self, change: Callable[[dict[str, Array]], dict[str, Array]]) -> dict[str, Any]:
        """Return the names of the module, its functions watched, in ``__ran__``."""
        names, ran = self.names(), Ran()
        forward, gradients, check = (names[name] for name in ("forward", "gradients", "check"))

        def watched_forward(*given: Any) -> Any:
            found = self._once("forward", forward, given)
            if any(np.iscomplexobj(a) for part in given if part for a in part.values()):
                ran.moved.append((given, complex(found["total"])))
            return found

        def watched_gradients(*given: Any) -> Any:
            total, found = self._once("gradients", gradients, given)
            ran.given.append(given)
            ran.found = change({**found})
            return total, {**ran.found}

        def watched_check(*args: Any, **kwargs: Any) -> Any:
            ran.error = check(*args, **kwargs)
            return ran.error

        names |= {"forward": watched_forward, "gradients": watched_gradients}
        return names | {"check": watched_check, "__ran__": ran}

    def _once(self, name: str, function: Callable[..., Any], given: Any) -> Any:
        """Return what a function gives, computed once for the same arguments: each run has them."""
        key = (name, b"".join(_bytes(part) for part in given))
        if key not in self._kept:
            self._kept[key] = function(*given)
        return self._kept[key]


def _bytes(part: Mapping[str, Array] | None) -> bytes:
    whole = ((name, np.asarray(a)) for name, a in (part or {}).items())
    return b"".join(f"{n} {a.shape} {a.dtype}".encode() + a.tobytes() for n, a in whole) + b";"


def require_program(cell: Cell, module: Module, tolerance: float) -> None:
    """Raise a `CheckError` unless the program reports the error, and fails if a gradient is wrong."""
    right = module.run(lambda found: found)
    if right.status is not None:
        raise untrue(
            cell, f"run as a program it fails with {right.status!r}, and its gradients are right"
        )
    error = float(module.names()["check"]())
    if right.said != f"largest relative error of the gradients: {error:.1e}\n":
        raise untrue(cell, f"it prints {right.said.strip()!r}, where the error is {error:.1e}")
    for name, change, ran in _wronged(cell, module):
        failed = isinstance(ran.status, KeyError) or (
            isinstance(ran.status, str | int) and ran.status
        )
        if not failed and change is not _nothing:
            raise untrue(cell, f"its check does not notice a wrong gradient of {name}")
        if isinstance(ran.status, str) and f"{tolerance:.0e}" not in ran.status:
            raise untrue(cell, f"it says {ran.status!r}, and {tolerance:.0e} is allowed")
        _require_error(cell, ran, f"with the gradient of {name} made wrong", tolerance)
    _require_error(cell, right, "with right gradients", tolerance)
    _require_tried(cell, right)
    _require_drawn(cell, right, module)
    name = _known(cell)[0]
    for steps, sequences in ((1, 1), (30, 3)):
        ran = module.checked(lambda found: _moved(found, name), seed=2, T=steps, B=sequences)
        what = f"over {steps} steps, with the gradient of {name} made wrong,"
        ran.status = None if ran.error is not None and ran.error <= tolerance else 1
        _require_error(cell, ran, what, tolerance)


def _wronged(cell: Cell, module: Module) -> Iterator[tuple[str, GradientChange, Ran]]:
    """Yield for each gradient, made wrong in each way, what the program does."""
    for name in _known(cell):
        for change in (_moved, _lost, _undefined, _flat, _nothing):
            yield name, change, module.run(lambda found, n=name, c=change: c(found, n))  # type: ignore[misc]


def _known(cell: Cell) -> list[str]:
    """Return the names of all gradients."""
    states, inputs = (f"{s.name}0" for s in cell.handed), (s.name for s in cell.inputs)
    return [*(p.name for p in cell.parameters), *states, *inputs]


def _moved(found: dict[str, Array], name: str) -> dict[str, Array]:
    array = np.array(found[name])
    array.flat[-1] += SMALL * max(1.0, float(np.abs(array).max()))
    return {**found, name: array}


def _undefined(found: dict[str, Array], name: str) -> dict[str, Array]:
    return {**found, name: np.full_like(found[name], np.nan)}


def _flat(found: dict[str, Array], name: str) -> dict[str, Array]:
    return {**found, name: found[name][None]}


def _lost(found: dict[str, Array], name: str) -> dict[str, Array]:
    return {key: array for key, array in found.items() if key != name}


def _nothing(found: dict[str, Array], name: str) -> dict[str, Array]:
    """Return gradients of which one is 0: an error then is relative to the least that there is."""
    return {**found, name: np.zeros_like(found[name])}


# -- what the check tries --------------------------------------------------------------------------


def _tried(ran: Ran) -> Iterator[tuple[str, Array, Array, float]]:
    """Yield for each complex step what is moved, where it was, along what, and the derivative."""
    for given, total in ran.moved:
        for part, before in zip(given, ran.given[0], strict=True):
            for name, array in part.items():
                if np.iscomplexobj(array):
                    yield name, before[name], array, total.imag / STEP


def _require_tried(cell: Cell, ran: Ran) -> None:
    """Raise a `CheckError` unless each gradient is compared along random directions, one at a time."""
    tried = list(_tried(ran))
    counts = Counter(name for name, *_ in tried)
    if len(tried) != len(ran.moved) or counts != Counter(_known(cell) * DIRECTIONS):
        listed = ", ".join(f"{name} {n} times" for name, n in counts.items())
        raise untrue(cell, f"its check moves {listed}, where each is moved {DIRECTIONS} times")
    seen: set[bytes] = set()
    for name, before, array, _ in tried:
        direction = np.asarray(array.imag) / STEP
        if not np.array_equal(array.real, before):
            raise untrue(cell, f"its check compares the gradient of {name} at another place")
        if not np.all(direction) or direction.tobytes() in seen or np.abs(direction).max() > 10:
            raise untrue(cell, f"its check moves {name} along no random direction, or one again")
        seen.add(direction.tobytes())


def _require_drawn(cell: Cell, ran: Ran, module: Module) -> None:
    """Raise a `CheckError` unless the data of a check are random, of other sizes and as asked for."""
    other = module.checked(seed=1, T=4, B=3)
    for given, steps, batch in ((ran.given, 5, 2), (other.given, 4, 3)):
        data = given[0][1]
        if any(data[s.name].shape[:2] != (steps, batch) for s in cell.given):
            raise untrue(cell, f"its check does not draw {steps} steps of {batch} sequences")
    drawn = {name: array for part in ran.given[0] for name, array in part.items()}
    negative = [n for n in module.names().get("POSITIVE", ()) if not (drawn[n] > 0).all()]
    if negative:
        raise untrue(cell, f"its check draws {', '.join(negative)} negative too")
    sizes: dict[str, int] = {}
    for p in cell.parameters:
        named = zip(p.shape, ran.given[0][0][p.name].shape, strict=False)
        sizes |= {str(size): n for size, n in named if isinstance(size, Symbol)}
    if len({*sizes.values()}) != len(sizes):
        raise untrue(cell, f"its check draws data of equal sizes, {sizes}")
    every = [a for given in (*ran.given, *other.given) for part in given for a in part.values()]
    if any(len({*a.flat}) != a.size for a in every):
        raise untrue(cell, "its check draws data that are not random: numbers stand there twice")
    numbers = [{*np.concatenate([a.ravel() for part in r.given[0] for a in part.values()])}
               for r in (ran, other)]  # fmt: skip
    if numbers[0] & numbers[1]:
        raise untrue(cell, "its check draws the same data from another seed")


def _require_error(cell: Cell, ran: Ran, how: str, tolerance: float) -> None:
    """Raise a `CheckError` unless the error of a check is the one that its forward passes show."""
    known = _known(cell)
    missing = [name for name in known if name not in ran.found]
    if missing:
        if not isinstance(ran.status, KeyError) or ran.status.args != (missing[0],):
            raise untrue(
                cell, f"{how} its check ends with {ran.status!r}, and {missing[0]} is missing"
            )
        return
    wanted = _wanted(ran)
    error = float("nan") if ran.error is None else float(ran.error)
    both = np.isnan(error) and np.isnan(wanted)
    if not (both or error == wanted or abs(error - wanted) <= EXACT + NEAR * wanted):
        raise untrue(cell, f"{how} its check says the error {error:.6e}, where it is {wanted:.6e}")
    if (ran.status is None) != (error <= tolerance):
        raise untrue(cell, f"{how} the error is {error:.1e}, and it ends with {ran.status!r}")


def _wanted(ran: Ran) -> float:
    """Return the largest error of a run, computed from its forward passes."""
    before = {name: array for part in ran.given[0] for name, array in part.items()}
    if any(np.shape(g) != before[n].shape for n, g in ran.found.items() if n in before):
        return float("inf")
    errors = []
    for name, _, array, exact in _tried(ran):
        products = ran.found[name] * (np.asarray(array.imag) / STEP)
        scale = max(FLOOR, float(np.abs(products).sum()))
        errors.append(abs(float(products.sum()) - exact) / scale)
    return float(np.max(errors))


def untrue(cell: Cell, problem: str) -> CheckError:
    """Return the error of a module that is not what it says of itself."""
    return CheckError(
        f"the code for {cell.name} is not what it says of itself: {problem}. Nothing is written; "
        "please report the cell"
    )
