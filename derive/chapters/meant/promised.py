"""How many digits the numbers of an example are shown with: as many as its first sentences promise."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Integer

from derive.chapters.meant.place import Subject
from derive.document.blocks import TableBlock
from derive.document.text import Text
from derive.errors import CheckError
from derive.expressions.equation import Equation, Kind
from derive.expressions.quantities import At
from derive.expressions.shapes import is_vector
from derive.expressions.shown import Rounded
from derive.expressions.walk import atoms_of

OF_THE_LARGEST = 3
"""Digits of the largest entry with which computed numbers are shown."""

DECIMALS = 4
"""Decimals of those in the table of the forward pass, and of what is not said exactly by few."""


def require_digits(speaker: Subject) -> None:
    """Raise a `CheckError` for numbers of an example with fewer digits, or more, than is said there."""
    for equation in speaker.equations:
        if equation.id.startswith(f"{speaker.cell.name}-example-") and not _as_promised(equation):
            raise _unlike(speaker, equation.id)
    for block in speaker.document.blocks:
        if isinstance(block, TableBlock) and block.id == "example-forward":
            for where in _shorter(block, speaker):
                raise _unlike(speaker, where)


def _as_promised(equation: Equation) -> bool:
    """Tell whether the largest entry has the digits, by the text in which it is printed."""
    if equation.kind is not Kind.ROUNDED:
        return True
    for numbers in atoms_of(equation.sides[-1], Rounded):
        texts = [text for row in numbers.texts for text in row]
        largest = max(texts, key=lambda text: abs(float(text)))
        digits = largest.strip("-").replace(".", "").lstrip("0")
        if equation.step.rule == "given":
            if any(len(text.partition(".")[2]) != DECIMALS for text in texts):
                return False
        # A number that is rounded up to the next power of ten has one digit more: 9.996 is 10.00.
        elif digits and len(digits) != OF_THE_LARGEST:
            rounded_up = digits.strip("0") == "1" and len(digits) == OF_THE_LARGEST + 1
            if not rounded_up and ("." in largest or len(digits) < OF_THE_LARGEST):
                return False
    return True


def _shorter(table: TableBlock, speaker: Subject) -> Iterator[str]:
    """Yield where the table of the forward pass has other numbers than exact ones and four decimals."""
    trace = speaker.facts.example
    for row in table.rows:
        for head, cell in zip(table.header[1:], row[1:], strict=True):
            if not isinstance(cell, Rounded) or trace is None:
                continue
            at = head.values.get("value") if isinstance(head, Text) else None
            if not isinstance(at, At) or not isinstance(row[0], Integer):
                continue
            value = trace.value(at.series, int(row[0]))
            exact = (value.T if is_vector(at.series) else value).tolist()
            few = [len(text.partition(".")[2]) < DECIMALS for texts in cell.texts for text in texts]
            if any(few) and [[float(text) for text in texts] for texts in cell.texts] != exact:
                yield f"{table.id}, {at.series.name}"


def _unlike(speaker: Subject, where: str) -> CheckError:
    return CheckError(
        f"document {speaker.document.id} shows the numbers of {where} with other digits than "
        "it says. Nothing is written; correct the chapter that shows it"
    )
