"""Random data drawn a second time: they are those of the seed that they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import prod

import numpy as np
from sympy import Expr

from derive.arrays import Array
from derive.cells.cell import Cell
from derive.errors import CheckError
from derive.numerics.sample import DRAWS, Sample

SIZES = 2
"""The smallest of the sizes, which grow by one from each dimension of a cell to the next."""


def require_drawn(samples: Iterable[Sample], seed: int, steps: int) -> None:
    """Raise a `CheckError` unless data are drawn from a seed, for so many steps.

    Of a draw that is refused the next one is taken, and numbers may be made smaller or positive, all
    of one kind alike, so that their ratios are compared.
    """
    for sample in samples:
        if sample.seed != seed or sample.trace.steps != steps:
            raise _other(seed, steps, f"seed {sample.seed} and {sample.trace.steps} steps")
        if not any(_alike(sample, weights) for weights in _weights(sample, seed, steps)):
            raise _other(seed, steps, "numbers that this seed does not give")


def _alike(sample: Sample, weights: Iterable[Array]) -> bool:
    """Tell whether the weights of some data are those of a draw, but for their signs and scale."""
    parameters = sample.trace.cell.parameters
    for parameter, drawn in zip(parameters, weights, strict=True):
        found = sample.trace.parameter(parameter) / sample.shrunk
        if found.shape != drawn.shape or not np.allclose(np.abs(found), np.abs(drawn)):
            return False
    return True


def _weights(sample: Sample, seed: int, steps: int) -> Iterator[list[Array]]:
    """Yield the weights of each draw, and draw what stands between them and the next ones."""
    cell, sizes = sample.trace.cell, _sizes(sample.trace.cell)
    generator = np.random.default_rng([seed, steps])
    shapes = [_shape(parameter.shape, sizes) for parameter in cell.parameters]
    inputs = [_shape(series.shape[:1], sizes)[0] for series in cell.inputs]
    states = [prod(_shape(series.shape, sizes)) for series in cell.states]
    (target,) = _shape(cell.target.shape[:1], sizes)
    for _ in range(2 * DRAWS):
        yield [0.9 * generator.standard_normal(shape) / shape[1] ** 0.5 for shape in shapes]
        generator.standard_normal(steps * sum(inputs))
        if cell.loss.assumes and not sample.any_targets:
            generator.dirichlet(np.ones(target), steps)
        else:
            generator.uniform(size=steps * target)
        if cell.weight is not None and cell.weight in cell.given:
            generator.uniform(size=steps)
        if not sample.zero_start:
            generator.standard_normal(sum(states))


def _shape(shape: Iterable[Expr], sizes: Mapping[Expr, int]) -> tuple[int, ...]:
    return tuple(int(size.subs(sizes)) for size in shape)


def _sizes(cell: Cell) -> dict[Expr, int]:
    return {symbol: SIZES + n for n, symbol in enumerate(cell.dimensions)}


def _other(seed: int, steps: int, found: str) -> CheckError:
    return CheckError(
        f"the data are not those that were asked for: seed {seed} and {steps} steps are meant, "
        f"{found} came. Nothing is told; correct what draws them"
    )
