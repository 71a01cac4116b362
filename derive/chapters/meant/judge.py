"""Goes through a document and compares the values of its sentences with what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from derive.chapters.facts import CellFacts
from derive.chapters.meant import (
    adjoints,
    backward,
    cited,
    drawn,
    example,
    general,
    gradients,
    network,
    runs,
)
from derive.chapters.meant.cited import require_papers
from derive.chapters.meant.order import require_order
from derive.chapters.meant.place import Occurrence, Subject
from derive.chapters.meant.promised import require_digits
from derive.chapters.meant.rows import require_letters, require_rows
from derive.chapters.meant.rules import MeantRule
from derive.chapters.meant.tinted import require_tints
from derive.document.blocks import Block, Document, Heading, TableBlock
from derive.document.conditions import Said, said
from derive.document.text import Value
from derive.errors import CheckError
from derive.expressions.quantities import Parameter

PARTS = (
    network.FOUND,
    gradients.FOUND,
    adjoints.FOUND,
    backward.FOUND,
    runs.FOUND,
    cited.FOUND,
    drawn.FOUND,
    example.FOUND,
    general.FOUND,
)

RULES: Mapping[str, Mapping[str, MeantRule]] = {
    key: {name: rule for part in PARTS for name, rule in part.get(key, {}).items()}
    for part in PARTS
    for key in part
}

ELSEWHERE: Mapping[str, str] = {
    "prose.flow.not_monotone": "require_concluded computes the numbers anew",
    "prose.flow.not_size": "require_concluded computes the numbers anew",
    "prose.flow.not_slope": "require_concluded computes the numbers anew",
    "prose.flow.not_tanh": "require_concluded computes the numbers anew",
    "prose.flow.long_range": "require_spread computes the numbers anew",
    "verdict.": "require_runs computes the numbers anew",
    "label.flow.quiet": "require_runs compares the scale with the experiment",
    "label.flow.inputs": "require_runs compares the scale with the experiment",
    "prose.proof.unproved": "require_proved compares with the proofs",
    "prose.learning.": "require_plot, require_table and require_longest compare with the outcomes",
    "table.step": "require_quantities compares the numbers below with those of the step",
    "table.remedies.": "require_angles computes the angles anew",
    "glossary.": "require_rows, as the meaning goes with the symbol beside it",
    "symbol.constant": "require_rows, as the value goes with the symbol beside it",
    "method.proved": "require_rows, as it goes with the equation beside it",
    "list.": "the rule of the placeholder that the list fills",
    "ui.": "the reader compares numbers and references",
    "prose.audit.": "meant.audited compares networks and runs; verdicts are judged by themselves",
    "heading.audit.": "an audit is about claims, whose verdicts are judged by themselves",
    "document.audit": "an audit is about claims, whose verdicts are judged by themselves",
}
"""What compares the values of sentences whose keys begin so, where no rule does."""

_OF_TEXTS = "audit"
"""The chapter on what texts claim: its networks are those of the claims."""


def require_meant(document: Document, facts: CellFacts) -> None:
    """Raise a `CheckError` for a sentence whose value is not what its placeholder means there."""
    speaker = Subject(document, facts)
    require_letters(speaker)
    require_order(speaker)
    require_tints(speaker)
    require_digits(speaker)
    require_papers(document, facts.cell)
    for table in document.blocks:
        if isinstance(table, TableBlock):
            require_rows(table, speaker)
    for block, section, (key, values) in placed(document, facts):
        place = Occurrence(speaker, section, values, block)
        for name, value in values.items():
            rule = RULES.get(key, {}).get(name)
            if rule is None and not _compared_elsewhere(key):
                raise CheckError(
                    f"document {document.id} says {key!r} with {value} for {{{name}}}, and nothing "
                    "tells what is meant there. Nothing is written; give the placeholder a rule"
                )
            if rule is not None and not is_meant(rule, place, value):
                raise CheckError(
                    f"document {document.id} says {key!r} with {value} for {{{name}}}, which is not "
                    "what is meant there. Nothing is written; correct the chapter that fills it"
                )


_NOT_MEANT = (
    ArithmeticError, AssertionError, AttributeError, LookupError, StopIteration, TypeError, ValueError,
)  # fmt: skip


def is_meant(rule: MeantRule, place: Occurrence, value: Value) -> bool:
    """Tell whether a rule holds; of a value of another kind than it is about it doesn't."""
    try:
        return rule(place, value)
    except _NOT_MEANT:
        return False


def _compared_elsewhere(key: str) -> bool:
    return key.startswith(tuple(ELSEWHERE))


def placed(
    document: Document, facts: CellFacts
) -> Iterator[tuple[Block | None, Parameter | None, Said]]:
    """Yield the sentences, each with the parameter that its section is about."""
    parameters = {p.name: p for p in facts.cell.parameters}
    section: Parameter | None = None
    chapter = ""
    yield from ((None, None, one) for one in said(document.title))
    for block in document.blocks:
        if isinstance(block, Heading) and block.level == 1:
            section, chapter = _about(block, parameters), block.id
        for one in said(block) if chapter != _OF_TEXTS else ():
            # A chapter that a table names: the rows of the table are compared with its heading.
            if not (isinstance(block, TableBlock) and one[0].startswith("heading.")):
                yield block, section, one


def _about(heading: Block, parameters: Mapping[str, Parameter]) -> Parameter | None:
    id = heading.id if isinstance(heading, Heading) else ""
    return parameters.get(id.removeprefix("gradient-")) if id.startswith("gradient-") else None
