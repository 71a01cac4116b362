"""What is the same in all documents: definitions of LaTeX, and the style sheet, as they were looked at.

A reader knows a macro by its name. What it expands to stands in the file that is written, and could
be anything: an equation with another number, words that are not set, a colour that can't be seen. So
each statement is compared with a table of those that were looked at; one that is changed, is new, or
stands elsewhere is refused by its name.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from derive.errors import CheckError, shown
from derive.reading.statements import SourceStatement, of_css, of_latex, of_lines, of_typst
from derive.reading.typstcalls import BODY

TABLE = Path(__file__).with_name("fixed.txt")
"""The statements that were looked at; `make fixed` writes it anew."""

_BODY = "\\begin{document}"

WITH: dict[str, Callable[[str], bool]] = {
    r"\usepackage{multicol}%": lambda body: "\\shortcontents{" in body,
    r"\usepackage{tikz}%": lambda body: "\\drawing{" in body,
}
"""Statements that stand only above a body that needs them."""

CHINESE = re.compile(r"\\usepackage(\[[^\]]*\])?\{ctex\}%|\\xeCJKDeclareCharClass\{Default\}.*")
"""Those that stand above what has Chinese or Japanese letters in it: TeX says which it lacks."""


@dataclass(frozen=True)
class Allowed:
    """A statement that was looked at: what it is called, and a digest of its text."""

    name: str
    digest: str


def digest(statement: SourceStatement) -> str:
    """Return by what a statement is known."""
    return hashlib.sha256(statement.text.encode()).hexdigest()[:20]


@cache
def known(kind: str) -> tuple[Allowed, ...]:
    """Return the statements that were looked at of a kind, in their order."""
    found, here = list[Allowed](), False
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            here = line == f"[{kind}]"
        elif here and line:
            number, _, name = line.partition("  ")
            found.append(Allowed(name, number))
    return tuple(found)


def require_head(text: str) -> None:
    """Raise a `CheckError` unless what stands above a document in LaTeX was looked at, all of it."""
    head, begin, body = text.partition(_BODY)
    statements = [*of_latex(head)]
    there = {statement.text for statement in statements}
    for needed, needs in WITH.items():
        if begin and (needed in there) != needs(body):
            raise _failed("the head of the LaTeX", f"{needed} is there, or not, without need")
    every = [one for one in known("head") if not _optional(one.name) or one.name in _names(there)]
    _require("the head of the LaTeX", statements, every)


def require_typst_head(text: str) -> None:
    """Raise a `CheckError` unless what stands above a document in Typst was looked at, all of it."""
    _require("the head of the Typst", [*of_typst(text.partition(BODY)[0])], known("typst"))


def require_preamble(text: str) -> None:
    """Raise a `CheckError` unless the preamble for pieces of a document was looked at, all of it."""
    _require("the preamble", [*of_latex(text)], known("preamble"))


def require_style(path: Path) -> None:
    """Raise a `CheckError` unless a file is the style sheet that was looked at."""
    if not path.is_file():
        raise _failed("the style sheet", f"there is none in {path}")
    _require("the style sheet", [*of_css(path.read_text(encoding="utf-8"))], known("style"))


def require_page(statements: Sequence[SourceStatement]) -> None:
    """Raise a `CheckError` unless what a page of HTML carries was looked at, all of it."""
    _require("the head of the page", statements, known("page"))


def require_example(lines: Iterable[str]) -> None:
    """Raise a `CheckError` unless a file of claims to begin with is the one that was looked at."""
    _require("the example", [*of_lines(lines)], known("example"))


def require_template(lines: Iterable[str]) -> None:
    """Raise a `CheckError` unless the file that a new network is begun with is the one looked at."""
    _require("the file of a new network", [*of_lines(lines)], known("begun"))


def require_help_words(command: str, lines: Iterable[str]) -> None:
    """Raise a `CheckError` unless each line of what a command says of itself was looked at."""
    kind = f"help of {command or 'derive'}"
    numbers = {one.digest for one in known(kind)}
    for statement in of_lines(lines):
        if digest(statement) not in numbers:
            raise _failed(f"the {kind}", f"{shortened(statement.text)} was not looked at")


def require_tex_table(lines: Iterable[str]) -> None:
    """Raise a `CheckError` unless the list of what TeX needs, and from where, is the one looked at."""
    _require("the list of what TeX needs", [*of_lines(lines)], known("needed by TeX"))


def require_looks(looks: str) -> None:
    """Raise a `CheckError` unless pictures on pages of Sphinx look as those that were looked at."""
    _require("a picture on a page", [*of_lines([looks])], known("picture"))


def require_signs(text: str) -> None:
    """Raise a `CheckError` unless LaTeX by Sphinx declares each sign of code as it was looked at."""
    lines = text.splitlines()
    for one in known("signs"):
        declared = one.name.split("}")[0]
        last = [line for line in lines if line.startswith(f"{declared}}}")][-1:]
        if [digest(statement) for statement in of_lines(last)] != [one.digest]:
            raise _failed(
                "the LaTeX by Sphinx", f"{one.name} is {' '.join(last) or 'missing'} there"
            )


def _names(texts: Iterable[str]) -> set[str]:
    return {shortened(text) for text in texts}


def _optional(name: str) -> bool:
    return name in WITH or CHINESE.fullmatch(name) is not None


def shortened(text: str) -> str:
    """Return a statement as it is called in the table: its first line, or the beginning of that."""
    return text.split("\n", 1)[0][:90].rstrip()


def _require(what: str, found: Sequence[SourceStatement], wanted: Sequence[Allowed]) -> None:
    numbers = {one.digest for one in wanted}
    for statement in found:
        if digest(statement) not in numbers:
            raise _failed(what, f"{shortened(statement.text)} was not looked at as it stands there")
    for at, one in enumerate(wanted):
        if at >= len(found) or digest(found[at]) != one.digest:
            raise _failed(what, f"{one.name} does not stand in its place")
    if len(found) > len(wanted):
        raise _failed(what, f"{shortened(found[len(wanted)].text)} stands there twice")


def _failed(what: str, problem: str) -> CheckError:
    return CheckError(
        f"{what} is not what was looked at: {shown(problem, 300)}. Nothing is written; correct it, "
        "or look at a document with it, and then renew the table by `make fixed`"
    )
