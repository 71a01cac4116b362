"""The file of a new network, read back: its name, and whether its comments say what is so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from derive.cli.same import require_same
from derive.resources import templates_root

_FUNCTIONS = re.compile(r"# Functions:((?:.*\n)+?)# Names:")
_TAKEN = re.compile(r"# Taken:((?:.*\n)+?)\n")
_FILLED = ("NAME", "FILE", "FUNCTIONS")

OF_VECTORS = frozenset("softmax logsumexp layernorm mean diag stack".split())
"""The functions that are told apart in the file, as they do not act element by element."""

OTHERS = frozenset(("sd", "norm"))
"""Functions of vectors that claims have, and cells have not."""


def require_begun(text: str, path: Path) -> None:
    """Raise a `CheckError` unless a file is the one that is to be begun with under a name."""
    from derive.publishing.fixed import require_template

    require_same("the name", tomllib.loads(text).get("name"), path.stem)
    named = set(re.findall(r"^#     derive \w+ (\S+)", text, re.MULTILINE))
    require_same("the file that is spoken of", named, {path.name})
    _require_functions(text)
    _require_taken(text)
    original = (templates_root() / "cells" / "new.toml").read_text(encoding="utf-8").splitlines()
    require_template(original)
    kept = [line for line in original if not any(word in line for word in _FILLED)]
    lines = iter(text.splitlines())
    missing = [line for line in kept if line not in lines]
    require_same("what is kept of the file that ships", missing, [])


def _require_functions(text: str) -> None:
    """Compare the functions with those that are known to a second arithmetic."""
    from derive.checks.secondarithmetic import FUNCTIONS

    found = _FUNCTIONS.search(text)
    each, _, rest = (found[1] if found else "").partition("(element by element)")
    names = set(re.findall(r"\w+", each))
    # Some are for what is derived, and stand in no file.
    known = {name for name in FUNCTIONS if not name.startswith(("rho", "sigma_", "exp_"))}
    others = set(re.findall(r"\w+", rest.partition(" is one above")[0])) & OF_VECTORS
    require_same("the functions of vectors", others, set(OF_VECTORS))
    by_element = (known | {"max", "min"}) - OF_VECTORS - OTHERS
    require_same("the functions", sorted(names), sorted(by_element))


def _require_taken(text: str) -> None:
    """Compare the names that are said to be taken with those that a file is refused for."""
    from derive.catalogue.cellnames import TAKEN

    found = _TAKEN.search(text)
    said = re.sub(r"\([^)]*\)", " ", found[1].replace("#", " ") if found else "")
    names = set(re.findall(r"\w+", said)) - {"the", "functions"}
    require_same("the names that are taken", sorted(names), sorted({*TAKEN, "z", "d"}))
