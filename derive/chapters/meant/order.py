"""What stands where: headings and captions at their blocks, equations below sentences on them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from derive.chapters.meant.place import Subject
from derive.document.blocks import (
    Algorithm,
    Block,
    Display,
    FigureBlock,
    Heading,
    Prose,
    TableBlock,
)
from derive.errors import CheckError
from derive.expressions.elision import WHOLE

HEADINGS: Mapping[str, str] = {
    "shapes": "shape", "flow-spread": "flow_spread", "flow-conclusions": "flow_conclusions",
    "gradient-others": "others", "proofs": "proofs.title", "proofs-below": "proofs.below",
    "proofs-linear": "proofs.linear", "proofs-orthogonal": "proofs.orthogonal",
    "proofs-eigenvalues": "proofs.eigenvalues", "landscape": "landscape.title",
    "experiments": "landscape.experiments", "remedies": "remedies.title",
    "clipping": "remedies.clipping", "initial-weights": "remedies.initial",
    "truncated": "remedies.truncated", "learning": "learning.title",
}  # fmt: skip
"""The headings by the ids of what they head, where these are not the same word."""

_USES = ("uses", "uses_started", "uses_shared", "uses_shared_started")

CAPTIONS: Mapping[str, tuple[str, ...]] = {
    "paths": ("paths", "paths_many"), "uses": _USES, "flow-norms": ("flow.norms",),
    "flow-runs": ("flow.runs",), "flow-contributions": ("flow.contributions",),
    "flow-shares": ("flow.shares",), "example-forward": ("example_forward",),
    "example-parameters": ("example_parameters",), "glossary-table": ("glossary",),
    "memory-norms": ("memory.norms",), "memory-runs": ("memory.runs",),
    "activations": ("landscape.gallery",), "scale-map": ("landscape.map",),
    "saturation": ("landscape.saturation",), "all-experiments": ("landscape.experiments",),
    "clipping-angles": ("remedies.clipping",), "initial-norms": ("remedies.initial",),
    "truncation-bias": ("remedies.truncation",), "all-checks": ("checks",),
    "learning-shares": ("learning.shares",), "learning-outcomes": ("learning.outcomes",),
}  # fmt: skip
"""The captions by the ids of their blocks, where these are not the same word."""

FALLING = "falling"
"""Below the sentence stand equations of the last step, of the one before it, down to the first."""

BELOW: Mapping[str, str] = {
    "prose.forward.nested": r"nested-T",
    "prose.loss.softmax": r"entries-softmax",
    "prose.loss.softmax_jacobian": r"entries-softmax-jacobian",
    "prose.loss.softmax_loss": r"entries-loss",
    "prose.loss.softmax_whole": r"loss-output output-logits( loss-logits)?",
    "prose.loss.assumption": r"((steps-residual|loss-logits-general) )?loss-logits",
    "prose.loss.state": r"loss-state",
    "prose.shape.outer": r"entries-outer-\S+",
    "prose.direct.total": r"grad-(\S+)-total grad-\1",
    "prose.terms.unrolled": r"steps-unrolled-\S+",
    "prose.terms.through": r"steps-through-\S+",
    "prose.terms.start": r"grad-\S+-first",
    "prose.terms.total": r"grad-\S+-total",
    "prose.terms.total_weighted": r"grad-\S+-total",
    "prose.terms.total_last": r"grad-\S+-total",
    "prose.terms.total_one": r"grad-\S+-total",
    "prose.sums.concrete": r"grad-\S+-sum-T",
    "prose.sums.general": r"grad-\S+-sum( grad-\S+-sum)*",
    "prose.network.stacked": r"stacked",
    "prose.jacobian.together": r"(steps-)?step-jacobian",
    "prose.jacobian.paths": r"(steps-)?step-jacobian",
    "prose.adjoint.spelled": FALLING,
    "prose.flow.product": r"flow-product",
    "prose.flow.factor": r"flow-factor",
    "prose.flow.uniform": r"flow-uniform",
    "prose.recursion.derived": r"steps-recursion",
    "prose.recursion.summed": r"steps-summed-\S+( steps-summed-\S+)*",
    "prose.given.start": r"grad-(\S+)-sum grad-\1-substituted grad-\1-total",
    "prose.given.inputs": r"(grad-\S+-(sum|substituted) ?)*",
    "prose.scalar.terms": FALLING,
    "prose.scalar.terms_by_state": FALLING,
    "prose.example.adjoints": FALLING,
    "prose.example.terms": FALLING,
    "prose.example.sum": r"example-sum",
    "prose.example.check": r"example-check",
    "prose.example.total": r"example-total-\S+( example-total-\S+)*",
    "prose.memory.block": r"carousel-\S+-total",
    "prose.memory.steps": r"carousel-\S+-two-steps",
    "prose.memory.product": r"carousel-\S+-product",
    "prose.remedies.window": r"truncated-window",
    "prose.remedies.chunks": r"truncated-chunks",
}
"""The ids of the equations that stand below a sentence, up to the next words; T is the horizon."""


def require_order(speaker: Subject) -> None:
    """Raise a `CheckError` for a heading, a caption or a sentence at what it is not about."""
    blocks = speaker.document.blocks
    for at, block in enumerate(blocks):
        for problem in _problems(block, blocks[at + 1 :], speaker):
            raise CheckError(
                f"document {speaker.document.id}: {problem}. Nothing is written; correct the chapter "
                "that says it"
            )


def _problems(block: Block, after: tuple[Block, ...], speaker: Subject) -> Iterator[str]:
    if isinstance(block, Heading):
        name = "gradient" if _on_parameter(block, speaker) else HEADINGS.get(block.id, block.id)
        audited = block.id.startswith("audit")
        if not audited and block.key.removeprefix("heading.") != name:
            yield f"{block.key!r} is the heading of {block.id}"
    elif isinstance(block, FigureBlock | TableBlock | Algorithm):
        of_activation = block.id.startswith("activation-")
        own = ("activation",) if of_activation else CAPTIONS.get(block.id, (block.id,))
        if block.caption.key.removeprefix("caption.") not in own and not block.id.startswith(
            "audit"
        ):
            yield f"{block.caption.key!r} is the caption of {block.id}"
    elif isinstance(block, Prose) and block.key in BELOW:
        found = list(_ids(after, speaker))
        if not _fits(BELOW[block.key], found, speaker):
            yield f"below {block.key!r} stand {', '.join(found) or 'no equations'}"


def _on_parameter(heading: Heading, speaker: Subject) -> bool:
    names = {f"gradient-{p.name}" for p in speaker.cell.parameters}
    return heading.id in names


def _ids(after: tuple[Block, ...], speaker: Subject) -> Iterator[str]:
    """Yield the ids of the equations up to the next words, without the name of the cell before them."""
    for block in after:
        if not isinstance(block, Display):
            return
        yield re.sub(rf"^(?:{re.escape(speaker.cell.name)}|truncated)-", "", block.equation.id)


def _fits(pattern: str, found: list[str], speaker: Subject) -> bool:
    if pattern == FALLING:
        steps = [int(match[1]) for id in found if (match := re.search(r"-(\d+)$", id))]
        return len(steps) == len(found) and _falls(list(dict.fromkeys(steps)), speaker)
    wanted = re.sub(r"\bT$", str(speaker.steps), pattern)
    return bool(re.fullmatch(wanted, " ".join(found)))


def _falls(steps: list[int], speaker: Subject) -> bool:
    """Tell whether steps fall to the first, from that of the horizon or of the example."""
    trace = speaker.facts.example
    tops = {speaker.steps} | ({trace.steps} if trace is not None else set())
    whole = len(steps) == steps[0] or steps[0] > WHOLE
    return steps[0] in tops and steps[-1] == 1 and whole and steps == sorted(steps, reverse=True)
