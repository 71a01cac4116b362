"""The commands: one module each, found by its name.  Their modules import nothing heavy."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from derive.cli.terminal import Terminal


class Command(Protocol):
    """What a command's module has; its docstring is the description."""

    __doc__: str | None
    HELP: str

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's arguments."""

    def run(self, args: argparse.Namespace, terminal: Terminal) -> int:
        """Do it; the exit status.  What is heavy is imported in here."""


@cache
def commands() -> dict[str, Command]:
    """Return the commands by name: every module of this package."""
    found: dict[str, Command] = {}
    for module in pkgutil.iter_modules(__path__):
        # A command may have a dash, a module may not.
        found[module.name.replace("_", "-")] = importlib.import_module(f"{__name__}.{module.name}")
    return dict(sorted(found.items()))
