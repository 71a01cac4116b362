"""What an audit owes: of each claim all that its file says of it, and of its networks each one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from derive.audit import Claim, Claims, Judgement
from derive.chapters.meant.missing import lacks
from derive.checks.tables import members
from derive.document.blocks import Block, Bullets, Display, Heading, Prose, TableBlock
from derive.document.text import Text, Value
from derive.expressions.equation import Equation
from derive.typesetting.printing import tex

Judged = Sequence[tuple[Claims, Judgement]]

AUDIT = "prose.audit."

FORMULA, READING, VERDICT = "a formula", "a reading", "a verdict"
"""What stands in place of a key where the words differ from claim to claim."""

OPTIONAL = ("horizon", "run", "run_inputs")
"""What says what T is: where it is owed is told by the letter in the formulas."""


def require_told(blocks: Sequence[Block], ordered: Judged) -> None:
    """Raise a `CheckError` for an audit that leaves out a part of a claim, or of what comes before."""
    starts = [at for at, block in enumerate(blocks) if _key(block).startswith("item")]
    for (claims, finding), begin, end in zip(
        ordered, starts, [*starts[1:], len(blocks)], strict=False
    ):
        own = [block for block in blocks[begin + 1 : end] if not isinstance(block, Heading)]
        found = [kind for kind in map(_kind, own) if kind not in OPTIONAL]
        wanted = [*_owed(claims, finding)]
        if found != wanted:
            raise lacks("an audit", f"for {finding.claim.id} the parts {', '.join(wanted)}")
    _require_before(blocks, ordered)


def _owed(claims: Claims, finding: Judgement) -> Iterator[str]:
    """Yield what stands below what a claim says, part by part."""
    claim = finding.claim
    if claim.quote:
        yield "quote"
    if claim.where:
        yield "where"
    if claims.source is None and claim.data.numbers:
        yield "given"
        # What makes the states of a step, and each number that is given.
        cell = claim.data.build()
        inputs = len({x.name for x in cell.inputs} & {*claim.data.numbers})
        yield from [FORMULA] * (len(cell.states) + len(claim.data.numbers) - inputs)
        yield from ["given_inputs"] * inputs
    if not finding.readings:
        yield from (FORMULA, VERDICT)
    else:
        yield VERDICT
        yield from [READING, FORMULA] * len(finding.readings)
        if claims.source is None or claim.words.get("explanation"):
            yield "explained"
    if finding.right is not None:
        yield from ("what is right", FORMULA)


def _kind(block: Block) -> str:
    if isinstance(block, Display):
        return FORMULA
    if isinstance(block, Bullets):
        return READING
    key = _key(block)
    if key.startswith("correct") or key == "better":
        return "what is right"
    return (
        key
        if key in ("quote", "where", "given", "given_inputs", "explained", *OPTIONAL)
        else VERDICT
    )


def _key(block: Block) -> str:
    return block.key.removeprefix(AUDIT) if isinstance(block, Prose) else ""


def _require_before(blocks: Sequence[Block], ordered: Judged) -> None:
    """Raise a `CheckError` unless the networks, the texts and the table are introduced."""
    heads = [block.key for block in blocks if isinstance(block, Heading)]
    texts = any(finding.claim.text is not None for _, finding in ordered)
    wanted = ["heading.audit.title", "heading.audit.networks"]
    wanted += ["heading.audit.texts"] if texts else []
    if heads[: len(wanted)] != wanted:
        raise lacks("an audit", f"the headings {', '.join(wanted)}")
    told = {
        block.values["number"]: block
        for block in blocks
        if isinstance(block, Prose) and _key(block) in ("network", "network_linear")
    }
    about = [finding.claim for _, finding in ordered if _has_network(finding.claim)]
    networks = {(_formulas(claim), _sizes(claim)) for claim in about}
    if [*told] != [*range(1, len(networks) + 1)]:
        raise lacks("an audit", f"its networks, of which there are {len(networks)}, by number")
    if bool(told) is not any(_key(block) == "networks" for block in blocks):
        raise lacks("an audit", "the sentence on its networks where there are any, and only there")
    for item, claim in _items(blocks, ordered):
        _require_own(item, claim, told)
    for before, block in pairwise(blocks):
        if isinstance(block, TableBlock) and _key(before) != "table":
            raise lacks("an audit", "the sentence that leads to its table")


def _items(blocks: Sequence[Block], ordered: Judged) -> Iterator[tuple[Prose, Claim]]:
    items = [b for b in blocks if isinstance(b, Prose) and _key(b).startswith("item")]
    yield from zip(items, (finding.claim for _, finding in ordered), strict=False)


def _require_own(block: Prose, claim: Claim, told: dict[Value, Prose]) -> None:
    """Raise a `CheckError` for a claim that is said to be about another network than its own."""
    about = block.values.get("about")
    if not _has_network(claim):
        if about:
            raise lacks("an audit", f"a network that {claim.id} would be about")
        return
    number = about.values["network"] if isinstance(about, Text) else None
    said = told[number].values["equations"] if number in told else ""
    shown = {tex(e) for e in members(said) if isinstance(e, Equation)}
    if not {*_formulas(claim)} <= shown:
        raise lacks("an audit", f"for {claim.id} the number of its network")


def _has_network(claim: Claim) -> bool:
    """Tell whether a claim is about all numbers, and of a network with vectors."""
    return not (claim.data.experiment or claim.data.scalar or claim.data.numbers)


def _sizes(claim: Claim) -> str:
    """Return the sizes of what a network is made of: two of the same formulas may differ in them."""
    cell = claim.data.build()
    shapes = [s.shape for s in (*cell.given, *cell.states)] + [p.shape for p in cell.parameters]
    return " ".join(map(str, shapes))


def _formulas(claim: Claim) -> tuple[str, ...]:
    """Return what makes the quantities of a step, as it is printed."""
    return tuple(f"{tex(e.left)} = {tex(e.expr)}" for e in claim.data.build().equations)
