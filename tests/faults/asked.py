"""Faults between what was asked for and what came out: words misread, options lost, counts, remarks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.faults.fault import Change, Fault, constant, instead, text

PARSER = "derive.cli.arguments.Parser.parse_args"
TERMINAL = "derive.cli.terminal.Terminal"
BUILDER = "derive.cells.builder"
HANDOUT = "run handout elman -T 1 --format md --out {out}"
EXPORT = "run export elman -T 1 --out {out}"
ASKED = r"is not what was asked for"
REMARKED = r"what would be remarked is not so"
ITSELF = r"does not say of itself what is so"
OURS = r"this is a fault of (derive|the program)"


def _misread(name: str, run: str, refusal: str = ASKED, /, **values: Any) -> Fault:
    """Return the fault that the parser gives other values than were typed."""

    def read(right: Any, self: Any, *args: Any) -> Any:
        found = right(self, *args)
        for dest, value in values.items():
            setattr(found, dest, value)
        return found

    return Fault(name, PARSER, instead(read), (run,), refusal)


def _lost(name: str, run: str, target: str, make: Change, refusal: str = ASKED) -> Fault:
    return Fault(name, target, make, (run,), refusal)


def _remarked(name: str, run: str, wrong: str, right: str) -> Fault:
    """Return the fault that a remark says something else."""
    change = instead(
        lambda call, self, line, require: call(self, re.sub(wrong, right, line), require)
    )
    return Fault(name, f"{TERMINAL}.remark", change, (run,), REMARKED)


FAULTS = (
    # Words misread
    *(_misread(f"another {name.replace('_', ' ')} than was typed", run, ASKED, **{name: value})
      for name, run, value in (
          ("cell", "run explain lstm", "gru"),
          ("activation", "run explain elman --activation relu", "tanh"),
          ("output_layer", "run list elman --output-layer linear -T 1", "softmax"),
          ("bias", "run explain lstm --no-bias", None),
          ("loss", "run code elman --loss last", None),
          ("initial", "run explain gru --initial given", "trainable"),
          ("id", "run show elman-forward-s", "elman-forward-a"),
          ("manner", "run show elman-forward-s --as latex", "plain"),
          ("seed", f"{HANDOUT} --seed 7", 0),
          ("author", f"{HANDOUT} --author Ada", None),
          ("title", f"{HANDOUT} --title Notes", None),
          ("notation", f"{HANDOUT} --notation goodfellow", "source"),
          ("more", f"{HANDOUT} --with checks", ()),
          ("detail", "run handout elman -T 2 --detail brief --format md --out {out}", "steps"),
          ("dialect", f"{EXPORT} --dialect myst", "common"),
          ("label_prefix", f"{EXPORT} --label-prefix a-", ""),
          ("only", "run evaluate --values {values} --only L", "dL"),
          ("tolerance", "run compare --values {values} --gradients {mine} --tolerance 1e-3", 0.5),
          ("names", "run flow steady", ["vanishing"]),
          ("spans", "run learn --spans 2 --seeds 1", (3,)),
          ("seeds", "run learn --spans 3 --seeds 1", 2),
      )),
    _misread("an option that nobody gave", "run explain gru", activation=None, bias=False),
    _misread("steps that are one more", "run list elman --steps 1", steps=2),
    _misread("steps of a check that are one more", "run check diagonal --steps 1", steps=2),
    _misread("formats of which one is left out", "run handout elman -T 1 --format md,latex --out {out}",
             "what would be printed is not what was confirmed", format=("md",)),
    _misread("another folder", HANDOUT, out=Path("elsewhere")),
    _misread("a list that is a table", "run flow steady --json", json=False),
    _misread("another seed of runs", "run flow steady --seed 4", seed=0),
    _misread("another seed of claims", "run audit {wrong} --seed 40", seed=0),
    _misread("another seed of training", "run learn --spans 2 --seeds 1 --seed 3", seed=1),
    _lost("a limit that is not taken", "run check diagonal -T 1 --limit size=40",
          "derive.budgets.use", constant(lambda given: None)),
    # Options lost on the way
    _lost("biases that are left out", "run explain lstm", f"{BUILDER}.CellBuilder.bias",
          constant(lambda self, name, size: ())),
    _lost("biases that are there always", "run list diagonal -T 1", f"{BUILDER}.CellBuilder.bias",
          constant(lambda self, name, size: (self.parameter(name, size),))),
    _lost("another place of the loss", "run explain elman --loss mean", f"{BUILDER}.weighting",
          instead(lambda call, name: call("last"))),
    _lost("another output", "run explain gru --output-layer sigmoid", f"{BUILDER}.loss_named",
          instead(lambda call, name: call("softmax"))),
    _lost("an activation of its own", "run explain elman", "derive.cells.zoo.elman.apply",
          instead(lambda call, name, arg: call("relu", arg))),
    _lost("a loaded cell of another name", "run explain elman", "derive.checks.loaded.load",
          instead(lambda call, name, **options: call("irnn"))),
    _lost("data of another seed", HANDOUT, "derive.chapters.handout.samples",
          instead(lambda call, cell, steps, seed: call(cell, steps, seed + 1)),
          rf"{ASKED}|which is not what is meant there"),
    _lost("data of another seed on the terminal", "run check diagonal -T 1",
          "derive.numerics.sample.samples",
          instead(lambda call, cell, steps, seed: call(cell, steps, seed + 1))),
    _lost("a chapter that nobody asked for", HANDOUT, "derive.chapters.handout._chapters",
          instead(lambda call, more, cell: call(["remedies"], cell))),
    _lost("another title than that of the network", HANDOUT, "derive.chapters.handout.Document",
          instead(lambda call, id, title, author, *rest: call(id, "Notes", author, *rest))),
    # What checks and records say of themselves
    _lost("places that are counted twice", "run check diagonal -T 2", "derive.checks.verify.points",
          text(lambda found: [one for one in found for _ in (1, 2)]), ITSELF),
    _lost("a method that is another", "run check diagonal -T 1", "derive.checks.verify.method",
          constant(lambda equation: "rounding"), ITSELF),
    _lost("a method that is another in a handout", HANDOUT, "derive.checks.verify.method",
          constant(lambda equation: "complex-step"), ITSELF),
    _lost("a digest of the name of a file", HANDOUT, "derive.record.digest_of",
          instead(lambda call, path: "0" * 64), "another digest|the digest of .* reads 0000"),
    _lost("a digest of something else", EXPORT, "derive.record.digest",
          instead(lambda call, content: call(content + b" ")), "digest"),
    _lost("a mark of other lines", "run code elman --out {out}", "derive.record.digest",
          instead(lambda call, content: call(content[:-40])), "digest|is not the code"),
    # Remarks
    _remarked("more equations that passed", "run check diagonal -T 1", r"^(\d+) of", r"1\1 of"),
    _remarked("another horizon in a remark", "run check diagonal -T 1", "T = 1", "T = 2"),
    _remarked("another seed in a remark", "run flow steady", "seed 0", "seed 1"),
    _remarked("another logarithm in a remark", "run flow steady", "log10", "logarithm"),
    _remarked("more equations displayed", HANDOUT, r"^(\d+)", r"1\1"),
    _remarked("fewer equations checked", EXPORT, r", (\d)(\d+) checked", r", \2 checked"),
    _remarked("more claims that are right", "run audit {wrong}", ", 0 of", ", 1 of"),
    _remarked("another number of networks", "run learn --spans 2 --seeds 1", "of 1 net", "of 5 net"),
    _remarked("another parameter that was not given",
              "run compare --values {values} --gradients {mine}", "U, V", "U, W"),
    # Endings
    _lost("a function that is not known", "run list", "derive.calculus.activations.usable",
          text(lambda found: found[:-1]), OURS),
    _lost("a product of another order", "run list elman -T 1", "derive.calculus.pullbacks.mul",
          instead(lambda call, *factors: call(*factors[::-1])), rf"{OURS}|failed its check"),
    _lost("a sentence that is never said", HANDOUT, "derive.chapters.context.Context.may_say",
          instead(lambda call, self, key, values: not key.startswith("symbol.")
                  and call(self, key, values)), "there is no sentence that holds"),
)  # fmt: skip
