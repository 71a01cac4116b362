"""From a name or a file of equations to a cell.

Takes the name of a cell that ships, or a TOML file, and options; gives a `Cell`.  The names alone need
no SymPy.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from derive.cells import zoo
from derive.errors import UsageError, shown
from derive.suggest import suggestion

if TYPE_CHECKING:  # naming the cells needs no SymPy
    from derive.cells.cell import Cell


def names() -> list[str]:
    """Return the names of the cells that ship, in alphabetical order."""
    return sorted(m.name for m in iter_modules(zoo.__path__))


def builder(name: str) -> Callable[..., Cell]:
    """Return the function that builds a cell, by name or from a TOML file; else a `UsageError`."""
    if name.endswith(".toml"):
        return _of_file(Path(name))
    if name not in names():
        how = "`derive list` shows the cells with their equations"
        raise UsageError(f"unknown cell '{shown(name)}': {suggestion(name, names(), how)}")
    build: Callable[..., Cell] = import_module(f"{zoo.__name__}.{name}").build
    return build


def _of_file(path: Path) -> Callable[..., Cell]:
    """Return the function that builds the cell of a file; its options begin with those of the file."""
    from derive.catalogue.building import build
    from derive.catalogue.tomlfile import read

    file = read(path)
    values = file.values
    return partial(
        build, file, output_layer=values.output, loss=values.loss, initial=values.initial
    )


def load(name: str, **options: object) -> Cell:
    """Return a cell by name, with its options; one that it does not have is a `UsageError`."""
    known = options_of(name)
    for option, value in options.items():
        if option not in known:
            raise UsageError(f"cell {name} has no option {option!r}: {suggestion(option, known)}")
        wanted = type(known[option])
        if wanted in (str, bool) and not isinstance(value, wanted):
            words = "a name" if wanted is str else "true or false"
            raise UsageError(f"the option {option} of cell {name} is {value!r}: expected {words}")
    return builder(name)(**options)


def options_of(name: str) -> dict[str, object]:
    """Return the options of a cell with what they are by default."""
    parameters = inspect.signature(builder(name)).parameters
    return {option: parameter.default for option, parameter in parameters.items()}
