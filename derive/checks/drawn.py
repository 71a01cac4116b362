"""Random data drawn a second time: they are those of the seed that they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod

import numpy as np
from sympy import Expr

from derive.arrays import Array
from derive.cells.cell import Cell
from derive.errors import CheckError
from derive.numerics.sample import DRAWS, Sample

SIZES = 2
"""The smallest of the sizes, which grow by one from each dimension of a cell to the next."""


def require_drawn(samples: Sequence[Sample], seed: int, steps: int) -> None:
    """Raise a `CheckError` unless data are drawn from a seed, for so many steps, of each kind once.

    Of a draw that is refused the next one is taken, and numbers may be made smaller or positive.
    """
    for sample in samples:
        if sample.seed != seed or sample.trace.steps != steps:
            raise _other(seed, steps, f"seed {sample.seed} and {sample.trace.steps} steps")
        if not any(_alike(sample, drawn) for drawn in _draws(sample, seed, steps)):
            raise _other(seed, steps, "numbers that this seed does not give")
    kinds = [(True, False), (False, False)]
    if samples and samples[0].trace.cell.loss.assumes:
        kinds.append((False, True))
    found = [(sample.zero_start, sample.any_targets) for sample in samples]
    # Where states are given, there may be no values from 0.
    from_zero = not samples or samples[0].trace.cell.initial == "zero"
    if found != kinds and (from_zero or found != kinds[1:]):
        raise _other(seed, steps, f"{len(samples)} sets of data, of other kinds than are meant")


def _alike(sample: Sample, drawn: Sequence[Array]) -> bool:
    """Tell whether weights, inputs and initial states are those of a draw, but for signs and scale."""
    trace, cell = sample.trace, sample.trace.cell
    steps, begun = range(1, trace.steps + 1), trace.begin()
    found = [trace.parameter(parameter) for parameter in cell.parameters]
    found += [np.array([trace.value(s, n)[:, 0] for n in steps]) for s in cell.inputs]
    found += [begun[s.name] for s in cell.states]
    return all(
        np.allclose(np.abs(one.ravel()) / sample.shrunk, np.abs(other.ravel()))
        for one, other in zip(found, drawn, strict=True)
    )


def _draws(sample: Sample, seed: int, steps: int) -> Iterator[list[Array]]:
    """Yield weights, inputs and initial states of each draw, and draw the rest between them."""
    cell, sizes = sample.trace.cell, _sizes(sample.trace.cell)
    normal = (generator := np.random.default_rng([seed, steps])).standard_normal
    shapes = [_shape(parameter.shape, sizes) for parameter in cell.parameters]
    inputs = [_shape(series.shape[:1], sizes)[0] for series in cell.inputs]
    states = [prod(_shape(series.shape, sizes)) for series in cell.states]
    (target,) = _shape(cell.target.shape[:1], sizes)
    for _ in range(2 * DRAWS):
        drawn = [0.9 * normal(shape) / shape[1] ** 0.5 for shape in shapes]
        drawn += [normal((steps, size)) for size in inputs]
        if cell.loss.assumes and not sample.any_targets:
            generator.dirichlet(np.ones(target), steps)
        else:
            generator.uniform(size=steps * target)
        if cell.weight is not None and cell.weight in cell.given:
            generator.uniform(size=steps)
        drawn += [np.zeros(size) if sample.zero_start else normal(size) / 2 for size in states]
        yield drawn


def _shape(shape: Iterable[Expr], sizes: Mapping[Expr, int]) -> tuple[int, ...]:
    return tuple(int(size.subs(sizes)) for size in shape)


def _sizes(cell: Cell) -> dict[Expr, int]:
    return {symbol: SIZES + n for n, symbol in enumerate(cell.dimensions)}


def _other(seed: int, steps: int, found: str) -> CheckError:
    return CheckError(
        f"the data are not those that were asked for: seed {seed} and {steps} steps are meant, "
        f"{found} came. Nothing is told; correct what draws them"
    )
