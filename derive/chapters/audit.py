"""Where the usual presentation goes wrong: claims of texts, their verdicts, and what is right."""

from __future__ import annotations

from collections.abc import Iterator
from math import isinf

from derive.audit import Claim, Claims, ClaimVerifier, Judgement, Tested, Verdict, judge, shipped
from derive.chapters.context import Context, heads
from derive.chapters.report import Report
from derive.document.blocks import Block, Bullets, Display, Heading, Prose, TableBlock
from derive.document.text import Number, Ref, Text, Value
from derive.progress import Progress


def audit(
    report: Report,
    seed: int,
    files: tuple[Claims, ...] | None = None,
    progress: Progress | None = None,
) -> Iterator[Block]:
    """Yield the chapter for files of claims; those that ship, if none are given."""
    given = shipped() if files is None else files
    judged = []
    for claims in given:
        found = []
        for claim in claims.claims:
            if progress is not None:
                progress(f"claim {claim.id}")
            found.append(judge(claim, seed))
        judged.append((claims, found))
    count = sum(len(found) for _, found in judged)
    yield Heading("heading.audit.title", 1, "audit")
    yield Prose("prose.audit.intro", {"count": count, "seed": seed})
    yield Prose("prose.audit.table", {"table": Ref("audit-summary")})
    yield _summary(judged)
    for claims, found in judged:
        yield _heading(claims)
        for finding in found:
            yield from _details(claims, finding, report)


def chapter(c: Context) -> Iterator[Block]:
    """Yield the audit of the claims that ship as a chapter of a handout."""
    yield from audit(c.report, c.seed)


def _heading(claims: Claims) -> Heading:
    id = "audit-" + "".join(c if c.isalnum() else "-" for c in claims.name)
    if claims.source is not None:
        return Heading("heading.audit.other", 2, id, {"source": claims.source})
    return Heading(f"heading.audit.{claims.name}", 2, id)


def _summary(judged: list[tuple[Claims, list[Judgement]]]) -> TableBlock:
    rows = tuple(
        (
            finding.claim.place,
            says(claims, finding.claim),
            Text(f"verdict.audit.{finding.verdict.value}"),
            _size(finding),
        )
        for claims, found in judged
        for finding in found
    )
    header = heads("table.audit", "number", "claim", "verdict", "size")
    return TableBlock(
        "audit-summary", Text("caption.audit.summary"), header, rows, "llll", long=True
    )


def _size(finding: Judgement) -> Value:
    trial = finding.written.trial
    if trial.holds or trial.misfit is not None:
        return Text("verdict.audit.none")
    return Number(trial.error, 2)


def says(claims: Claims, claim: Claim) -> Value:
    """Return what a claim says, in the words of its file or of the language."""
    return word(claims, claim, "says")


def word(claims: Claims, claim: Claim, key: str) -> Value:
    """Return a sentence about a claim; of a user's file, as it stands there."""
    if claims.source is None:
        return Text(f"claims.{claims.name}.{claim.id}.{key}")
    for reading in claim.readings:
        if key == f"reading-{reading.name}":
            return reading.words or reading.name
    return claim.words.get(key, claim.id if key == "says" else "")


def _details(claims: Claims, finding: Judgement, report: Report) -> Iterator[Block]:
    claim = finding.claim
    trials = [finding.written, *finding.readings.values()]
    if finding.right is not None:
        trials.append(finding.right)
    verifier = ClaimVerifier({tested.equation: tested.trial for tested in trials}, claim.data)

    def shown(tested: Tested) -> Display:
        return Display(report.require(tested.equation, verifier))

    values = {"says": says(claims, claim)}
    if claim.place:
        yield Prose("prose.audit.item", {"number": claim.place, **values})
    else:
        yield Prose("prose.audit.plain", values)
    if not finding.readings:
        yield shown(finding.written)
        yield verdict(claims, finding)
    elif finding.verdict is Verdict.CONVENTION:
        yield Prose("prose.audit.convention")
        for name, tested in finding.readings.items():
            key = "prose.audit.holds" if tested.trial.holds else "prose.audit.fails"
            reading = word(claims, claim, f"reading-{name}")
            yield Bullets((Text(key, {"reading": reading}),))
            yield shown(tested)
        explanation = word(claims, claim, "explanation")
        if explanation:
            yield Prose("prose.audit.explained", {"explanation": explanation})
    else:
        for tested in finding.readings.values():
            yield shown(tested)
        yield verdict(claims, finding)
    if finding.right is not None:
        yield Prose("prose.audit.correct")
        yield shown(finding.right)


def verdict(claims: Claims, finding: Judgement) -> Prose:
    """Return the verdict with its number and the explanation."""
    trial = finding.written.trial
    values: dict[str, Value] = {"explanation": word(claims, finding.claim, "explanation")}
    conditional = finding.verdict is Verdict.CONDITIONAL
    if conditional:
        values["condition"] = word(claims, finding.claim, "condition")
    elif finding.verdict is not Verdict.VALUE:
        return Prose(f"prose.audit.{finding.verdict.value}", values)
    if isinf(trial.error) or trial.error == 0:
        return Prose("prose.audit.conditional" if conditional else "prose.audit.unbounded", values)
    if trial.left is not None and trial.right is not None:
        sides = {"left": Number(trial.left), "right": Number(trial.right)}
        numbers = "prose.audit.conditional_numbers" if conditional else "prose.audit.numbers"
        return Prose(numbers, values | sides)
    if getattr(finding.written.equation.right, "is_ZeroMatrix", False) and not conditional:
        return Prose("prose.audit.absolute", values | {"error": Number(trial.error)})
    value = "prose.audit.conditional_value" if conditional else "prose.audit.value"
    return Prose(value, values | {"error": Number(trial.error)})
