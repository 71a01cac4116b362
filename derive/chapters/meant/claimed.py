"""What is meant where an audit tells of its claims: their order, words, places, texts and verdicts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from derive.audit import Claims, Judgement, Tested
from derive.document.blocks import Block, Bullets, Display, Heading, Prose, TableBlock
from derive.document.text import Code, Number, Text, Url, Value
from derive.errors import CheckError

ORDER = ("slip", "misconception", "control", "")

READINGS = {
    "convention": "convention", "value": "never", "shape": "never", "right": "always",
    "harmless": "always",
}  # fmt: skip
"""What is said before the readings of a claim, by its verdict."""

Judged = Sequence[tuple[Claims, Judgement]]


def require_claims(blocks: Sequence[Block], judged: Judged) -> list[Block]:
    """Return the blocks of an audit; a `CheckError` unless they tell of these verdicts, in order."""
    ordered = [pair for kind in ORDER for pair in judged if pair[1].claim.kind == kind]
    _require_table(blocks, ordered)
    _require_texts(blocks, ordered)
    kind, number = None, 0
    for block in blocks:
        if isinstance(block, Heading):
            kind = block.key.rpartition(".")[2]
        if isinstance(block, Prose) and block.key.startswith("prose.audit.item"):
            number += 1
            _same(number <= len(ordered), True, "a claim more than there are")
            _same(kind, ordered[number - 1][1].claim.kind or "other", f"claim {number}, its kind")
        if number:
            _require_block(block, number, *ordered[number - 1])
    _same(number, len(ordered), "the number of claims")
    told = [
        b.equation for b in blocks if isinstance(b, Display) and b.equation.id.startswith("claim-")
    ]
    _same(told, [one.equation for _, j in ordered for one in _tested(j)], "the formulas of claims")
    return [*blocks]


def _tested(finding: Judgement) -> Iterator[Tested]:
    yield from finding.readings.values() or [finding.written]
    if finding.right is not None:
        yield finding.right


def _word(claims: Claims, finding: Judgement, key: str) -> Value:
    if claims.source is None:
        return Text(f"claims.{claims.name}.{finding.claim.id}.{key}")
    return finding.claim.words.get(key, finding.claim.id if key == "says" else "")


def _reading(claims: Claims, finding: Judgement, name: str) -> Value:
    if claims.source is None:
        return Text(f"claims.{claims.name}.{finding.claim.id}.reading-{name}")
    return next(one.words or name for one in finding.claim.readings if one.name == name)


def _require_block(block: Block, number: int, claims: Claims, finding: Judgement) -> None:
    claim = finding.claim
    if isinstance(block, Bullets):
        lines = [
            Text(f"prose.audit.{'holds' if one.trial.holds else 'fails'}", {
                "reading": _reading(claims, finding, name)})
            for name, one in finding.readings.items()
        ]  # fmt: skip
        _same(all(item in lines for item in block.items), True, f"the readings of {claim.id}")
    if not isinstance(block, Prose):
        return
    values, trial = block.values, finding.written.trial
    known: dict[str, object] = {
        "number": number, "place": claim.place, "says": _word(claims, finding, "says"),
        "explanation": _word(claims, finding, "explanation"),
        "condition": _word(claims, finding, "condition"), "quote": Code(claim.quote),
        "text": claim.text and claim.text.title,
    }  # fmt: skip
    for key, wanted in known.items():
        if key in values:
            _same(values[key], wanted, f"the {key} of {claim.id}")
    for key, found in (("left", trial.left), ("right", trial.right), ("error", trial.error)):
        if key in values:
            value = values[key]
            same = isinstance(value, Number) and found is not None and value.value == found
            _same(same, True, f"the {key} of {claim.id}")
    if block.key.startswith("prose.audit.item"):
        there = {"text": claim.text is not None, "place": bool(claim.place)}
        _same({key: key in values for key in there}, there, f"what is told of {claim.id}")
    said = block.key.removeprefix("prose.audit.")
    if said in READINGS.values() and finding.readings:
        _same(said, READINGS[finding.verdict.value], f"the verdict on {claim.id}")
    elif "explanation" in values and not finding.readings:
        verdict = finding.verdict.value
        numbers = {"numbers", "value", "unbounded", "absolute"}
        fits = said in numbers if verdict == "value" else said.startswith(verdict)
        _same(fits, True, f"the verdict on {claim.id}")


def _require_table(blocks: Sequence[Block], ordered: Judged) -> None:
    table = next(b for b in blocks if isinstance(b, TableBlock) and b.id == "audit-summary")
    heads = tuple(Text(f"table.audit.{key}") for key in ("number", "claim", "verdict", "size"))
    _same(table.header, heads, "the heads of its table")
    _same(len(table.rows), len(ordered), "the rows of its table")
    for number, (row, (claims, finding)) in enumerate(zip(table.rows, ordered, strict=True), 1):
        verdict = Text(f"verdict.audit.{finding.verdict.value}")
        _same(row[:3], (number, _word(claims, finding, "says"), verdict), f"row {number}")
        trial = finding.written.trial
        size = row[3].value if isinstance(row[3], Number) else None
        measured = not trial.holds and trial.misfit is None and trial.error != 0
        same = size is not None and (size == trial.error or math.isinf(trial.error))
        _same(same if measured else size is None, True, f"the size in row {number}")


def _require_texts(blocks: Sequence[Block], ordered: Judged) -> None:
    """Compare the texts that are listed with those that the claims name."""
    wanted = [
        {"title": text.title, **({"by": text.by} if text.by else {}),
         **({"link": Url(text.link)} if text.link else {})}
        for text in dict.fromkeys(j.claim.text for _, j in ordered)
        if text is not None
    ]  # fmt: skip
    items = [i for b in blocks if isinstance(b, Bullets) for i in b.items if isinstance(i, Text)]
    found = [dict(i.values) for i in items if i.key.startswith("prose.audit.text")]
    _same(found, wanted, "the texts")


def _same(found: object, wanted: object, what: str) -> None:
    if found != wanted:
        raise CheckError(
            f"an audit does not tell what was found: {what}: {found} stands there, {wanted} is meant. "
            "Nothing is written; correct the chapter that fills it"
        )
