"""Faults in what is kept of a thing: a manifest, a row of claims, a training, the known mistakes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from derive.document.text import Code, Text
from derive.record import Entry
from tests.faults.fault import Change, Fault, constant, instead, text

MANIFEST = "derive.publishing.manifest"
CLAIMS, AUDIT = "derive.audit.claims", "derive.chapters.audit"
LEARNING = "derive.gradientflow.learning"
MISTAKES, COMPARE = "derive.gradcheck.mistakes", "derive.gradcheck.compare"

LEARN = "run learn --spans 2,6 --seeds 2"
LEARNT = f"{LEARN} --format md --out {{out}}"

RECORDED = r"the manifest does not say of \S+ what was checked"
TOLD = r"what is told of the claim \S+ is not what its file says"
DONE = r"what is told of training \w+ for \d+ steps is not what was done"
KNOWN = r"a typical mistake would not be recognised"


def _kept(name: str, target: str, make: Change) -> Fault:
    """Return a fault in a manifest, of a document and of pieces."""
    runs = ("make elman-2/network markdown", "run export elman -T 2 --out {out}")
    return Fault(name, target, make, runs, RECORDED)


def _told(name: str, **changes: Any) -> Fault:
    """Return a fault in what is read of a row of claims, in every way to tell of it."""
    runs = ("run audit {told}", "run audit {told} --json",
            "run audit {told} --format md --out {out}")  # fmt: skip
    change = text(lambda c: replace(c, **{
        key: value(c) if callable(value) else value for key, value in changes.items()}))  # fmt: skip
    return Fault(name, f"{CLAIMS}._claim", change, runs, TOLD)


def _done(name: str, target: str, make: Change) -> Fault:
    return Fault(name, f"{LEARNING}.{target}", make, (LEARN,), DONE)


def _known(name: str, target: str, make: Change) -> Fault:
    runs = ("run compare --values {values} --gradients {mine}",)
    return Fault(name, target, make, runs, KNOWN)


def _listed(change: Change) -> Change:
    """Change what a generator yields, as a list."""
    return text(lambda found: change([*found]))


def _shares(change: Change) -> Change:
    """Change the shares of right answers, once they were counted."""
    return text(lambda found: [replace(o, accuracies=change(o.accuracies)) for o in found])


def _sealed(change: Any) -> Change:
    """Change what a record is sealed with."""
    return instead(lambda right, content, entries: right(*change(content, [*entries])))


FAULTS = (
    # manifest
    _kept("a form of another version", f"{MANIFEST}.FORMAT", constant(2)),
    Fault("a key that stands in no manifest", f"{MANIFEST}.manifest",
          text(lambda found: {**found, "title": "BPTT"}), ("make elman-2/network markdown",),
          RECORDED),
    _kept("a file under another format", "derive.record.Entry",
          instead(lambda right, name, form, *rest: right(name, "pdf", *rest))),
    _kept("a file that was not written", "derive.record.sealed", _sealed(
        lambda content, entries: (content, [*entries, Entry("elman-T2.pdf", "pdf", "0" * 64)]))),
    _kept("a seed that is changed at the end", "derive.record.sealed", _sealed(
        lambda content, entries: ({**content, "seed": 5}, entries))),
    _kept("equations in reverse order at the end", "derive.record.sealed", _sealed(
        lambda content, entries: ({**content, "equations": content["equations"][::-1]}, entries))),
    # claims
    _told("a claim of another kind", kind="misconception"),
    _told("a claim at another place", place="(99)"),
    _told("a quote that is another's", quote="dW = d x"),
    _told("a claim of no text", text=None),
    _told("a correction that is lost", right=None),
    _told("further names that are lost", where={}),
    _told("a condition that is lost", when=None),
    _told("words of another claim", words=lambda c: {
        **c.words, **({"explanation": "Both."} if "explanation" in c.words else {})}),
    _told("readings in each other's place", readings=lambda c: c.readings[::-1]),
    _told("claims on more steps", data=lambda c: replace(c.data, T=4)),
    *(Fault(f"{what} of a text that is another", f"{CLAIMS}.SourceText", make,
            ("run audit {told}",), TOLD)
      for what, make in (
          ("an address", instead(lambda right, title, by, link: right(title, by, link + "/x"))),
          ("a title", instead(lambda right, title, by, link: right(by, title, link))))),
    # what a document tells of claims
    *(Fault(f"{what} in an audit that is another's", f"{AUDIT}.{target}", make,
            ("run audit {told} --format md --out {out}",), "an audit does not tell what was found")
      for what, target, make in (
          ("a place", "_item", text(lambda p: replace(p, values={**p.values, "place": "(99)"}))),
          ("words", "word", text(lambda found: f"{found}!")),
          ("a quote", "Code", constant(lambda quote: Code(f"{quote}x"))),
          ("a verdict", "_row", text(lambda row: (*row[:2], Text("verdict.audit.right"), row[3]))),
          ("numbers", "count", constant(lambda first: iter(range(2, 99)))),
          ("a heading", "Heading", instead(lambda right, key, *more: right(
              key.replace("slip", "misconception"), *more))),
          ("what is said of readings", "_of_readings", constant(lambda found: "prose.audit.always")),
      )),
    Fault("an author of a text that is another", "derive.chapters.audited._text", text(
        lambda found: replace(found, values={**found.values, "by": "Nobody"})),
          ("run audit {told} --format md --out {out}",), "an audit does not tell what was found"),
    # training
    _done("shares of another method", "train", text(lambda found: [
        replace(o, accuracies=p.accuracies) for o, p in zip(found, found[::-1], strict=True)])),
    _done("all answers right", "train", _shares(lambda found: tuple(1.0 for _ in found))),
    _done("no clipping", "_clipped", instead(lambda right, gradients, which: gradients)),
    _done("clipping of all", "_clipped", instead(
        lambda right, gradients, which: right(gradients, np.ones_like(which)))),
    _done("clipping to half the limit", "by_norm", instead(
        lambda right, row, limit: right(row, limit / 2))),
    _done("less noise", "sequences", instead(lambda right, rng, steps, count: (
        lambda given, classes: ({**given, "x": 0.9 * given["x"]}, classes))(
            *right(rng, steps, count)))),
    _done("the class in the second vector", "sequences", instead(
        lambda right, rng, steps, count: (
            lambda given, classes: ({**given, "x": np.roll(given["x"], 1, axis=0)}, classes))(
                *right(rng, steps, count)))),
    Fault("another number of networks in a sentence", "derive.chapters.learning.Prose", instead(
        lambda right, key, values=None: right(key, {**(values or {}), **(
            {"seeds": 7} if "seeds" in (values or {}) else {})})), (LEARNT,),
          "does not say of the training what came out"),
    Fault("heads of shares exchanged", "derive.chapters.learning.heads", text(
        lambda found: (*found[:3], *found[:2:-1])), (LEARNT,),
          "does not say of the training what came out"),
    # mistakes
    _known("a mistake that is not looked for", f"{COMPARE}.mutations",
           _listed(lambda found: [m for m in found if "swapped, and" not in m.says])),
    _known("a slip that is not looked for", f"{MISTAKES}.slips", _listed(lambda found: found[1:])),
    _known("a pattern that is not looked for", f"{COMPARE}.patterns",
           _listed(lambda found: found[:-1])),
    _known("swapped factors that are not", f"{MISTAKES}._reversed", constant(lambda expr: expr)),
    _known("the wrong order that is the right one", f"{MISTAKES}._reordered",
           constant(lambda named: named)),
    _known("weights that are transposed after all", f"{MISTAKES}._untransposed",
           constant(lambda named, cell: named)),
    _known("the wrong step that is the right one", f"{MISTAKES}._shifted",
           constant(lambda node, cell: node)),
    _known("slopes of two steps before", "derive.gradcheck.slips._slopes", instead(
        lambda right, derivation, shift: right(derivation, shift and 2 * shift))),
    _known("residuals that are all alike", f"{MISTAKES}._always",
           constant(lambda residual: lambda y, o: o - y)),
    _known("contributions that count twice as often", f"{COMPARE}.patterns", _listed(
        lambda found: [replace(p, coefficients=2 * p.coefficients) for p in found])),
    _known("mistakes that fit nothing", f"{COMPARE}.Comparison._matches",
           constant(lambda *args: False)),
    _known("factors that are not looked for", f"{COMPARE}.Comparison._rescaled",
           constant(lambda *args: iter(()))),
    _known("single contributions that are not looked for", f"{COMPARE}.Comparison._single",
           constant(lambda *args: iter(()))),
)  # fmt: skip
