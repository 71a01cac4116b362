"""Training followed once more, update by update: each is made of the one before, and of its gradients.

One network of each outcome is followed, from what it began with to what it was tested with. Its
gradients are computed by plain loops over the steps, of sequences that are drawn again from the seed,
at the parameters that it had: so that rounding does not grow from one update to the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from derive.arrays import Array
from derive.checks.seeded import updates_of_training
from derive.gradientflow import learning
from derive.gradientflow.learning import Outcome
from derive.gradientflow.outcomes import Training

NEAR = 1e-8
"""How far an update may be from what it should be, in units of the largest entry or of the rate."""


def unchained(outcome: Outcome, training: Training) -> Iterator[str]:
    """Yield which update of the network that is followed does not come from the one before, and how."""
    network, states = training.followed
    if len(states) != learning.UPDATES + 1:
        yield f"{len(states) - 1} updates are left of {learning.UPDATES}"
        return
    for states_of, ends, said in (
        (states[0], training.start, "begins"), (states[-1], training.end, "ends")
    ):  # fmt: skip
        for name, values in ends.items():
            if not np.array_equal(states_of[name], values[network]):
                yield f"{name} of network {network + 1} {said} otherwise than its updates do"
    drawn = updates_of_training(
        outcome.seed, outcome.steps, learning.UPDATES,
        classes=learning.CLASSES, noise=learning.NOISE, count=learning.BATCH,
    )  # fmt: skip
    velocity = {name: np.zeros_like(value) for name, value in states[0].items()}
    for number, (x, classes) in enumerate(drawn):
        before, after = states[number], states[number + 1]
        slopes = _slopes(before, x, classes)
        norm = float(np.sqrt(sum((slope**2).sum() for slope in slopes.values())))
        by = learning.LIMIT / norm if outcome.method.clipped and norm > learning.LIMIT else 1.0
        for name, slope in slopes.items():
            meant = learning.MOMENTUM * velocity[name] - learning.RATE * by * slope
            velocity[name] = after[name] - before[name]
            size = learning.RATE * (1 + by * np.abs(slope).max()) + np.abs(after[name]).max()
            if not np.all(np.abs(velocity[name] - meant) <= NEAR * size):
                yield (
                    f"update {number} of network {network + 1} moves {name} otherwise than its gradient "
                    "and the update before it do"
                )
                return


def _slopes(
    parameters: Mapping[str, Array], x: Array, classes: NDArray[np.int_]
) -> dict[str, Array]:
    """Return the gradients of the mean loss of a batch, (T, inputs, sequences), after its last step."""
    U, W, V, b, c = (parameters[name] for name in ("U", "W", "V", "b", "c"))
    count = x.shape[2]
    driven = U @ x + b
    states = [np.zeros((len(W), count))]
    for given in driven:
        states.append(np.tanh(given + W @ states[-1]))
    z = V @ states[-1] + c
    shares = np.exp(z - z.max(axis=0))
    residual = shares / shares.sum(axis=0)
    residual[classes, np.arange(count)] -= 1
    residual /= count
    moved, back = [], V.T @ residual
    for state in reversed(states[1:]):
        moved.append(back * (1 - state * state))
        back = W.T @ moved[-1]
    every = np.hstack(moved[::-1])
    return {
        "U": every @ np.hstack([*x]).T,
        "W": every @ np.hstack(states[:-1]).T,
        "V": residual @ states[-1].T,
        "b": every.sum(axis=1, keepdims=True),
        "c": residual.sum(axis=1, keepdims=True),
    }
