"""From a name or a file of equations to a cell.

Takes the name of a cell that ships, or a TOML file, and options; gives a `Cell`.  The names alone need
no SymPy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from derive.cells import zoo
from derive.cells.options import Options
from derive.errors import UsageError, shown
from derive.suggest import suggestion

if TYPE_CHECKING:  # naming the cells needs no SymPy
    from derive.cells.cell import Cell


def names() -> list[str]:
    """Return the names of the cells that ship, in alphabetical order."""
    return sorted(m.name for m in iter_modules(zoo.__path__))


@dataclass(frozen=True)
class _Entry:
    """How a cell is built, with the options that it has and what they are by default."""

    build: Callable[[Options], Cell]
    options: Options

    def known(self) -> dict[str, object]:
        return {field.name: getattr(self.options, field.name) for field in fields(self.options)}


def load(name: str, **options: object) -> Cell:
    """Return a cell by name, with its options; one that it does not have is a `UsageError`."""
    entry = _entry(name)
    known = entry.known()
    for option, value in options.items():
        if option not in known:
            raise UsageError(f"cell {name} has no option {option!r}: {suggestion(option, known)}")
        wanted = type(known[option])
        if wanted in (str, bool) and not isinstance(value, wanted):
            words = "a name" if wanted is str else "true or false"
            raise UsageError(f"the option {option} of cell {name} is {value!r}: expected {words}")
    # Their names and types have just been looked at, where no type checker sees it.
    chosen: dict[str, Any] = options
    return entry.build(replace(entry.options, **chosen))


def options_of(name: str) -> dict[str, object]:
    """Return the options of a cell with what they are by default."""
    return _entry(name).known()


def _entry(name: str) -> _Entry:
    """Return what is known of a cell by its name or its TOML file; else a `UsageError`."""
    if name.endswith(".toml"):
        return _of_file(Path(name))
    if name not in names():
        how = "`derive list` shows the cells with their equations"
        raise UsageError(f"unknown cell '{shown(name)}': {suggestion(name, names(), how)}")
    module = import_module(f"{zoo.__name__}.{name}")
    return _Entry(module.build, module.OPTIONS)


def _of_file(path: Path) -> _Entry:
    """Return the entry of a user's file; its options begin with those of the file."""
    from derive.catalogue.building import build
    from derive.catalogue.tomlfile import read

    file = read(path)
    values = file.values
    return _Entry(partial(build, file), Options(values.output, values.loss, values.initial))
