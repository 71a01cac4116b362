"""Where the usual presentation goes wrong: claims of texts, their verdicts, and what is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from math import inf, isinf

from derive.audit import (
    Claim,
    Claims,
    ClaimVerifier,
    Judgement,
    Tested,
    Verdict,
    judge,
    require_taken,
    require_tested,
    shipped,
)
from derive.audit.judge import SEEDS
from derive.cells.cell import Cell
from derive.chapters.audited import introduction, networks, numbers, run, texts
from derive.chapters.context import Context, heads, listed
from derive.chapters.meant.claimed import require_claims
from derive.chapters.report import Report
from derive.document.blocks import Block, Bullets, Display, Heading, Prose, TableBlock
from derive.document.text import Code, Number, Ref, Text, Value
from derive.progress import Progress

KINDS = ("slip", "misconception", "control")
"""What claims may be, in the order in which they are told."""


@dataclass(frozen=True)
class _Numbered:
    """A claim with its verdict, the file that it is of, and its number in the document."""

    number: int
    claims: Claims
    finding: Judgement

    @property
    def id(self) -> str:
        """Return the id of the claim."""
        return self.finding.claim.id


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
        for claim in claims.claims:
            if progress is not None:
                progress(f"claim {claim.id}")
            judged.append((claims, judge(claim, seed)))
        require_taken(claims)
        require_tested(claims, [one for own, one in judged if own is claims])
    yield from require_claims(list(_told(report, seed, given, judged)), judged)


def _told(
    report: Report,
    seed: int,
    given: tuple[Claims, ...],
    judged: Sequence[tuple[Claims, Judgement]],
) -> Iterator[Block]:
    """Yield what is told of claims that were judged."""
    groups = [(heading, list(found)) for heading, found in _grouped(given, judged)]
    found = [one.finding.claim for _, group in groups for one in group]
    yield Heading("heading.audit.title", 1, "audit")
    # What is harmless has something better beside it.
    right = sum(j.verdict is Verdict.RIGHT for _, j in judged)
    yield Prose(
        "prose.audit.intro", {"count": len(judged), "right": right, "seed": seed, "seeds": SEEDS}
    )
    cells = networks(found)
    details = [*_all_details(report, groups, cells)]
    yield from introduction(report, seed, found, cells, details)
    yield from texts(found)
    yield Prose("prose.audit.table", {"table": Ref("audit-summary")})
    yield _summary([one for _, group in groups for one in group])
    yield from details


def _all_details(
    report: Report,
    groups: Sequence[tuple[Heading, Sequence[_Numbered]]],
    cells: Mapping[str, tuple[int, Cell]],
) -> Iterator[Block]:
    for heading, group in groups:
        yield heading
        for one in group:
            about = (
                Text("prose.audit.about", {"network": cells[one.id][0]}) if one.id in cells else ""
            )
            yield _item(one, about)
            yield from _details(one, report)


def chapter(c: Context) -> Iterator[Block]:
    """Yield the audit of the claims that ship as a chapter of a handout."""
    yield from audit(c.report, c.seed)


def _grouped(
    files: Sequence[Claims], judged: Sequence[tuple[Claims, Judgement]]
) -> Iterator[tuple[Heading, Iterator[_Numbered]]]:
    """Yield headings with their claims: by kind, then what no kind is given of, by file."""
    numbers = count(1)
    for kind in KINDS:
        own = [(claims, j) for claims, j in judged if j.claim.kind == kind]
        if own:
            heading = Heading(f"heading.audit.{kind}", 2, f"audit-{kind}")
            yield heading, (_Numbered(next(numbers), *one) for one in own)
    for claims in files:
        own = [(c, j) for c, j in judged if c is claims and not j.claim.kind]
        if own:
            id = "audit-" + "".join(c if c.isalnum() else "-" for c in claims.name)
            heading = Heading(
                "heading.audit.other", 2, id, {"source": claims.source or claims.name}
            )
            yield heading, (_Numbered(next(numbers), *one) for one in own)


def _summary(judged: list[_Numbered]) -> TableBlock:
    rows = tuple(_row(one, one.finding) for one in judged)
    header = heads("table.audit", "number", "claim", "verdict", "size")
    return TableBlock(
        "audit-summary", Text("caption.audit.summary"), header, rows, "rllr", long=True
    )


def _row(one: _Numbered, finding: Judgement) -> tuple[Value, ...]:
    verdict = Text(f"verdict.audit.{finding.verdict.value}")
    return one.number, says(one.claims, finding.claim), verdict, _size(finding)


def _size(finding: Judgement) -> Value:
    if not 0 < finding.largest < inf:
        return Text("verdict.audit.none")
    return Number(finding.largest, 2)


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


def _details(one: _Numbered, report: Report) -> Iterator[Block]:
    claims, finding = one.claims, one.finding
    claim = finding.claim
    trials = [finding.written, finding.shown, *finding.readings.values()]
    if finding.right is not None:
        trials.append(finding.right)
    verifier = ClaimVerifier({tested.equation: tested.trial for tested in trials}, claim.data)

    def shown(tested: Tested) -> Display:
        return Display(report.require(tested.equation, verifier))

    if claim.quote:
        yield Prose("prose.audit.quote", {"quote": Code(claim.quote)})
    if claim.where:
        stand = [
            Text("prose.audit.stands", {"name": Code(name), "meaning": meaning})
            for name, meaning in claim.meanings.items()
        ]
        yield Prose("prose.audit.where", {"stand": listed(stand)})
    yield from run(claim, [tested.equation for tested in trials])
    if claims.source is None:
        # A user has the numbers of a claim in the file.
        yield from numbers(report, claim)
    if not finding.readings:
        yield shown(finding.shown)
        yield verdict(claims, finding)
    else:
        yield Prose(_of_readings(finding))
        for name, tested in finding.readings.items():
            key = "prose.audit.holds" if tested.trial.holds else "prose.audit.fails"
            reading = word(claims, claim, f"reading-{name}")
            yield Bullets((Text(key, {"reading": reading}),))
            yield shown(tested)
        explanation = word(claims, claim, "explanation")
        if explanation:
            yield Prose("prose.audit.explained", {"explanation": explanation})
    if finding.right is not None:
        good = finding.verdict in (Verdict.HARMLESS, Verdict.OVERFLOW)
        here = "prose.audit.correct_here" if claim.right_here else "prose.audit.correct"
        yield Prose("prose.audit.better" if good else here)
        yield shown(finding.right)


_ITEMS = {
    (False, False): "prose.audit.item",
    (False, True): "prose.audit.item_placed",
    (True, False): "prose.audit.item_text",
    (True, True): "prose.audit.item_text_placed",
}
"""How a claim is introduced: whether it has a text, and a place."""


def _item(one: _Numbered, about: Value) -> Prose:
    """Return what a claim says, with its number, its text, and where it stands there."""
    claim = one.finding.claim
    values: dict[str, Value] = {
        "number": one.number, "says": says(one.claims, claim), "about": about,
    }  # fmt: skip
    if claim.text is not None:
        values["text"] = claim.text.title
    if claim.place:
        values["place"] = claim.place
    return Prose(_ITEMS[claim.text is not None, bool(claim.place)], values)


def _of_readings(finding: Judgement) -> str:
    if finding.verdict is Verdict.CONVENTION:
        return "prose.audit.convention"
    wrong = finding.verdict in (Verdict.VALUE, Verdict.SHAPE)
    return "prose.audit.never" if wrong else "prose.audit.always"


def verdict(claims: Claims, finding: Judgement) -> Prose:
    """Return the verdict with its number and the explanation."""
    trial = finding.written.trial
    values: dict[str, Value] = {"explanation": word(claims, finding.claim, "explanation")}
    conditional = finding.verdict is Verdict.CONDITIONAL
    if conditional or finding.verdict is Verdict.OVERFLOW:
        values["condition"] = word(claims, finding.claim, "condition")
    if finding.verdict is Verdict.SHAPE and trial.sides_differ:
        return Prose("prose.audit.shape_sides", values)
    if not conditional and finding.verdict is not Verdict.VALUE:
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
