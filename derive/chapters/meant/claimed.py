"""What is meant where an audit tells of its claims: their order, words, places, texts and verdicts."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from derive.audit import Claims, Judgement, Tested
from derive.chapters.meant.claimparts import Judged, require_told
from derive.chapters.meant.signs import require_signs
from derive.document.blocks import Block, Bullets, Display, Heading, Prose, TableBlock
from derive.document.text import Code, Number, Text, Url, Value
from derive.errors import CheckError
from derive.expressions.quantities import T, t

ORDER = ("slip", "misconception", "control", "")

READINGS = {
    "convention": "convention", "value": "never", "shape": "never", "right": "always",
    "harmless": "always",
}  # fmt: skip
"""What is said before the readings of a claim, by its verdict."""


def require_claims(blocks: Sequence[Block], judged: Judged) -> list[Block]:
    """Return the blocks of an audit; a `CheckError` unless they tell of these verdicts, in order."""
    ordered = [pair for kind in ORDER for pair in judged if pair[1].claim.kind == kind]
    _require_table(blocks, ordered)
    _require_texts(blocks, ordered)
    _require_names(blocks, ordered)
    kind, number = None, 0
    _require_intro(blocks, judged)
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
    _require_horizons(blocks, ordered)
    require_told(blocks, ordered)
    return require_signs(blocks, "an audit")


def _require_intro(blocks: Sequence[Block], judged: Judged) -> None:
    """Compare the first sentence with the claims, and with where their numbers were drawn."""
    (said,) = [b.values for b in blocks if isinstance(b, Prose) and b.key == "prose.audit.intro"]
    good = [j for _, j in judged if j.right is None and all(one.trial.holds for one in _every(j))]
    seeds = {int(s) for _, j in judged for s in re.findall(r"^seed (\d+)", j.written.trial.where)}
    _same((said["count"], said["right"]), (len(judged), len(good)), "the number of claims")
    first, last = said["seed"], said["seed"] + said["seeds"]  # type: ignore[operator]
    _same(all(seed in range(first, last) for seed in seeds), True, "the seeds")  # type: ignore[arg-type]


def _every(finding: Judgement) -> Iterator[Tested]:
    yield from finding.readings.values() or [finding.written]


def _tested(finding: Judgement) -> Iterator[Tested]:
    shown = finding.condition if finding.verdict.value == "overflow" else finding.written
    assert shown is not None, "what overflows holds under its condition"
    yield from finding.readings.values() or [shown]
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
    if block.key.startswith("prose.audit.correct") or block.key == "prose.audit.better":
        better = finding.verdict.value in ("harmless", "overflow")
        plain = "prose.audit.correct_here" if claim.right_here else "prose.audit.correct"
        meant = "prose.audit.better" if better else plain
        _same(block.key, meant, f"what its correction is of {claim.id}")
    values, trial = block.values, finding.written.trial
    if block.key == "prose.audit.horizon":
        _same((values["T"], values["steps"]), (T, claim.data.T), f"the steps of {claim.id}")
    if block.key == "prose.audit.given_inputs":
        given = {str(x[t]): claim.data.numbers.get(x.name) for x in claim.data.build().inputs}
        value = values["value"]
        size = value.value if isinstance(value, Number) else None
        _same(size, given[str(values["input"])], f"the input of {claim.id}")
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
        if verdict == "shape":
            _same(said == "shape_sides", trial.sides_differ, f"what is wrong in {claim.id}")
        _same(fits, True, f"the verdict on {claim.id}")


def _require_table(blocks: Sequence[Block], ordered: Judged) -> None:
    table = next(b for b in blocks if isinstance(b, TableBlock) and b.id == "audit-summary")
    heads = tuple(
        map(
            Text,
            ("table.audit.number", "table.audit.claim", "table.audit.verdict", "table.audit.size"),
        )
    )
    _same(table.header, heads, "the heads of its table")
    _same(len(table.rows), len(ordered), "the rows of its table")
    for number, (row, (claims, finding)) in enumerate(zip(table.rows, ordered, strict=True), 1):
        verdict = Text(f"verdict.audit.{finding.verdict.value}")
        _same(row[:3], (number, _word(claims, finding, "says"), verdict), f"row {number}")
        size = row[3].value if isinstance(row[3], Number) else None
        trials = [one.trial for one in _every(finding)]
        errors = [0.0, *(trial.error for trial in trials if not trial.holds)]
        wanted = max(errors) if 0 < max(errors) < math.inf else None
        _same(size, wanted, f"the size in row {number}")


def _require_horizons(blocks: Sequence[Block], ordered: Judged) -> None:
    """Raise a `CheckError` unless it is told what T is of each claim that ships and has the letter."""
    if any(claims.source is not None for claims, _ in ordered):
        # What a user's names stand for may have it too.
        return
    told = {"prose.audit.horizon", "prose.audit.run", "prose.audit.run_inputs"}
    wanted = [
        j.claim.id for _, j in ordered
        if j.claim.data.experiment or any(re.search(r"\bT\b", f) for f in _texts(j))
    ]  # fmt: skip
    found = [b for b in blocks if isinstance(b, Prose) and b.key in told]
    _same(len(found), len(wanted), f"of how many claims it is told what T is ({wanted})")


def _texts(finding: Judgement) -> Iterator[str]:
    claim = finding.claim
    for one in (claim.written, claim.right, *(reading.formula for reading in claim.readings)):
        if one is not None:
            # Behind a point it is a transpose.
            yield one.text.replace(".T", "'")


def _require_names(blocks: Sequence[Block], ordered: Judged) -> None:
    """Raise a `CheckError` for two networks that ship and are called the same."""
    if all(claims.source is None for claims, _ in ordered):
        keys = ("prose.audit.network", "prose.audit.network_linear")
        said = [b for b in blocks if isinstance(b, Prose) and b.key in keys]
        names = [(b.key, b.values["cell"]) for b in said]
        double = [name for n, name in enumerate(names) if name in names[:n]]
        _same(double, [], "the networks, each with a name of its own")


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
    untold = len({None} & {j.claim.text for _, j in ordered})
    keys = [b.key for b in blocks if isinstance(b, Prose) and b.key.startswith("prose.audit.texts")]
    every = ["prose.audit.texts_some" if untold else "prose.audit.texts"]
    _same(keys, every if wanted else [], "whether each claim has a text")


def _same(found: object, wanted: object, what: str) -> None:
    if found != wanted:
        raise CheckError(
            f"an audit does not tell what was found: {what}: {found} stands there, {wanted} is meant. "
            "Nothing is written; correct the chapter that fills it"
        )
