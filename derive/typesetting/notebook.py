"""What a notebook shows of an equation or a derivation."""

from __future__ import annotations

from collections.abc import Iterable

from derive.expressions.equation import Equation
from derive.typesetting import layout
from derive.typesetting.printing import Dialect, Printer, plain, tex

__all__ = ["bundle", "plain", "tex"]


def bundle(head: str | None, equations: Iterable[Equation]) -> dict[str, str]:
    """Return equations in the forms that a notebook chooses from, under a line of text or none."""
    shown = list(equations)

    def each(dialect: Dialect, before: str, after: str) -> list[str]:
        printer = Printer(dialect=dialect)
        return [before + layout.display(printer, equation) + after for equation in shown]

    lines = [head] if head else []
    # What stands between angle brackets is a tag in Markdown, and not seen.
    code = [f"`{line}`" for line in lines]
    return {
        "text/plain": "\n".join([*lines, *each("plain", "", "")]),
        "text/markdown": "\n\n".join([*code, *each("markdown", "$$\n", "\n$$")]),
        "text/latex": "\n".join(each("bare", "$$\\displaystyle ", "$$")),
    }
