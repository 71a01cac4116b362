"""Faults that leave something out of a study: of an audit, of training, of gradient flow."""

from __future__ import annotations

from tests.faults.fault import Fault
from tests.faults.omitted import CHAPTERS, LACKS, edited

AUDIT = "run audit --format md --out {out}"
TOLD = "run audit {told} --format md --out {out}"
LEARN = "run learn --spans 2 --seeds 2 --format md --out {out}"
FLOW = "run flow --format md --out {out}"
HANDOUT = "run handout lstm -T 2 --format md --out {out}"

ROWS: tuple[tuple[str, str, str, str, str], ...] = (
    # Audits
    ("audit._details", "if claim.quote:", "if not claim.quote:", "the parts", AUDIT),
    ("audit._details", "yield verdict(claims, finding)", "pass", "the parts .*, a verdict", TOLD),
    ("audit._details", 'yield Prose("prose.audit.better" if good else here)', "pass",
     "what is right", AUDIT),
    ("audit._details", 'yield Prose("prose.audit.explained", {"explanation": explanation})', "pass",
     "explained", AUDIT),
    ("audit._told", 'yield Prose("prose.audit.table", {"table": Ref("audit-summary")})', "pass",
     "the sentence that leads to its table", TOLD),
    ("audited.introduction", "yield from told", "yield from told[1:]", "its networks", AUDIT),
    ("audited.introduction", 'yield Prose("prose.audit.networks")', "pass", "on its networks", AUDIT),
    ("audited.numbers", "for s in cell.states if", "for s in cell.states[1:] if", "the parts given",
     AUDIT),
    ("audited.numbers", "in cell.inputs if", "in cell.inputs[1:] if", "given_inputs", AUDIT),
    # Training
    ("learning._blocks", 'yield Prose("prose.learning.read")', "pass", "the sentences", LEARN),
    ("learning._blocks", "in d.cell.parameters:", "in d.cell.parameters[1:]:", "the gradients", LEARN),
    ("network.introduction", "begins.append(_named(cell))", "pass", "prose.network.weights", LEARN),
    ("network.introduction", 'begins += c.say({"start": s[0]}, "prose.flow.starts")', "pass",
     "prose.flow.starts", LEARN),
    # Gradient flow
    ("landscape.experiments", "if name in TOLD", "if name == 'jordan'", "kind_nilpotent", FLOW),
    ("remedies.clipping", "for part in LIMITS:", "for part in LIMITS[1:]:", "clipping-angles", FLOW),
    ("remedies.truncated", "for h in SPANS:", "for h in SPANS[1:]:", "the row of 1 in the", FLOW),
    ("landscape.experiments", "in told.values():", "in [*told.values()][1:]:", "an experiment", FLOW),
    # Handouts
    ("jacobians.of_one_step", "if weighted:", "if not weighted:", "prose.jacobian.carried_weighted",
     "run handout lem -T 1 --format md --out {out}"),
    ("memory._compared", "if not (10.0", "if (10.0", "prose.memory.compare", HANDOUT),
)  # fmt: skip


def _left_out(function: str, old: str, new: str, what: str, run: str) -> Fault:
    name = f"in a study {function}: {new} for {old}"
    return Fault(name, f"{CHAPTERS}.{function}.__code__", edited(old, new), (run,), LACKS + what)


FAULTS = (*(_left_out(*row) for row in ROWS),)
