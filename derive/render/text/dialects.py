"""Dialects of Markdown: how a site wants mathematics, numbers, anchors and references written.

The TeX of a formula is the same in all of them; a dialect puts around it what its site reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from derive.errors import RenderError, UsageError
from derive.suggest import suggestion


@dataclass(frozen=True)
class MarkdownDialect:
    """One dialect.

    ``math`` writes a formula within a line, ``display`` one on display from its TeX, number and
    anchor, ``anchor`` makes a place that can be referred to, ``equation_link`` refers to an equation
    by its anchor and number.  Where ``numbers`` is false, the site numbers equations by itself, and
    algorithms are lists whose formulas are on display, as in tables it would number none.
    """

    name: str
    math: Callable[[str], str]
    display: Callable[[str, str, str], str]
    anchor: Callable[[str], str]
    equation_link: Callable[[str, str], str]
    numbers: bool = True
    adapted: Callable[[str], str] = lambda tex: tex


def _dollars(tex: str) -> str:
    return f"${tex}$"


def _html_anchor(anchor: str) -> str:
    return f'<a id="{anchor}"></a>'


def _link(anchor: str, inner: str) -> str:
    return f"[{inner}](#{anchor})"


def _texted(tex: str, number: str, anchor: str) -> str:
    return f"{_html_anchor(anchor)}\n\n$$\n{tex} \\qquad\\text{{({number})}}\n$$"


def _tagged(tex: str, number: str, anchor: str) -> str:
    return f"{_html_anchor(anchor)}\n\n$$\n{tex} \\tag{{{number}}}\n$$"


def _fenced(tex: str, number: str, anchor: str) -> str:
    return f"{_html_anchor(anchor)}\n\n```math\n{tex} \\qquad\\text{{({number})}}\n```"


def _directive(tex: str, number: str, anchor: str) -> str:
    return f"```{{math}}\n:label: {anchor}\n\n{tex}\n```"


def _for_github(tex: str) -> str:
    """Return TeX without the commands that GitHub refuses; words of functions keep their space.

    Before a parenthesis they have none.
    """
    tex = re.sub(r"\\operatorname\{(\w+)\}(?=\s*(\(|\\left\b|\\[bB]igg?l\b))", r"\\mathrm{\1}", tex)
    return re.sub(r"\\operatorname\{(\w+)\}", r"\\mathrm{\1}\\,", tex)


_DIALECTS = {
    dialect.name: dialect
    for dialect in (
        MarkdownDialect("common", _dollars, _texted, _html_anchor, _link),
        MarkdownDialect(
            "github", lambda tex: f"$`{tex}`$", _fenced, _html_anchor, _link, adapted=_for_github
        ),
        MarkdownDialect("mkdocs", _dollars, _tagged, _html_anchor, _link),
        MarkdownDialect(
            "myst",
            lambda tex: f"{{math}}`{tex}`",
            _directive,
            lambda anchor: f"({anchor})=",
            lambda anchor, inner: f"{{eq}}`{anchor}`",
            numbers=False,
        ),
    )
}

COMMON = _DIALECTS["common"]
"""What most renderers read; no other is written unless it is named."""


def dialects() -> list[str]:
    """Return the names of all dialects."""
    return list(_DIALECTS)


def dialect_named(name: str) -> MarkdownDialect:
    """Return a dialect by its name; a `UsageError` if there is none."""
    if name not in _DIALECTS:
        raise UsageError(f"no dialect of Markdown {name!r}: {suggestion(name, _DIALECTS)}")
    return _DIALECTS[name]


def one_line(tex: str) -> str:
    """Return TeX on one line; a `RenderError` if it would end the mathematics that it stands in."""
    _whole(tex)
    return " ".join(tex.split())


def lines(tex: str) -> str:
    """Return TeX without blank lines, which would end the mathematics; errors as `one_line`."""
    _whole(tex)
    return "\n".join(line for line in tex.splitlines() if line.strip())


def _whole(tex: str) -> None:
    for sign, word in (("$", "a dollar sign"), ("`", "a backtick")):
        if sign in tex:
            raise RenderError(f"a formula has {word}, which ends mathematics: {tex}")
