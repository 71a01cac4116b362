"""What a module for another library says of itself and does around its formulas, as it was looked at.

What it computes is compared with the module for NumPy. Its docstrings and comments, what hands its
gradients to the library, and its own check stand in templates; each line of these was looked at, and
each such line of a module must be one of them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from derive.codegen import parts
from derive.codegen.comments import formula_comments
from derive.codegen.target import Target
from derive.errors import CheckError
from derive.publishing.fixed import digest, known, shortened
from derive.reading.statements import of_lines
from derive.resources import templates_root

COMPUTING = frozenset("forward gradients backward forward_loop backward_loop".split())
"""The functions whose statements are compared by what they compute."""

_MARK = re.compile(r"<%.*?%>|<<.*?>>")

_PUT_IN = r"[\w\"':, ]*"
"""Names, sizes and numbers."""


def lines_of(target: Target) -> list[str]:
    """Return the lines of the templates of a target, as they are looked at."""
    names = dict.fromkeys((*target.templates, "sizes.txt", *target.own))
    texts = [(templates_root() / "code" / name).read_text(encoding="utf-8") for name in names]
    every = (line.strip() for text in texts for line in text.splitlines())
    return [*dict.fromkeys(line for line in every if line)]


def require_code_looked(source: str, target: Target) -> None:
    """Raise a `CheckError` unless what a module says, and does beside its formulas, was looked at."""
    numbers = {one.digest for one in known(f"code for {target.name}")}
    allowed = []
    for statement in of_lines(lines_of(target)):
        if digest(statement) not in numbers:
            raise _unlike(target, shortened(statement.text))
        allowed.append(statement.text)
    patterns = _patterns(tuple(allowed))
    # The functions that NumPy's modules bring along are read where they are kept.
    own = {line.strip() for line in Path(parts.__file__).read_text(encoding="utf-8").splitlines()}
    for line in _governed(source, target):
        if line not in own and not any(pattern.fullmatch(line) for pattern in patterns):
            raise _unlike(target, line)


@cache
def _patterns(lines: Sequence[str]) -> tuple[re.Pattern[str], ...]:
    # What is put in alone, line by line, is what a network computes.
    return tuple(re.compile(_pattern(line)) for line in lines if _MARK.sub("", line).strip())


def _pattern(line: str) -> str:
    """Return a template's line as a pattern: what is put in is anything, what is chosen one of two."""
    made, at = "", 0
    for mark in _MARK.finditer(line):
        made += re.escape(line[at : mark.start()])
        word = mark[0][2:-2].strip().partition(" ")[0]
        made += {"if": "(?:", "else": "|", "endif": ")?", "for": "(?:", "endfor": ")*"}.get(
            word, _PUT_IN
        )
        at = mark.end()
    made += re.escape(line[at:])
    # What is chosen may begin or end on another line.
    return made if made.count("(?:") == made.count(")?") + made.count(")*") else _loose(line)


def _loose(line: str) -> str:
    """Return a line whose choice ends on another one as a pattern: what is not chosen is left out."""
    first, *rest = map(re.escape, _MARK.split(line))
    return first + "".join(f"(?:{_PUT_IN}{part})?" for part in rest) + r"\.?"


def _governed(source: str, target: Target) -> Iterator[str]:
    """Yield the lines of a module that say something, or do what is not compared by numbers."""
    tree, lines = ast.parse(source), source.splitlines()
    code: set[int] = set()
    for node in tree.body:
        computing = isinstance(node, ast.FunctionDef) and node.name in COMPUTING
        if isinstance(node, ast.Assign) or computing:
            code |= {*range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    said = {*_said(tree)}
    formulas: set[int] = set()
    for below in formula_comments(source, target.templates):
        number = below - 1
        while lines[number - 1].strip().startswith("#"):
            formulas.add(number)
            number -= 1
    document = ast.get_docstring(tree, clean=False) or ""
    head = {*range(1, document.count("\n") + 2)}
    for number, line in enumerate(lines, 1):
        text = line.strip()
        comment = text.startswith("#") and number not in formulas
        if (
            text
            and number not in head
            and (comment or number in said or number not in code | formulas)
        ):
            yield text


def _said(tree: ast.Module) -> Iterator[int]:
    """Yield the numbers of the lines of docstrings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            first = node.body[0]
            yield from range(first.lineno, (first.end_lineno or first.lineno) + 1)


def _unlike(target: Target, line: str) -> CheckError:
    return CheckError(
        f"the code for {target.name} has a line that was not looked at: {line[:200]!r}. Nothing is "
        "written; correct it, or look at a module with it, and then renew the table by `make fixed`"
    )
