"""A long-memory task, learnt with the derived gradients: how far back training can reach.

The first vector of a sequence shows one of several classes, the others are noise; after the last
one the network must name the class.  (A latch, as in Bengio, Simard and Frasconi 1994.)  A gradient
has to travel back over T − 1 steps, and nothing else helps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from derive.arrays import Array
from derive.bptt.derivation import Derivation
from derive.checks.loaded import load
from derive.checks.required import require
from derive.errors import CheckError
from derive.expressions.shapes import number
from derive.gradientflow.clipping import by_norm
from derive.gradientflow.confirmed import require_gradients
from derive.gradientflow.drawn import normal_problem, require_kind
from derive.gradientflow.outcomes import Training, Update, require_answers
from derive.gradientflow.training import Batch
from derive.numerics.initialisation import draw
from derive.progress import Progress

CLASSES = 4
UNITS = 24
BATCH = 24
TESTED = 200
NOISE = 0.2
LIMIT = 1.0
RATE, MOMENTUM = 0.05, 0.9
UPDATES = 400
SPANS = (5, 10, 20, 40, 80)
SEEDS = 5
SUCCESS = 0.9
"""Share of right answers on fresh sequences from which on the task counts as learnt."""


@dataclass(frozen=True)
class Method:
    """A way to train: the kind of initial recurrent weights, and whether gradients are clipped."""

    name: str
    matrix: str
    clipped: bool


METHODS = (
    Method("default", "uniform", clipped=False),
    Method("clipped", "uniform", clipped=True),
    Method("orthogonal", "orthogonal", clipped=True),
)


@dataclass(frozen=True)
class Outcome:
    """The share of right answers on fresh sequences after training, one per seed from ``seed`` on.

    ``training`` is what is left of it, by which it is looked through.
    """

    method: Method
    steps: int
    accuracies: tuple[float, ...]
    seed: int
    training: Training | None = field(default=None, compare=False, repr=False)

    @property
    def spread(self) -> tuple[float, float, float]:
        """Return the smallest, the median and the largest share of right answers."""
        return min(self.accuracies), float(np.median(self.accuracies)), max(self.accuracies)

    @property
    def learnt(self) -> int:
        """Return with how many seeds the task was learnt."""
        return sum(accuracy >= SUCCESS for accuracy in self.accuracies)


def sequences(
    rng: np.random.Generator, steps: int, count: int
) -> tuple[dict[str, Array], NDArray[np.int_]]:
    """Return inputs and targets (steps, rows, count) by name, and the classes, (count,)."""
    classes = rng.integers(0, CLASSES, size=count)
    x = NOISE * rng.normal(size=(steps, CLASSES, count))
    x[0, classes, np.arange(count)] += 1.0
    y = np.zeros((steps, CLASSES, count))
    y[:, classes, np.arange(count)] = 1.0
    return {"x": x, "y": y}, classes


def initial(derivation: Derivation, seeds: range) -> dict[str, Array]:
    """Return the parameters of all methods with all seeds, (methods · seeds, rows, columns)."""
    cell = derivation.cell
    sizes = dict(zip(cell.dimensions, (CLASSES, UNITS, CLASSES), strict=True))
    found: dict[str, list[Array]] = {p.name: [] for p in cell.parameters}
    for method in METHODS:
        for seed in seeds:
            rng = np.random.default_rng([seed, UNITS])
            for p in cell.parameters:
                rows, columns = (number(s, sizes) for s in p.shape)
                value = rng.normal(size=(rows, columns)) / np.sqrt(columns)
                if columns == 1:
                    value = np.zeros((rows, 1))
                # From its own stream, so that all else is the same for every method.
                own = np.random.default_rng([seed, UNITS, 1])
                if rows == columns == UNITS:
                    value = draw(method.matrix, 1.0, UNITS, own)
                    require_kind(cell.name, method.matrix, 1.0, value)
                elif columns > 1 and (problem := normal_problem(value * np.sqrt(columns))):
                    raise CheckError(f"the weights {p.name} are not drawn so: {problem}")
                found[p.name].append(value)
    return {name: np.array(values) for name, values in found.items()}


@cache
def verified() -> Derivation:
    """Return the derivation of the network that is trained.

    A `CheckError` names the equation that fails, or the gradient of a batch that does.
    """
    derivation = Derivation(load("elman", loss="last", bias=True), 1)
    require(derivation, derivation.recursion.equations())
    require_gradients(derivation)
    return derivation


def train(
    steps: int, seed: int, seeds: int = SEEDS, progress: Progress | None = None
) -> list[Outcome]:
    """Return the outcome of each method for one length of sequences.

    All methods with all seeds train beside each other on the same sequences, by stochastic gradient
    descent with momentum.
    """
    derivation = verified()
    parameters = initial(derivation, range(seed, seed + seeds))
    clipped = np.repeat([method.clipped for method in METHODS], seeds)
    velocity = {name: np.zeros_like(value) for name, value in parameters.items()}
    batch, rng = Batch(derivation, steps), np.random.default_rng([seed, steps])
    start, kept, largest = dict(parameters), dict[int, Update](), 0.0
    # Of each method one network is followed: which of them, the length says.
    which = steps % seeds + seeds * np.arange(len(METHODS))
    followed = [{name: value[which] for name, value in parameters.items()}]
    for update in range(UPDATES):
        if progress is not None and update % 20 == 0:
            progress(f"T = {steps}: update {update} of {UPDATES}")
        inputs, _ = sequences(rng, steps, BATCH)
        batch.forward(parameters, inputs, BATCH)
        means = {n: g / BATCH for n, g in batch.gradients().items()}
        gradients = _clipped(means, clipped)
        before, momentum = dict(parameters), dict(velocity)
        for name, gradient in gradients.items():
            velocity[name] = MOMENTUM * velocity[name] - RATE * gradient
            parameters[name] = parameters[name] + velocity[name]
        followed.append({name: value[which] for name, value in parameters.items()})
        # Looked through later: both ends, and where clipping mattered most.
        norm = max(float(np.abs(gradient).max()) for gradient in means.values())
        if update in (0, UPDATES - 1) or norm > largest:
            if norm > largest:
                kept = {n: one for n, one in kept.items() if n in (0, UPDATES - 1)}
            kept[update] = Update(update, inputs, before, momentum, dict(parameters))
        largest = max(norm, largest)
    inputs, classes = sequences(rng, steps, TESTED)
    right = batch.forward(parameters, inputs, TESTED).argmax(axis=-2) == classes
    require_answers(derivation, parameters, inputs, right, classes)
    shares = right.mean(axis=-1).reshape(len(METHODS), seeds)
    training = Training(start, dict(parameters), tuple(kept.values()), inputs)
    return [
        Outcome(
            method,
            steps,
            tuple(float(a) for a in row),
            seed,
            replace(
                training.of(slice(n * seeds, (n + 1) * seeds)),
                followed=(steps % seeds, [{p: v[n] for p, v in one.items()} for one in followed]),
            ),
        )
        for n, (method, row) in enumerate(zip(METHODS, shares, strict=True))
    ]


def _clipped(gradients: dict[str, Array], which: Array) -> dict[str, Array]:
    """Return the gradients, those of some networks with the norm over all parameters limited."""
    count = len(which)
    flat = np.concatenate([g.reshape(count, -1) for g in gradients.values()], axis=1)
    cut = np.array([by_norm(row, LIMIT) if w else row for row, w in zip(flat, which, strict=True)])
    result, at = {}, 0
    for name, gradient in gradients.items():
        size = gradient[0].size
        result[name] = cut[:, at : at + size].reshape(gradient.shape)
        at += size
    return result


def study(
    seed: int,
    spans: tuple[int, ...] = SPANS,
    seeds: int = SEEDS,
    progress: Progress | None = None,
) -> Iterator[Outcome]:
    """Yield the outcomes of all methods for all lengths, the shortest first."""
    for steps in spans:
        yield from train(steps, seed, seeds, progress)
