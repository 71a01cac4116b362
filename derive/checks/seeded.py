"""Runs, examples and training drawn a second time: their numbers are those of the seed they name.

How numbers are distributed does not tell from which seed they are.  Here stands, once more, from which
stream each kind of them comes, and in which order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from derive.arrays import Array
from derive.errors import CheckError
from derive.expressions.quantities import Parameter
from derive.numerics.trace import ForwardPass

OF_EXAMPLE = 1
"""What the stream of an example has beside its seed."""

DRAWN_AGAIN = 100
"""How often the numbers of an example may be drawn, until they tell something."""

NEAR = 1e-7

NEAR_ONE = 0.1
"""The standard deviation of numbers that something is divided by."""

Made = TypeVar("Made")


def require_run(
    trace: ForwardPass,
    seed: int,
    *,
    stream: int,
    scale: float = 1.0,
    inputs: float = 1.0,
    recurrent: Parameter | None = None,
    kind: str = "",
) -> None:
    """Raise a `CheckError` unless weights, inputs, targets and a start without inputs are of a seed.

    The stream of a run has its seed and one more number. The matrix of a ``kind`` is drawn first, for
    the ``recurrent`` weights; all weights are multiplied by ``scale``, or only those where there are
    any. A column may be a constant, as biases are.
    """
    generator, cell = np.random.default_rng([seed, stream]), trace.cell
    special = None
    if recurrent is not None:
        special = scale * matrix(kind, len(trace.parameter(recurrent)), generator)
    for p in cell.parameters:
        found = trace.parameter(p)
        normal = generator.standard_normal(found.shape)
        drawn = normal / found.shape[1] ** 0.5
        drawn = scale * drawn if special is None else special if p == recurrent else drawn
        constant = found.shape[1] == 1 and np.ptp(found) == 0
        # What is divided by is near one, at every scale.
        if not constant and not _alike(found, drawn) and not _alike(found, 1 + NEAR_ONE * normal):
            raise other(cell.name, f"the weights {p.name}", seed)
    steps = range(1, trace.steps + 1)
    for series in cell.inputs:
        found = np.array([trace.value(series, n)[:, 0] for n in steps])
        if not _alike(found, inputs * generator.standard_normal(found.shape)):
            raise other(cell.name, f"the inputs {series.name}", seed)
    targets = np.array([trace.value(cell.target, n)[:, 0] for n in steps])
    if [*targets.argmax(axis=1)] != [*generator.integers(0, targets.shape[1], len(targets))]:
        raise other(cell.name, "the targets", seed)
    for state in cell.states if not cell.inputs else ():
        found = trace.value(state, 0)
        if not _alike(found, generator.standard_normal(found.shape)):
            raise other(cell.name, f"the initial state {state.name}", seed)


def require_example(trace: ForwardPass, seed: int) -> ForwardPass:
    """Return the forward pass of an example; a `CheckError` if its seed draws no such numbers.

    They are tenths with signs, and drawn anew as long as they tell nothing.
    """
    generator = np.random.default_rng([seed, OF_EXAMPLE])
    if not any(all(_example(trace, generator)) for _ in range(DRAWN_AGAIN)):
        raise other(f"the example of {trace.cell.name}", "the numbers", seed)
    return trace


def _example(trace: ForwardPass, generator: np.random.Generator) -> list[bool]:
    """Return whether each quantity of an example is what is drawn next."""
    cell, steps = trace.cell, range(1, trace.steps + 1)

    def drawn(shape: tuple[int, ...]) -> Array:
        tenths = generator.integers(1, 10, shape)
        return np.where(generator.integers(0, 2, shape) == 0, -tenths, tenths) / 10

    alike = []
    for p in cell.parameters:
        found = trace.parameter(p)
        alike.append(_alike(found, drawn(found.shape)))
    for s in cell.inputs:
        found = np.array([trace.value(s, n)[:, 0] for n in steps])
        alike.append(_alike(found, drawn(found.shape)))
    targets = np.array([trace.value(cell.target, n)[:, 0] for n in steps])
    chosen = generator.integers(0, targets.shape[1], len(targets))
    alike.append([*targets.argmax(axis=1)] == [*chosen])
    if cell.weight is not None and cell.weight in cell.given:
        found = np.array([trace.value(cell.weight, n)[:, 0] for n in steps])
        alike.append(_alike(found, generator.integers(1, 10, found.shape) / 10))
    begun = trace.begin()
    for s in cell.states:
        found = np.asarray(begun[s.name])
        numbers = drawn(found.shape)
        # A state may have to be positive; of shares the sum is one, and more is changed.
        shares = bool(np.isclose(found.sum(), 1))
        alike.append(shares or _alike(np.abs(found), np.abs(numbers)))
    return alike


def require_seed(runs: Iterable[Made], first: int, *, apart: int = 0) -> list[Made]:
    """Return runs; a `CheckError` unless their seeds are ``first``, and so on ``apart`` each."""
    found = list(runs)
    for n, run in enumerate(found):
        seed: Any = getattr(run, "seed", None)
        if seed != first + n * apart:
            raise CheckError(
                f"a run is drawn from seed {seed}, and seed {first + n * apart} is meant. Nothing is "
                "said of it; correct what runs it"
            )
    return found


# -- training --------------------------------------------------------------------------------------


def weights_of_training(
    shapes: Mapping[str, tuple[int, int]], seed: int, kind: str
) -> Iterator[tuple[str, Array]]:
    """Yield the weights that training begins with from a seed, by name, in the order of ``shapes``.

    The square ones are a matrix of a kind, from a stream of their own.
    """
    units = max(rows for rows, _ in shapes.values())
    generator = np.random.default_rng([seed, units])
    for name, shape in shapes.items():
        drawn = generator.standard_normal(shape) / shape[1] ** 0.5
        if shape == (units, units):
            yield name, matrix(kind, units, np.random.default_rng([seed, units, 1]))
        else:
            yield name, 0 * drawn if shape[1] == 1 else drawn


@lru_cache(maxsize=4)
def sequences_of_training(
    seed: int,
    steps: int,
    numbers: tuple[int, ...],
    *,
    classes: int,
    noise: float,
    counts: tuple[int, int],
) -> list[Array]:
    """Return the inputs of some updates, by number, and those of the test, which comes after the last.

    ``counts`` are the sequences of an update and of the test.
    """
    generator = np.random.default_rng([seed, steps])
    found: list[Array] = []
    last = max(numbers) + 1
    for number in range(last + 1):
        count = counts[number == last]
        shown = generator.integers(0, classes, count)
        x = noise * generator.standard_normal((steps, classes, count))
        if number in numbers or number == last:
            x[0] += np.eye(classes)[shown].T
            found.append(x)
    return found


def updates_of_training(
    seed: int, steps: int, updates: int, *, classes: int, noise: float, count: int
) -> Iterator[tuple[Array, NDArray[np.int_]]]:
    """Yield the inputs of each update and the classes that they show, one after the other."""
    generator = np.random.default_rng([seed, steps])
    for _ in range(updates):
        shown = generator.integers(0, classes, count)
        x = noise * generator.standard_normal((steps, classes, count))
        x[0] += np.eye(classes)[shown].T
        yield x, shown


# -- matrices --------------------------------------------------------------------------------------


def _orthonormal(generator: np.random.Generator, n: int) -> Array:
    """Return a normal matrix made orthonormal column by column, by Gram and Schmidt, twice."""
    columns: list[Array] = []
    for column in generator.standard_normal((n, n)).T:
        for _ in range(2):
            for before in columns:
                column = column - (before @ column) * before
        columns.append(column / np.linalg.norm(column))
    return np.array(columns).T


_KINDS: Mapping[str, Callable[[np.random.Generator, int], Array]] = {
    "orthogonal": _orthonormal,
    "gaussian": lambda generator, n: generator.standard_normal((n, n)) / n**0.5,
    "uniform": lambda generator, n: (2 * generator.random((n, n)) - 1) / n**0.5,
    "nilpotent": lambda generator, n: (
        generator.standard_normal((n, n)) * (np.arange(n) > np.arange(n)[:, None])
    ),
    "identity": lambda generator, n: np.diag(np.ones(n)),
    "jordan": lambda generator, n: np.diag(np.ones(n)) + np.diag(np.ones(n - 1), 1),
    "nonnormal": lambda generator, n: np.array([[0.9, 10.0], [0.0, 0.9]]),
    "square_zero": lambda generator, n: 8.0 * np.array([[1.0, 1.0], [-1.0, -1.0]]),
}


def matrix(kind: str, n: int, generator: np.random.Generator) -> Array:
    """Return a matrix of a kind, for the weights of n units on themselves."""
    return _KINDS[kind](generator, n)


def _alike(found: Array, drawn: Array) -> bool:
    return found.shape == drawn.shape and np.allclose(found, drawn, rtol=NEAR, atol=NEAR)


def other(what: str, numbers: str, seed: int) -> CheckError:
    """Return the error for numbers that a seed does not give."""
    return CheckError(
        f"{what} is not drawn from seed {seed}, as is said: {numbers} are others. Nothing is told; "
        "correct what draws them"
    )


def same(found: Sequence[Array], drawn: Sequence[Array]) -> bool:
    """Tell whether arrays are those that were drawn."""
    return len(found) == len(drawn) and all(map(_alike, found, drawn))
