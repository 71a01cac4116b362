"""What an error advises or expects, told a second time: formulas by values, names by what was typed."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from derive.cli.asked import CommandLine
from derive.cli.listed import IDS_FOR
from derive.errors import shown
from derive.resources import templates_root

_MATRIX_RESULTS = ("contributions", "step_jacobians", "state_jacobians")
"""The results that are derivatives of a state by a state or a parameter."""

_EXPECTED = {"softmax": "no negative number", "sigmoid": "numbers in 0 … 1"}
"""What targets must be, by the layer of the output."""

_NEAR = 0.8
"""So alike are two names of which one may be meant by the other, at most 1."""

_NUMBERS = ("options", "params", "target")
"""The keys that each file of numbers may have, beside its inputs and initial states."""


def _formulas() -> Mapping[str, tuple[str, Callable[[Any], Any]]]:
    import numpy as np

    return {
        "length": ("s", lambda s: np.sqrt((s**2).sum())),
        "sum": ("s", lambda s: s.sum()),
        "hardtanh": ("a", lambda a: np.clip(a, -1, 1)),
        "power": ("a", lambda a: np.abs(a) ** 0.7),
    }


def untrue_formula(found: re.Match[str], asked: CommandLine) -> str | None:
    """Return which advised formula has another value than its words say, None if it has that."""
    import numpy as np

    from derive.checks.secondreading import SecondReader
    from derive.errors import CheckError

    (what,) = (name for name in _formulas() if found[name])
    name, meant = _formulas()[what]
    column = np.array([[0.3], [1.7], [0.9]])
    known = {name: column, "p": np.array([[0.7]])}
    nothing = cast(Any, SimpleNamespace(columns={}, parameters={}, sizes={"n": len(column)}))
    try:
        value = SecondReader(found[what], nothing, 1, {}, constants=known).whole()
    except (ArithmeticError, CheckError, LookupError, ValueError):
        return f"{found[what]} can't be computed"
    wanted = np.asarray(meant(column))
    if np.size(value) != wanted.size or not np.allclose(np.ravel(value), np.ravel(wanted)):
        return f"{found[what]} is something else"
    return None


def untrue_sum(found: re.Match[str], asked: CommandLine) -> str | None:
    """Return why a size that is written as a sum is not the product that was written."""
    wanted = "+".join([found["letter"]] * int(found["times"]))
    return None if found["sum"] == wanted else f"{found['times']}{found['letter']} is {wanted}"


def untrue_layer(found: re.Match[str], asked: CommandLine) -> str | None:
    """Return why targets are expected to be something else with an output."""
    right = _EXPECTED.get(found["layer"])
    return (
        None
        if found["expected"].startswith(right or "\0")
        else (f"with a {found['layer']} output {right or 'any number'} is expected")
    )


def untrue_gate(found: re.Match[str], asked: CommandLine) -> str | None:
    """Return why the advice on the name of the logits is about another name."""
    names = {found["logits"], found["gate"], found["last"]}
    return None if len(names) == 1 else f"{found['gate']} is not what is called {found['logits']}"


def untrue_left_out(found: re.Match[str], asked: CommandLine) -> str | None:
    """Return which result is said to be left out and is not."""
    names = tuple(re.split(r", | and ", found["names"]))
    return None if names == _MATRIX_RESULTS else f"{', '.join(_MATRIX_RESULTS)} are left out"


def untrue_extent(found: re.Match[str], asked: CommandLine) -> str | None:
    """Return why a gradient is expected in another shape than its parameter has in the file."""
    try:
        tree = json.loads(Path(asked.given("values") or "").read_bytes())
        there = tree["params"][found["name"].rpartition(".")[2]]
        rows, columns = len(there), len(there[0])
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    wanted = f"{rows} × {columns}"
    return None if found["shape"] == wanted else f"the parameter is {wanted}"


def untrue_keys(found: re.Match[str], asked: CommandLine) -> str | None:
    """Return which key of a file of numbers is not among those that are said to be known."""
    names, cell = set(found["names"].split(", ")), asked.word(0) or ""
    # A file may have parameters only, without a word round them.
    whole = bool(names & set(_NUMBERS))
    wanted = [*_NUMBERS, *_declared(cell, "inputs")] if whole else _declared(cell, "parameters")
    missing = [name for name in wanted if name not in names]
    return f"{missing[0]} is known as well" if missing and asked.given("values") else None


def _declared(cell: str, table: str) -> list[str]:
    """Return the names in a table of a network's file, or of the second one of a network that ships."""
    path = Path(cell) if cell.endswith(".toml") else templates_root() / "zoo" / f"{cell}.toml"
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))[table]
        return [name for names in found for name in names.split()]
    except (OSError, ValueError, LookupError, TypeError):
        return []


def untyped(found: re.Match[str], asked: CommandLine) -> str | None:
    """Return what is said to be unknown and was written nowhere, its middle left out or not."""
    # Escaped signs are told otherwise than they were written.
    parts = found["quoted"].rpartition(".")[2].split("…")
    if "\\" in found["quoted"]:
        return None
    typed = "\n".join(map(str, asked.written))
    for file in asked.files:
        path = Path(file)
        if path.is_file() and path.suffix in (".json", ".toml"):
            typed += path.read_text(encoding="utf-8", errors="replace")
        elif path.is_file():
            return None
    missing = [part for part in parts if part not in typed]
    return f"{shown(missing[0])} was written nowhere" if missing else None


def unsuggested(found: re.Match[str], asked: CommandLine) -> str | None:
    """Return which id may be meant by an unknown one, where none is named."""
    from derive.cli.completion import IDS

    ids = IDS.read_text(encoding="utf-8").split()
    mine = [id for id in ids if id.startswith(f"{found['cell']}-")]
    near = get_close_matches(found["id"], mine, n=1, cutoff=_NEAR)
    return f"{near[0]} is near" if near and asked.meant("steps") >= IDS_FOR else None


RULES = (
    (r"(?:the length of a column s is (?P<length>\S+)|the entries of a column s of n is (?P<sum>[^;\s]+)"
     r"|it is (?P<hardtanh>max\(.*\))$|trained it is (?P<power>exp\(.*\))$)", untrue_formula),
    (r"(?P<before>the size '(?P<times>\d)\s*\*?\s*(?P<letter>\w+)' of [^;]*); write (?P<sum>\S+)",
     untrue_sum),
    (r": with an? (?P<layer>\w+) output, expected (?P<expected>[^\n]+)", untrue_layer),
    (r"\. (?P<logits>\w+) are the logits, of which the output is made: where (?P<gate>\w+) is a gate, "
     r"call it something else, and let the last equation be, for example, (?P<last>\w+)\[t\] = \S+",
     untrue_gate),
    # From its beginning only, and never far: each letter of a long word would be a beginning too.
    (r"\b(?P<names>\w+(?:, \w+){0,20} and \w+) are left out, as \S+ has matrices[^\n]*",
     untrue_left_out),
    (r"(?P<before>: (?P<name>[\w.]+) is [\d ×]+): expected (?P<shape>\d+ × \d+), the shape of the "
     r"parameter", untrue_extent),
    (r"(?P<before>unknown key '[^'.]*'): expected one of (?P<names>[^.]+)\.", untrue_keys),
    (r"(?P<before>unknown (?:cell|equation|key|parameter|language|notation)) '(?P<quoted>[^']+)'",
     untyped),
    (r"(?P<before>unknown equation '(?P<id>[^']*)' for (?P<cell>\w+) at T = \d+): there are \d+\.",
     unsuggested),
)  # fmt: skip
"""What is said by its pattern, and what tells why it is not so."""
