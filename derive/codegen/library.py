"""How libraries of arrays are called in emitted source: NumPy's words, and where others differ."""

from __future__ import annotations

from dataclasses import dataclass

SIZE = "size_of({size!r}, sizes)"
"""The number that a size is, looked up by its name in the sizes of a module."""


@dataclass(frozen=True)
class Library:
    """The words of a library.  ``{}`` stands for what is put in; all make arrays of its own type.

    ``module`` has the functions of one argument.  ``ones``, ``zeros`` and ``eye`` are given sizes,
    ``full`` and ``number`` a number, which is a column of one there or an argument of a function.
    ``last_of_all`` and ``last_now`` are 1 at the last step and 0 before, for all steps and in the loop.
    ``mean`` is that of each column, ``spread`` is given what is the same at every step and the sizes
    of a step, ``summed`` adds over axes, ``back`` is what comes back from the next step, which may have
    no value where there is none.  ``size`` is a size by its name,
    ``constant`` holds rows of numbers.
    """

    module: str = "np"
    ones: str = "np.ones({})"
    zeros: str = "np.zeros({})"
    eye: str = "np.eye({})"
    full: str = "np.full(1, {})"
    number: str = "{}"
    last_of_all: str = "(np.arange(1, T + 1) == T)[:, None, None]"
    last_now: str = "float(t == T)"
    mean: str = "{}.mean(axis=-1, keepdims=True)"
    spread: str = "np.broadcast_to({}, (T, 1, {}))"
    summed: str = "{}.sum(axis={})"
    back: str = "({} if t < T else 0.0)"
    size: str = SIZE
    constant: str = "np.array({})"


NUMPY = Library()

TORCH = Library(
    module="torch",
    ones="like.new_ones({})",
    zeros="like.new_zeros({})",
    eye="torch.eye({}).to(like)",
    full="like.new_full((1,), {})",
    number="like.new_tensor({})",
    last_of_all="(torch.arange(1, T + 1).to(like) == T)[:, None, None]",
    mean="{}.mean(dim=-1, keepdim=True)",
    spread="({} + like.new_zeros((T, 1, {})))",
    summed="{}.sum(dim={})",
    constant="{}",
)

JAX = Library(
    module="jnp",
    ones="jnp.ones({}, dtype)",
    zeros="jnp.zeros({}, dtype)",
    eye="jnp.eye({}, dtype=dtype)",
    full="jnp.full(1, {}, dtype)",
    last_of_all="(jnp.arange(1, T + 1) == T)[:, None, None]",
    last_now="jnp.where(t == T, 1.0, 0.0)",
    spread="jnp.broadcast_to({}, (T, 1, {}))",
    back="jnp.where(t < T, {}, 0.0)",
    constant="{}",
)

COMPILED = Library(
    zeros="np.zeros((B, {}))",
    full="np.full((B, 1), {})",
    mean="mean_now({})",
    back="back_now({}, t < T)",
    size="size_{size}",
)
"""NumPy's within a loop that Numba compiles, which knows arrays of one step only."""
