"""What training left behind, looked through: its start, some of its updates, and its test.

The network is written out once more, for a batch at once, and differentiated by complex steps.  What is
said of a method holds for what was done: which weights it began with, whether gradients were clipped,
with which rate and momentum, on which sequences, and how many were answered right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from derive.arrays import Array
from derive.checks.seeded import same, sequences_of_training, weights_of_training
from derive.errors import CheckError
from derive.gradientflow import learning
from derive.gradientflow.chained import unchained
from derive.gradientflow.drawn import normal_problem, require_kind
from derive.gradientflow.learning import Outcome
from derive.gradientflow.outcomes import Training, Update

STEP = 1e-30
NEAR = 1e-7
"""In units of what is added up."""

CLOSE = 1e-9
"""Outputs that differ by less may be in either order: which is the largest is not told."""


def require_trained(outcome: Outcome) -> None:
    """Raise a `CheckError` unless an outcome is that of its method, its steps and its test."""
    training = outcome.training
    if training is None:
        raise _untrue(outcome, "nothing is left of how it came about")
    for problem in (
        *_begun(outcome, training), *_updated(outcome, training), *_tested(outcome, training),
        *_seeded(outcome, training), *unchained(outcome, training),
    ):  # fmt: skip
        raise _untrue(outcome, problem)


def _begun(outcome: Outcome, training: Training) -> Iterator[str]:
    for name, values in training.start.items():
        if len(values) != len(outcome.accuracies):
            yield f"{len(values)} networks are trained, {len(outcome.accuracies)} are told of"
        for value in values:
            if name == "W":
                require_kind("elman", outcome.method.matrix, 1.0, value)
            elif value.shape[1] == 1 and value.any():
                yield f"{name} does not begin with 0"
            elif value.shape[1] > 1 and (
                problem := normal_problem(value * np.sqrt(value.shape[1]))
            ):
                yield f"{name} is not drawn so: {problem}"


def _seeded(outcome: Outcome, training: Training) -> Iterator[str]:
    """Yield what is not drawn from the seeds of an outcome: weights, sequences."""
    shapes = {name: (values.shape[1], values.shape[2]) for name, values in training.start.items()}
    for n in range(len(outcome.accuracies)):
        seed = outcome.seed + n
        for name, drawn in weights_of_training(shapes, seed, outcome.method.matrix):
            if not same([training.start[name][n]], [drawn]):
                yield f"{name} of network {n + 1} is not that of the seed {seed}"
    drawn_inputs = sequences_of_training(
        outcome.seed, outcome.steps, tuple(sorted(update.number for update in training.updates)),
        classes=learning.CLASSES, noise=learning.NOISE, counts=(learning.BATCH, learning.TESTED),
    )  # fmt: skip
    updates = sorted(training.updates, key=lambda update: update.number)
    given = [*(update.inputs["x"] for update in updates), training.tested["x"]]
    if not same(given, drawn_inputs):
        yield f"its sequences are not those of the seed {outcome.seed}"


# -- updates ---------------------------------------------------------------------------------------


def _updated(outcome: Outcome, training: Training) -> Iterator[str]:
    numbers = [update.number for update in training.updates]
    if not {0, learning.UPDATES - 1} <= {*numbers}:
        yield f"the updates {numbers} are not the first and the last of {learning.UPDATES}"
    for update in training.updates:
        yield from _sequences(outcome, update.inputs, learning.BATCH)
        for network in range(len(outcome.accuracies)):
            yield from _network_updated(outcome, update, network)
    first, last = training.updates[0], training.updates[-1]
    for name, value in training.end.items():
        if not np.array_equal(first.before[name], training.start[name]):
            yield f"{name} is another at its first update than it began with"
        if not np.array_equal(last.after[name], value):
            yield f"{name} is another at its test than after its last update"
        if first.velocity[name].any():
            yield f"the momentum of {name} does not begin with 0"


def _network_updated(outcome: Outcome, update: Update, network: int) -> Iterator[str]:
    """Yield what is wrong with an update of a network: its length, or its direction."""
    rng = np.random.default_rng([network, update.number])
    own = {name: values[network] for name, values in update.before.items()}
    moved = {n: (update.after[n] - update.before[n])[network] for n in own}
    # What was taken for the gradient, by the rule of momentum.
    taken = {
        n: (learning.MOMENTUM * update.velocity[n][network] - moved[n]) / learning.RATE for n in own
    }
    norm = float(np.sqrt(sum((array**2).sum() for array in taken.values())))
    scales = []
    for _ in range(3):
        direction = {name: rng.normal(size=value.shape) for name, value in own.items()}
        along = {name: own[name] + 1j * STEP * direction[name] for name in own}
        exact = float(_loss(along, update.inputs).imag) / STEP
        found = sum(float((taken[name] * direction[name]).sum()) for name in own)
        size = sum(float(np.abs(taken[name] * direction[name]).sum()) for name in own)
        scales.append((found, exact, size))
    by = 1.0
    if outcome.method.clipped and norm > learning.LIMIT * (1 - NEAR):
        # Clipping keeps the direction: all are shortened alike, to the norm that is the limit.
        by = sum(f * e for f, e, _ in scales) / sum(e * e for _, e, _ in scales)
        if not 0 < by <= 1 + NEAR or norm > learning.LIMIT * (1 + NEAR):
            yield f"update {update.number} is clipped to {norm:.6g}, not to {learning.LIMIT:g}"
    for found, exact, size in scales:
        if abs(found - by * exact) > NEAR * max(size, 1e-9):
            yield (
                f"update {update.number} of network {network + 1} goes {found:.9g} along a direction "
                f"in which the loss has the slope {exact:.9g}"
                f"{'' if outcome.method.clipped else ', and is not to be clipped'}"
            )


def _outputs(parameters: Mapping[str, Array], inputs: Mapping[str, Array]) -> Array:
    """Return what goes into the softmax after the last step, (rows, sequences)."""
    U, W, V, b, c = (parameters[name] for name in ("U", "W", "V", "b", "c"))
    s = np.zeros((len(W), 1))
    for x in inputs["x"]:
        s = np.tanh(U @ x + W @ s + b)
    return V @ s + c


def _loss(parameters: Mapping[str, Array], inputs: Mapping[str, Array]) -> Array:
    """Return the mean over the sequences of the cross entropy after the last step."""
    z, y = _outputs(parameters, inputs), inputs["y"][-1]
    shifted = z - z.real.max(axis=0)
    found: Array = -(y * (shifted - np.log(np.exp(shifted).sum(axis=0)))).sum() / y.shape[1]
    return found


# -- sequences and test ----------------------------------------------------------------------------


def _sequences(outcome: Outcome, inputs: Mapping[str, Array], count: int) -> Iterator[str]:
    """Yield what is wrong with sequences: their number and length, their class, their noise."""
    x, y = inputs["x"], inputs["y"]
    if x.shape != (outcome.steps, learning.CLASSES, count):
        yield f"{x.shape[2]} sequences of {len(x)} steps are taken, and {count} are told of"
        return
    if not (y.sum(axis=1) == 1).all() or not np.array_equal(y, np.broadcast_to(y[0], y.shape)):
        yield "the targets of a sequence are not its class at every step"
    noise = x.copy()
    noise[0] -= y[0]
    if problem := normal_problem(noise.ravel() / learning.NOISE):
        yield f"the noise of its sequences is not drawn so: {problem}"


def _tested(outcome: Outcome, training: Training) -> Iterator[str]:
    yield from _sequences(outcome, training.tested, learning.TESTED)
    classes: NDArray[np.int_] = training.tested["y"][-1].argmax(axis=0)
    for network, share in enumerate(outcome.accuracies):
        own = {name: values[network] for name, values in training.end.items()}
        z = _outputs(own, training.tested)
        ordered = np.sort(z, axis=0)
        close = int((ordered[-1] - ordered[-2] < CLOSE * np.abs(z).max(initial=1.0)).sum())
        right = int((z.argmax(axis=0) == classes).sum())
        if abs(share * learning.TESTED - right) > close + NEAR:
            yield (
                f"network {network + 1} answers {right} of {learning.TESTED} right, and "
                f"{share * learning.TESTED:g} are told of"
            )


def _untrue(outcome: Outcome, problem: str) -> CheckError:
    return CheckError(
        f"what is told of training {outcome.method.name} for {outcome.steps} steps is not what was "
        f"done: {problem}. Nothing is printed or written; please report it"
    )
