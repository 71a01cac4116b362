"""The formulas in a generated module, read back: those of its text and those of its comments."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from sympy import Basic, Integer

from derive.checks.readback import ReadComparison
from derive.checks.verify import Verifier
from derive.codegen.module import WrittenModule
from derive.errors import CheckError
from derive.expressions.equation import Equation, Index, Kind, Step
from derive.expressions.quantities import T, t
from derive.numerics.sample import samples
from derive.reading.meaning import read_plain
from derive.reading.passage import Passage, ReadingError
from derive.reading.shapes import ANY
from derive.resources import templates_root
from derive.typesetting import notation

LEADS = ("for every step", "∇ of ")
"""What stands before the formula of a comment."""


def require_formulas(module: WrittenModule) -> None:
    """Raise a `CheckError` unless a module says in formulas what it was written from."""
    text = ast.get_docstring(ast.parse(module.source), clean=False) or ""
    lines = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    _require_count(module, len(lines), len(module.text))
    reader = _FormulaReader(module)
    for line, equation in zip(lines, module.text, strict=True):
        reader.require(line, equation.sides)
    comments = list(formula_comments(module.source).values())
    _require_count(module, len(comments), len(module.comments))
    for comment, formulas in zip(comments, module.comments, strict=True):
        parts = list(_formulas(comment))
        _require_count(module, len(parts), len(formulas))
        for part, sides in zip(parts, formulas, strict=True):
            reader.require(part, sides)


def formula_comments(source: str, templates: Sequence[str] = ("numpy.txt",)) -> dict[int, str]:
    """Return the comments that are none of the templates' own, by the number of the line below."""
    texts = [(templates_root() / "code" / name).read_text(encoding="utf-8") for name in templates]
    own = {line.strip() for text in texts for line in text.splitlines()}
    found, comments = "", {}
    for number, line in enumerate((*(line.strip() for line in source.splitlines()), ""), 1):
        if line.startswith("#") and line not in own:
            found += " " + line[1:].strip()
        elif found:
            comments[number] = found.strip()
            found = ""
    return comments


def _formulas(comment: str) -> Iterator[str]:
    for part in comment.split(": "):
        if part != LEADS[0]:
            yield part.removeprefix(LEADS[1])


def _require_count(module: WrittenModule, found: int, wanted: int) -> None:
    if found != wanted:
        raise CheckError(
            f"the code for {module.derivation.cell.name} has {found} formulas in a place for "
            f"{wanted}. Nothing is written; correct what writes its comments, or what reads them"
        )


class _FormulaReader:
    def __init__(self, module: WrittenModule) -> None:
        derivation = module.derivation
        self.cell, self.notation = derivation.cell, notation.load()
        self.verifier = Verifier(derivation, samples(derivation.cell, derivation.steps, 0))

    def require(self, text: str, sides: tuple[Basic, ...]) -> None:
        """Raise a `CheckError` unless a text writes these sides."""
        every = (Index(t, Integer(1), T),) if t in sides[-1].free_symbols else ()
        equation = Equation("", Kind.DEFINITION, sides, Step("code"), every)
        vocabulary = self.verifier.vocabulary(equation, self.notation.symbols)
        passage = Passage(text, f"the code for {self.cell.name}")
        comparison = ReadComparison(equation, self.verifier, coloured=False)
        try:
            formula = read_plain(
                passage, vocabulary, self.notation.plain, wanted=getattr(sides[-1], "shape", ANY)
            )
            for difference in comparison.differences(formula):
                raise ReadingError(difference.problem, passage, difference.at)
        except ReadingError as error:
            raise CheckError(
                f"a formula in the code for {self.cell.name} does not say what is computed: {error}\n"
                "Nothing is written; correct what prints it, or what reads it"
            ) from error
