"""What a notebook shows of an equation or a derivation, read back."""

from __future__ import annotations

from collections.abc import Iterable

from derive.expressions.equation import Equation
from derive.publishing.alone import text
from derive.typesetting.printing import Dialect, plain, tex

__all__ = ["bundle", "plain", "tex"]


def bundle(head: str | None, equations: Iterable[Equation]) -> dict[str, str]:
    """Return equations in the forms that a notebook chooses from, under a line of text or none.

    A `CheckError` if a text says something else than its equation.
    """
    shown = list(equations)

    def each(dialect: Dialect, before: str, after: str) -> list[str]:
        return [before + text(equation, "source", dialect) + after for equation in shown]

    lines = [head] if head else []
    # What stands between angle brackets is a tag in Markdown, and not seen.
    code = [f"`{line}`" for line in lines]
    return {
        "text/plain": "\n".join([*lines, *each("plain", "", "")]),
        "text/markdown": "\n\n".join([*code, *each("markdown", "$$\n", "\n$$")]),
        "text/latex": "\n".join(each("bare", "$$\\displaystyle ", "$$")),
    }
