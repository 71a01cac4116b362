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
    "shapes": "heading.shape",
    "flow-spread": "heading.flow_spread",
    "flow-conclusions": "heading.flow_conclusions",
    "gradient-others": "heading.others",
    "proofs": "heading.proofs.title",
    "proofs-below": "heading.proofs.below",
    "proofs-linear": "heading.proofs.linear",
    "proofs-orthogonal": "heading.proofs.orthogonal",
    "proofs-eigenvalues": "heading.proofs.eigenvalues",
    "landscape": "heading.landscape.title",
    "experiments": "heading.landscape.experiments",
    "remedies": "heading.remedies.title",
    "clipping": "heading.remedies.clipping",
    "initial-weights": "heading.remedies.initial",
    "truncated": "heading.remedies.truncated",
    "learning": "heading.learning.title",
}
"""The headings by the ids of what they head, where these are not the same word."""

_USES = (
    "caption.uses",
    "caption.uses_started",
    "caption.uses_shared",
    "caption.uses_shared_started",
)

CAPTIONS: Mapping[str, tuple[str, ...]] = {
    "paths": ("caption.paths", "caption.paths_one", "caption.paths_many"),
    "uses": _USES,
    "flow-norms": ("caption.flow.norms", "caption.flow.norms_attained"),
    "arrows": ("caption.arrows", "caption.arrows_weighted"),
    "flow-runs": ("caption.flow.runs",),
    "flow-contributions": ("caption.flow.contributions",),
    "flow-shares": ("caption.flow.shares",),
    "example-forward": ("caption.example_forward",),
    "example-within": ("caption.example_within",),
    "example-parameters": ("caption.example_parameters",),
    "glossary-table": ("caption.glossary",),
    "memory-norms": ("caption.memory.norms",),
    "memory-runs": ("caption.memory.runs", "caption.memory.runs_blocks"),
    "activations": ("caption.landscape.gallery",),
    "scale-map": ("caption.landscape.map",),
    "saturation": ("caption.landscape.saturation",),
    "all-experiments": ("caption.landscape.experiments",),
    "clipping-angles": ("caption.remedies.clipping",),
    "initial-norms": ("caption.remedies.initial",),
    "cliff": ("caption.remedies.cliff",),
    "truncated-paths": ("caption.remedies.window",),
    "truncation-bias": ("caption.remedies.truncation",),
    "all-checks": ("caption.checks",),
    "learning-shares": ("caption.learning.shares",),
    "learning-outcomes": ("caption.learning.outcomes",),
}
"""The captions by the ids of their blocks, where these are not the same word."""

FALLING = "falling"
"""Below the sentence stand equations of the last step, of the one before it, down to the first."""

BELOW: Mapping[str, str] = {
    "prose.forward.nested": r"nested-T",
    "prose.forward.nested_fixed": r"nested-T",
    "prose.forward.nested_one": r"nested-T",
    "prose.loss.softmax": r"entries-softmax",
    "prose.loss.softmax_jacobian": r"entries-softmax-jacobian",
    "prose.loss.softmax_loss": r"entries-loss",
    "prose.loss.softmax_whole": r"loss-output output-logits( loss-logits)?",
    "prose.loss.product": r"steps-residual|loss-logits-general",
    "prose.loss.assumption": r"loss-logits",
    "prose.loss.state": r"loss-state",
    "prose.shape.outer": r"entries-outer-\S+",
    "prose.shape.alone": r"grad-\S+-contributions( grad-\S+-contributions)*",
    "prose.direct.put_in": r"grad-\S+-substituted( grad-\S+-total grad-\S+)?",
    "prose.direct.put_in_added": r"grad-\S+-substituted( grad-\S+-total grad-\S+)?",
    "prose.direct.put_in_column": r"grad-\S+-substituted( grad-\S+-total grad-\S+)?",
    "prose.direct.total": r"grad-(\S+)-total grad-\1",
    "prose.terms.unrolled": r"steps-unrolled-\S+",
    "prose.terms.unrolled_within": r"steps-unrolled-\S+",
    "prose.terms.through": r"steps-through-\S+",
    "prose.terms.start": r"grad-\S+-first",
    "prose.terms.start_terms": r"grad-\S+-first",
    "prose.terms.start_part": r"grad-\S+-first",
    "prose.direct.last": r"grad-\S+-last( grad-\S+-last)*",
    "prose.terms.total": r"grad-\S+-total",
    "prose.terms.total_weighted": r"grad-\S+-total",
    "prose.terms.total_last": r"grad-\S+-total",
    "prose.terms.total_one": r"grad-\S+-total",
    "prose.sums.concrete": r"grad-\S+-sum-T",
    "prose.sums.general": r"grad-\S+-sum( grad-\S+-sum)*",
    "prose.network.stacked": r"stacked",
    "prose.jacobian.together": r"(steps-)?step-jacobian",
    "prose.jacobian.paths": r"(steps-)?step-jacobian",
    "prose.adjoint.row": r"\S+-lag-1-1",
    "prose.adjoint.spelled": FALLING,
    "prose.flow.product": r"flow-product",
    "prose.flow.factor": r"flow-factor",
    "prose.flow.uniform": r"flow-uniform",
    "prose.recursion.derived": r"steps-recursion",
    "prose.recursion.derived_weighted": r"steps-recursion",
    "prose.recursion.derived_last": r"steps-recursion",
    "prose.recursion.summed": r"steps-summed-\S+( steps-summed-\S+)*",
    "prose.recursion.added": r"steps-added-\S+( steps-added-\S+)*",
    "prose.recursion.within": r"steps-within-\S+( steps-within-\S+)*",
    "prose.recursion.columns_lines": r"steps-recursion-columns",
    "prose.matrices.slopes": r"diagonal-\S+( diagonal-\S+)*",
    "prose.matrices.slope_numbers": r"diagonal-\S+( diagonal-\S+)*",
    "prose.matrices.unnamed": r"arrives-\S+( arrives-\S+)*",
    "prose.given.start": r"grad-(\S+)-sum grad-\1-substituted grad-\1-total",
    "prose.given.inputs": r"(grad-(\S+)-sum( grad-\2-substituted)?)?",
    "prose.given.inputs_beside": r"(grad-(\S+)-sum( grad-\2-substituted)?)?",
    "prose.scalar.terms": FALLING,
    "prose.scalar.terms_by_state": FALLING,
    "prose.example.adjoints": FALLING,
    "prose.example.adjoint_one": FALLING,
    "prose.example.term_one": FALLING,
    "prose.example.deltas": FALLING,
    "prose.example.terms": FALLING,
    "prose.example.sum_check": r"example-sum example-check",
    "prose.example.check": r"example-check",
    "prose.example.total": r"example-total-\S+( example-total-\S+)*",
    "prose.proofs.weights": r"half-saturated-\S+( half-saturated-\S+)*",
    "prose.memory.block_alone": r"carousel-\S+-total",
    "prose.memory.block": r"carousel-\S+-total",
    "prose.memory.steps": r"carousel-\S+-two-steps",
    "prose.memory.steps_later": r"carousel-\S+-more-steps",
    "prose.memory.product": r"carousel-\S+-product",
    "prose.memory.product_again": r"carousel-\S+-product",
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
        alone = block.id == "given" and not speaker.cell.inputs
        usual = "heading.given_alone" if alone else "heading." + block.id
        key = "heading.gradient" if _on_parameter(block, speaker) else HEADINGS.get(block.id, usual)
        audited = block.id.startswith("audit")
        if not audited and block.key != key:
            yield f"{block.key!r} is the heading of {block.id}"
    elif isinstance(block, FigureBlock | TableBlock | Algorithm):
        of_activation = block.id.startswith("activation-")
        usual = "caption.activation" if of_activation else "caption." + block.id
        usual = "caption.memory.highway" if block.id.startswith("highway-") else usual
        own = CAPTIONS.get(block.id, (usual,))
        if block.caption.key not in own and not block.id.startswith("audit"):
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
