"""The words of a module: its docstrings and the comments without a formula.

Each says what is tried elsewhere, by `derive.codegen.behaviour` and `derive.codegen.numbers`. What
else a module says of itself nobody would have tried.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from derive.cells.cell import Cell
from derive.codegen import parts
from derive.codegen.comments import formula_comments
from derive.codegen.kinks import untrue
from derive.codegen.numbers import run
from derive.codegen.partsaid import SAID
from derive.errors import CheckError

ARGUMENTS = """\
All quantities by name, as arrays (T + 2, B, size) whose row t is step t, and "total".

parameters: arrays of the shapes in PARAMETERS.  data: arrays (T, B, size) for the names in DATA.
initial: arrays (size,) or (B, size) for some of the names in INITIAL.
The total loss is summed over steps and sequences."""

GRADIENTS = """\
The total loss, and its gradients by name: of PARAMETERS and INITIAL and of the inputs.

Arguments as for `forward`.  Each gradient has the shape of what it belongs to"""

BATCH = ",\nbut for the initial states it is always (B, size)"

CHECK = """\
The largest relative error of the gradients, against complex steps through `forward`.

On random data of different sizes; each gradient along three random directions.  It is nan
where a number is not finite, infinite where a gradient has another shape, and a KeyError where
one is missing."""

LAYOUT = """\
A column vector of the formulas is a row of an array here, so that W v is v @ W.T, and
arrays are (T + 2, B, size): step t of B sequences is row t, row 0 the initial state, row
T + 1 zero."""

MATRICES = "A matrix that changes from step to step is an array (T + 2, B, rows, columns)."

WRITTEN = "Written by derive from the equations above; needs NumPy only."

_Names: TypeAlias = Mapping[str, Any]
"""The names of a module that was run."""


def _always(names: _Names) -> bool:
    return True


COMMENTS: Mapping[str, tuple[str, Callable[[_Names], bool]]] = {
    "# The name of each parameter, with its shape.": ("PARAMETERS = {", _always),
    "# What `check` allows.": ("TOLERANCE = ", _always),
    "# What comes with the data: T steps, B sequences, and a vector each.": ("DATA = {", _always),
    "# Data that the loss reads and nothing is trained by: no gradient of them is computed.": (
        "GIVEN_ONLY = ", _always
    ),
    "# The initial states that may be given; they are 0 otherwise.": ("INITIAL = {", _always),
    "# Rows and columns of a matrix stand in a list.": (
        "INITIAL = {", lambda names: any(isinstance(n, list) for n in names["INITIAL"].values())
    ),
    "# What `check` draws positive: of other numbers some quantity has no value, as a root has none.": (
        "POSITIVE = ", lambda names: len(names["POSITIVE"]) > 0
    ),
    "# Row T + 1 stays 0: nothing comes back from behind the last step.": (
        r"for t in range\(T, 0, -1\):", _always
    ),
    "# Row T + 1 is any number that divides: what comes back from there is 0.": (
        r"(\w+)\[T \+ 1\] = \1\[T\]$", _always
    ),
    "# Below 1e-4 absolutely: what cancels to 0 has no digits to compare.": (
        r"scale = max\(1e-4, ", _always
    ),
    "# Not the built-in max, for which nan is no larger than anything.": (
        r"return float\(np\.max\(errors\)\)", _always
    ),
}  # fmt: skip
"""Each comment, how the line begins that it stands above, and where it is so.

It stands above the first such line, where there is one, once and nowhere else."""


def require_said(cell: Cell, source: str) -> None:
    """Raise a `CheckError` unless a module says of itself what was tried, and all of it."""
    tree = ast.parse(source)
    found = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    wanted = {"module": _whole(cell), **dict(_functions(cell))}
    said: dict[str, ast.Module | ast.FunctionDef] = {"module": tree, **found}
    for name, text in wanted.items():
        words = ast.get_docstring(said[name]) if name in said else None
        if name == "module" and words is not None:
            words = "\n".join(line for line in words.splitlines() if not line.startswith("    "))
        if words != text:
            raise _untrue(cell, f"the docstring of {name} is {words!r}, where {text!r} is so")
    _require_copied(cell, source, [node for name, node in found.items() if name not in wanted])
    names = run(source)
    _require_comments(cell, source, names)
    for problem in untrue(source, names):
        raise _untrue(cell, problem)


def _whole(cell: Cell) -> str:
    """Return the docstring of a module without its formulas."""
    first = (
        f"{cell.name}: forward pass and gradients over T steps, by back-propagation through time."
    )
    last = [LAYOUT, *([MATRICES] if cell.has_matrices else []), WRITTEN]
    return "\n".join([first, "", "One step:", "", "", *last])


def _functions(cell: Cell) -> Iterator[tuple[str, str]]:
    yield "forward", ARGUMENTS
    yield "gradients", GRADIENTS + ("." if cell.initial == "trainable" else f"{BATCH}.")
    yield "sizes_of", "The sizes by name; ValueError where shapes do not fit together."
    yield "size_of", "A size as a number: its name is looked up, several add up."
    yield "check", CHECK


def _require_copied(cell: Cell, source: str, functions: list[ast.FunctionDef]) -> None:
    """Raise a `CheckError` unless every further function stands in the file that they are tested in.

    And says of itself what somebody has looked at.
    """
    whole = Path(parts.__file__).read_text(encoding="utf-8")
    for node in functions:
        text = ast.get_source_segment(source, node) or ""
        if f"\n{text}\n" not in whole:
            raise _untrue(cell, f"the function {node.name} is not the one that is kept for it")
        words = ast.get_docstring(node)
        if words != SAID.get(node.name):
            raise _untrue(cell, f"the docstring of {node.name} is {words!r}")


def _require_comments(cell: Cell, source: str, names: _Names) -> None:
    lines = source.splitlines()
    of_formulas = set()
    for below in formula_comments(source):
        number = below - 1
        while lines[number - 1].strip().startswith("#"):
            of_formulas.add(number)
            number -= 1
    found: dict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(lines, 1):
        text = textwrap.dedent(line)
        if text.startswith("#") and number not in of_formulas:
            found[text].append(next(n for n in range(number, len(lines)) if not _said(lines[n])))
    for text in found:
        if text not in COMMENTS:
            raise _untrue(cell, f"the comment {text!r} was not tried")
    for text, (above, so) in COMMENTS.items():
        places = (n for n, line in enumerate(lines) if re.match(above, line.strip()))
        first = next(places, None)
        wanted = [] if first is None or not so(names) else [first]
        if found[text] != wanted:
            where = "nowhere" if not wanted else f"above {lines[wanted[0]].strip()!r}, once"
            raise _untrue(cell, f"the comment {text!r} is so {where}, and stands elsewhere or not")


def _said(line: str) -> bool:
    return line.strip().startswith("#")


def _untrue(cell: Cell, problem: str) -> CheckError:
    return CheckError(
        f"the code for {cell.name} says of itself what was not tried: {problem}. Nothing is written; "
        "correct what words it, or what knows the words"
    )
