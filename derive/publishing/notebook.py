"""What a notebook shows of an equation or a derivation, read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sympy import Basic

from derive.errors import CheckError, shown
from derive.expressions.equation import Equation
from derive.publishing.alone import require_text, text
from derive.typesetting import printing
from derive.typesetting.printing import Dialect

_LATEX = ("$$\\displaystyle ", "$$")


def plain(value: Basic | Equation) -> str:
    """Return a value as one line of text; that of an equation is read back.

    An expression stands in messages, also in those of what reads back.
    """
    made = printing.plain(value)
    if isinstance(value, Equation):
        return require_text(value, made, "source", "plain")
    return made


def tex(value: Basic | Equation) -> str:
    """Return a value as TeX, read back."""
    return require_text(value, printing.tex(value), "source", "latex")


def bundle(head: str | None, equations: Iterable[Equation]) -> dict[str, str]:
    """Return equations in the forms that a notebook chooses from, under a line of text or none.

    A `CheckError` if a text says something else than its equation.
    """
    shown = list(equations)
    made = _bundle(head, shown)
    require_bundle(made, head, shown)
    return made


def _bundle(head: str | None, shown: list[Equation]) -> dict[str, str]:
    def each(dialect: Dialect, before: str, after: str) -> list[str]:
        return [before + text(equation, "source", dialect) + after for equation in shown]

    lines = [head] if head else []
    # What stands between angle brackets is a tag in Markdown, and not seen.
    code = [f"`{line}`" for line in lines]
    return {
        "text/plain": "\n".join([*lines, *each("plain", "", "")]),
        "text/markdown": "\n\n".join([*code, *each("markdown", "$$\n", "\n$$")]),
        "text/latex": "\n".join(each("bare", *_LATEX)),
    }


def require_bundle(
    made: Mapping[str, str], head: str | None, equations: Sequence[Equation]
) -> None:
    """Raise a `CheckError` unless a bundle has all forms, each with the head and these equations."""
    if sorted(made) != ["text/latex", "text/markdown", "text/plain"]:
        raise _failed(f"its forms are {', '.join(made)}")
    forms = (
        ("plain", made["text/plain"].split("\n"), head),
        ("markdown", made["text/markdown"].split("\n\n"), head and f"`{head}`"),
        ("latex", [*map(_inner, made["text/latex"].split("\n"))], None),
    )
    for manner, texts, first in forms:
        if first and texts[:1] != [first]:
            raise _failed(f"as {manner} it begins with {texts[0]}, {first} is meant")
        rest = texts[1:] if first else texts
        if len(rest) != len(equations):
            raise _failed(f"as {manner} it has {len(rest)} formulas, {len(equations)} are meant")
        for equation, one in zip(equations, rest, strict=True):
            require_text(equation, one, "source", manner)


def _inner(line: str) -> str:
    before, after = _LATEX
    if not (line.startswith(before) and line.endswith(after)) or line.count("$$") != 2:
        raise _failed(f"as latex a line is not displayed: {line}")
    return line.removeprefix(before).removesuffix(after)


def _failed(problem: str) -> CheckError:
    return CheckError(
        f"what a notebook would show is not what was meant: {shown(problem)}. Nothing is shown; "
        "correct what makes it"
    )
