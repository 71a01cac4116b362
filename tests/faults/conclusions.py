"""Faults in what is concluded: from runs at several scales, and of what was proved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from derive.document.blocks import Prose
from derive.document.text import Number, Text
from tests.faults.fault import Change, Fault, instead, text

FLOW = "derive.chapters.flow"
PROOF = "derive.chapters.proof"
RUNS = r"does not say of the runs what they are"
COUNTED = r"what was proved is not what is counted|table proved does not hold what its head says"
HOLDS = r"table \S+ does not hold what its head says"


def _concluded(name: str, target: str, make: Change, refusal: str = RUNS) -> Fault:
    return Fault(name, target, make, ("make elman-2/flow markdown",), refusal)


def _proved(name: str, target: str, make: Change) -> Fault:
    return Fault(name, target, make, ("make elman-2/network,proof,tables markdown",), COUNTED)


def _bullet(key: str, **changes: Any) -> Change:
    """Change values of one of the sentences."""

    def changed(right: Any, items: Any, *more: Any) -> Any:
        made = [
            Text(i.key, {**i.values, **{n: f(i.values) for n, f in changes.items()}})
            if i.key == f"prose.flow.{key}" else i
            for i in items
        ]  # fmt: skip
        return right(tuple(made), *more)

    return instead(changed)


def _exchanged(one: int, other: int) -> Change:
    """Exchange two of the runs of the handout."""

    def changed(runs: Any) -> Any:
        found = [*runs]
        found[one], found[other] = found[other], found[one]
        return tuple(found)

    return text(changed)


FAULTS = (
    _concluded("a steady run and an exploding one exchanged", f"{FLOW}.three_regimes",
               _exchanged(1, 2)),
    _concluded("an exploding run and a saturated one exchanged", f"{FLOW}.three_regimes",
               _exchanged(2, 3)),
    _concluded("two linear runs exchanged", f"{FLOW}.experiment", instead(lambda right, name: right(
        {"linear": "nonnormal", "nonnormal": "linear"}.get(name, name)))),
    _concluded("grown and shrunk exchanged", f"{FLOW}.Bullets", _bullet(
        "not_size", grown=lambda v: v["shrunk"], shrunk=lambda v: v["grown"])),
    _concluded("a norm at another lag", f"{FLOW}.Bullets", _bullet(
        "not_tanh", lag=lambda v: v["lag"] - 50)),
    _concluded("a peak at another lag", f"{FLOW}.Bullets", _bullet(
        "not_monotone", lag=lambda v: v["lag"] + 1)),
    _concluded("a radius that is smaller", f"{FLOW}.Bullets", _bullet(
        "not_monotone", radius=lambda v: Number(v["radius"].value / 2, 1))),
    _concluded("another scale", f"{FLOW}.Bullets", _bullet(
        "not_size", scale=lambda v: Number(1.5, 2))),
    _concluded("what is proved of another run", f"{FLOW}._verdict", text(
        lambda found: Text("verdict.vanishes.norm-bound", {"number": Number(0.9)}))),
    _concluded("a rate that is smaller", f"{FLOW}._verdict", text(
        lambda found: Text(found.key, {k: Number(0.5 * v.value) for k, v in found.values.items()}))),
    _concluded("runs of another size", f"{FLOW}.Prose", instead(
        lambda right, key, values=None: right(key, {**values, "n": 32}) if key == "prose.flow.runs"
        else Prose(key, values or {}))),
    _concluded("inputs that there are none of", f"{FLOW}._label", text(
        lambda found: Text("label.flow.inputs", found.values)), rf"{RUNS}|{HOLDS}"),
    # What was proved.
    Fault("entries that are all not 0", "derive.checks.proof._proved",
          text(lambda found: replace(found, nonzero=found.entries)),
          ("make rwkv-1/network,proof markdown",), COUNTED),
    _proved("an entry too many that is not 0", "derive.checks.proof._proved",
            text(lambda found: replace(found, nonzero=max(found.nonzero - 1, 0)))),
    _proved("counts in another row", f"{PROOF}._rows", text(lambda rows: [
        (*a[:3], *b[3:]) for rows in [[*rows]]
        for a, b in zip(rows, [*rows[1:], rows[0]], strict=True)])),
    _proved("another horizon of a proof", f"{PROOF}._rows", text(lambda rows: [
        (row[0], row[1] + 1, *row[2:]) for row in rows])),
    _proved("other sizes of a proof", f"{PROOF}._sizes", text(
        lambda found: Text(found.key, {"sizes": found.values["sizes"].replace("1", "2")}))),
    _proved("gradients in another order", f"{PROOF}._rows", text(lambda rows: [*rows][::-1])),
)  # fmt: skip
