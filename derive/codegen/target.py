"""The libraries that a module can be written for: NumPy, Numba, PyTorch and JAX."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from derive.cells.cell import Cell
from derive.codegen.emitter import Emitter
from derive.codegen.functions import functions, of_file
from derive.codegen.inloop import CompiledEmitter, ScannedEmitter
from derive.codegen.library import COMPILED, JAX, NUMPY, TORCH, Library
from derive.errors import UsageError
from derive.suggest import suggestion


@dataclass(frozen=True)
class Target:
    """What differs between the modules of two libraries.

    ``templates`` are those of its module, the last of which is rendered; ``own`` are the files with the
    functions that it brings along, a later one before an earlier; ``loop`` writes the lines of loops,
    with the words of ``in_loop``.  ``package`` is what must be installed to try the module, by the extra
    of the same name as the target, and ``needs`` says in the module what it takes.  ``reserved`` are
    further names that no quantity may have, ``called`` the functions that the template calls at a loop.
    """

    name: str
    needs: str
    library: Library = NUMPY
    in_loop: Library = NUMPY
    loop: type[Emitter] = Emitter
    templates: tuple[str, ...] = ("numpy.txt",)
    own: tuple[str, ...] = ()
    package: str = "numpy"
    reserved: tuple[str, ...] = ()
    called: tuple[str, ...] = ()

    def functions(self) -> Mapping[str, str]:
        """Return the source of each function that its modules may bring along, by its name."""
        found = dict(functions()) if self.library is NUMPY else {}
        for file in self.own:
            found |= of_file(file)
        return found

    def taken(self, cell: Cell) -> Iterable[str]:
        """Return the names that no quantity may have, besides those of its templates."""
        sizes = (self.in_loop.size.format(size=size) for size in cell.dimensions)
        return {*self.functions(), *self.reserved, *sizes}


NUMPY_MODULE = Target("numpy", "needs NumPy only.")

TARGETS = {
    target.name: target
    for target in (
        NUMPY_MODULE,
        Target(
            "numba",
            "needs NumPy and Numba.",
            in_loop=COMPILED,
            loop=CompiledEmitter,
            templates=("numpy.txt", "numba.txt"),
            own=("numba_functions.txt",),
            package="numba",
            reserved=("math", "njit", "vectorize"),
        ),
        Target(
            "torch",
            "needs PyTorch, and NumPy to check itself.",
            library=TORCH,
            in_loop=TORCH,
            templates=("numpy.txt", "torch.txt"),
            own=("torch_functions.txt",),
            package="torch",
            reserved=("like", "math", "nn", "torch"),
            called=("whole",),
        ),
        Target(
            "jax",
            "needs JAX.",
            library=JAX,
            in_loop=JAX,
            loop=ScannedEmitter,
            templates=("numpy.txt", "jax.txt"),
            own=("jax_functions.txt",),
            package="jax",
            reserved=("dtype", "jax", "jnp", "lax", "math"),
            called=("begun", "started", "whole"),
        ),
    )
}


def target_named(name: str) -> Target:
    """Return the target of a name; a `UsageError` where there is none."""
    if name not in TARGETS:
        raise UsageError(f"unknown target {name!r}: {suggestion(name, TARGETS)}")
    return TARGETS[name]
