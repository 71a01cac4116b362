"""Faults that a stranger planted in what was confirmed by the very functions that it used."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from derive.arrays import Array
from tests.faults.fault import Change, Fault, constant, instead, text

OF_ROW = "derive.calculus.activations.ACTIVATIONS"


def _ran(name: str, words: str, target: str, make: Change, refusal: str) -> Fault:
    return Fault(name, target, make, (f"run {words}",), refusal)


def _valued(function: str, name: str, value: Any, slope: Any, at: str) -> Fault:
    """Return the fault of a function that has another value, or another slope, at some arguments."""

    def other(row: Any) -> Any:
        return replace(
            row,
            value=lambda a: value(a, row.value(a)),
            slope=lambda a: slope(a, row.slope(a)),
        )

    words = f"evaluate elman --values {{values}} --activation {function} --only L"
    # What a function of no activation is, any network is tried with.
    words = words if function != "abs" else "evaluate elman --values {values} --only dL"
    return _ran(name, words, f"{OF_ROW}[{function}]", other, at)


def _same(_: Array, found: Array) -> Array:
    return found


def _partly(right: Any, batch: Any) -> Any:
    """Return the gradients of a batch, in every fifth update without what the first step adds."""
    batch.calls = getattr(batch, "calls", -1) + 1
    found = right(batch)
    if batch.calls % 5 != 2:
        return found
    return {name: 0.99 * one if name == "W" else one for name, one in found.items()}


def _in_single(module: Any) -> Any:
    source = module.source.replace("result_type(float,", "result_type(np.float32,")
    return replace(module, source=source)


def _exchanged(right: Any, values: Any, *args: Any) -> Any:
    other = {"seed": "steps", "steps": "seed"}
    return right({other.get(name, name): value for name, value in values.items()}, *args)


def _counted_on(right: Any, *args: Any) -> Any:
    """Call each row of a table by the number of the next."""
    for where, row in right(*args):
        head, number = where.rsplit(" ", 1)
        yield f"{head} {int(number) + 1}", row


FAULTS = (
    # Functions far out, and at a kink
    _valued("softplus", "softplus that is 0 below -8",
            lambda a, f: np.where(a.real < -8, 0 * a, f), _same, r"softplus is -?0 at -\d+"),
    _valued("relu", "relu with the slope 1 at 0", lambda a, f: np.where(a.real >= 0, a, f),
            lambda a, f: np.where(a.real >= 0, 1.0, f), r"the slope of relu is 1 at 0"),
    _valued("abs", "the modulus with the slope 1 at 0", _same,
            lambda a, f: np.where(a.real >= 0, 1.0, f), r"the slope of abs is 1 at 0"),
    _ran("a logarithm of softmax that is cut off", "evaluate elman --values {values} --only L,L_t",
         "derive.numerics.kernels.log_softmax",
         text(lambda found: np.where(found.real < -30, -30 + 0 * found, found)),
         r"log_softmax at .* is .* instead of"),
    # Training
    _ran("gradients that are cut off in every fifth update", "learn --spans 5 --seeds 1 --json",
         "derive.gradientflow.training.Batch.gradients", instead(_partly),
         r"update 2 of network 1 moves W otherwise than its gradient"),
    # Tables of documents
    _ran("columns that are exchanged", "batch {course} --out {out}", "derive.cli.tables._words",
         instead(_exchanged), r"row 1: s\w+ is \d in the table, and \d was taken"),
    _ran("yes for no", "batch {course} --out {out}", "derive.cli.tables._truth",
         text(lambda found: not found), r"row 1: bias is yes in the table, and --no-bias was taken"),
    _ran("rows that are counted from two", "batch {course} --out {out}", "derive.cli.tables._read_csv",
         instead(_counted_on), r"row 1 would be called .*, row 2"),
    # What is said of all data
    _ran("a range that is too small", "handout {gate} --steps 1 --format md --out {out}",
         "derive.chapters.facts.ranges.RANGES[tanh]", constant((0.0, 1.0)),
         r"'shrinking-jacobian' is so of gate, and numbers refute it"),
    _ran("capitals that need not be kept", "handout elman --steps 1 --format md --out {out}",
         "derive.bptt.scalar._in_small_letters", text(lambda found: "u" if found == "w" else found),
         r"says 'prose.scalar.small_but' .* which is not what is meant"),
    # What is put in, beside a line
    Fault("the first alone of what is put in", "derive.document.used._used",
          text(lambda found: found[:1]), ("make elman-2 markdown",),
          r"does not name elman-\S+, which is put in"),
    Fault("what is put in, from behind", "derive.document.used._used",
          text(lambda found: found[::-1]), ("make elman-2 markdown",),
          r"names .*, which is not their order in the text"),
    # How much is tested, and with how many digits
    _ran("claims that are tested on fewer data", "audit {claims} --json",
         "derive.audit.judge.SEEDS", constant(1), r"where it has 6 sets of them"),
    _ran("a module that holds states in single precision", "code elman",
         "derive.codegen.verified.written_module", text(_in_single), r"its s is not held in float64"),
    # Pictures of formulas
    _ran("bars through denominators", "show elman-grad-W-sum --as svg",
         "derive.render.drawing.mathtext._box",
         text(lambda box: (box[0], -box[3], box[2], -box[1])), r"Nothing is shown"),
)  # fmt: skip
