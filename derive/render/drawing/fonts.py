"""Matplotlib as it comes: whatever files and variables around would make of it."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from derive.resources import templates_root

_SETTINGS = {"MATPLOTLIBRC": os.devnull, "MPLBACKEND": "agg"}
"""A file of settings with nothing in it, and no window."""


def load() -> None:
    """Import Matplotlib with its own settings, unless someone has imported it with others."""
    if "matplotlib" in sys.modules:
        return
    # It warns of a home that cannot be written, and then does without.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    before = {name: os.environ.get(name) for name in _SETTINGS}
    os.environ.update(_SETTINGS)
    try:
        with _elsewhere():
            import matplotlib  # noqa: F401
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _elsewhere() -> Iterator[None]:
    """Stand in another folder, if the one here has settings: these it would read first."""
    if not os.path.exists("matplotlibrc"):
        yield
        return
    # By its number, as a folder may have lost its name.
    here = os.open(".", getattr(os, "O_PATH", os.O_RDONLY))
    os.chdir(templates_root())
    try:
        yield
    finally:
        os.fchdir(here)
        os.close(here)
