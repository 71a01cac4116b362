"""Faults in what checks: it passes what is false, while nothing else is wrong.

An answer that rests on a check which can't fail is refused, right or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from derive.expressions.equation import Equation, Kind
from tests.faults.fault import Change, Fault, constant, instead, text

VERIFY = "derive.checks.verify"
CONFIRMATION = "derive.gradcheck.confirm.Confirmation"
PROOF = "derive.checks.proof"

UNTRUSTED = r"does not refuse what is false|does not refuse a wrong \w+"

ANSWERS = (
    "run show elman-grad-W-sum",
    "run check elman -T 2",
    "run code elman",
    "make elman-2/loss markdown",
)


def _verifier(name: str, target: str, make: Change, *runs: str) -> Fault:
    return Fault(f"a verifier that {name}", f"{VERIFY}.{target}", make, runs or ANSWERS, UNTRUSTED)


def _confirmed(name: str, target: str, make: Change) -> Fault:
    runs = ("run evaluate --values {values}", "run compare --values {values} --gradients {mine}")
    return Fault(f"a confirmation that {name}", target, make, runs, UNTRUSTED)


def _proved(name: str, target: str, make: Change) -> Fault:
    return Fault(
        f"a proof that {name}",
        f"{PROOF}.{target}",
        make,
        ("make elman-1/proof markdown",),
        UNTRUSTED,
    )


def _of_kind(kind: Kind) -> Change:
    """Pass all equations of a kind."""
    return text(lambda check: replace(check, passed=check.passed or check.kind is kind))


def _breaking(*args: object, **kwargs: object) -> None:
    raise KeyError("planted")


def _renamed(equations: list[Equation]) -> Iterator[Equation]:
    """Yield equations, those of U and W under each other's ids."""
    other = {"U": "W", "W": "U"}
    for equation in equations:
        yield replace(equation, id=re.sub("(?<=-grad-)[UW]", lambda m: other[m[0]], equation.id))


SHOW = ("run show elman-grad-W-sum",)

FAULTS = (
    _verifier("passes everything", "Verifier.check", text(lambda check: replace(check, passed=True))),
    _verifier("requires nothing", "Verifier.require",
              instead(lambda right, self, equation: self.check(equation)), *SHOW),
    *(_verifier(f"passes what is {kind.value}", "Verifier.check", _of_kind(kind), *SHOW)
      for kind in Kind),
    _verifier("allows a thousandth", "TOLERANCE", constant(1e-3), *SHOW),
    _verifier("finds no error", "_largest", constant(lambda *args: 0.0), *SHOW),
    _verifier("looks at the first and the last side only", "pairwise",
              constant(lambda sides: [(sides[0], sides[-1])]), *SHOW),
    _verifier("looks at the first place only", "points",
              text(lambda found: found[:1]), *SHOW),
    _verifier("does not see shapes", "_error", instead(
        lambda right, equation, one, other, last: right(
            equation, one, other if one.shape == other.shape else one, last)), *SHOW),
    _verifier("takes any reason", "unfounded", constant(lambda equation: None), *SHOW),
    _verifier("takes all for rounding", "Verifier._of_residues", constant(lambda *args: 0.0), *SHOW),
    _verifier("takes what is checked nowhere for right", "Verifier.check", text(
        lambda check: replace(check, passed=check.passed or check.count == 0)), *SHOW),
    _verifier("looks at no term alone", "termwise.errors", constant(lambda *args: iter(())), *SHOW),
    _verifier("takes one kind of data", "Verifier._data", instead(
        lambda right, self, equation: list(right(self, equation))[:1]), *SHOW),
    _verifier("assumes a start at zero", "applies", constant(
        lambda equation, sample: sample.zero_start), *SHOW),
    _verifier("assumes targets that sum to one", "applies", instead(
        lambda right, equation, sample: right(equation, sample) and not sample.any_targets), *SHOW),
    _verifier("reads no id", "Verifier._misnamed", constant(lambda *args: None), *SHOW),
    Fault("data of one kind", "derive.chapters.handout.samples", text(lambda found: found[:1]),
          ("make elman-1 markdown",), r"the data are not those that were asked for"),
    Fault("an equation that is not put in, beside a line", "derive.document.used._used", instead(
        lambda right, known, one, other: tuple(e.id for e in known[:1])),
          ("make elman-2/loss markdown",), r"but that is not put in there"),
    Fault("gradients that all agree", "derive.gradcheck.compare.Comparison.findings", text(
        lambda findings: [replace(one, agrees=True, error=0.0, looks_like=()) for one in findings]),
          ("run compare --values {values} --gradients {mine}",), r"what is told of gradients is not so"),
    Fault("ids of other equations in a list", "derive.bptt.derivation.Derivation.equations", text(
        lambda found: _renamed([*found])), ("run list elman -T 2 --ids",), r"is not the one of its id"),
    Fault("a requirement of what an answer rests on that requires nothing",
          "derive.checks.tried.require", constant(lambda *args: None), SHOW, UNTRUSTED),
    Fault("a library that requires nothing", "derive.checks.checked.CheckedDerivation.require",
          instead(lambda right, self, equation: equation), SHOW, UNTRUSTED),
    _confirmed("passes everything", f"{CONFIRMATION}.require", constant(lambda *args: None)),
    *(_confirmed(f"passes {what}", f"{CONFIRMATION}.{method}", constant(lambda *args: None))
      for what, method in (("gradients", "_totals"), ("gradients of each loss", "_each_loss"),
                           ("contributions", "_contributions"),
                           ("Jacobians", "_step_jacobians"), ("their products", "_state_jacobians"))),
    _confirmed("allows a tenth", "derive.gradcheck.confirm.TOLERANCE", constant(0.1)),
    _confirmed("takes all for rounding", "derive.gradcheck.confirm.LOST", constant(1e12)),
    _confirmed("passes a forward pass", "derive.gradcheck.forward.ForwardReference.require",
               constant(lambda *args: None)),
    _proved("passes everything", "differ", constant(lambda *args: False)),
    _proved("finds all to be zero", "Rationals.is_zero", constant(lambda *args: True)),
    *(Fault(f"a reader that {name}", target, change, SHOW, UNTRUSTED)
      for name, target, change in (
          ("passes everything", "derive.publishing.shown.ShownEquations.require",
           instead(lambda right, self, equation, text, manner: text)),
          ("takes all values for the same", f"{VERIFY}.Verifier.apart", constant(lambda *args: None)),
          ("finds no difference", "derive.checks.readback.ReadComparison.differences",
           constant(lambda *args: [])),
          ("reads nothing", "derive.publishing.shown._passages", constant(lambda *args: [])),
          ("of single equations passes everything", "derive.publishing.tried.require_text",
           instead(lambda right, value, text, *more: text)))),
    *(Fault(f"a check that breaks: {name}", target, constant(_breaking), (run,),
            r"the check of .* broke, so that nothing passed it: KeyError: 'planted'")
      for name, target, run in (
          ("of an equation", f"{VERIFY}._error", SHOW[0]),
          ("of a text", "derive.publishing.shown._passages", SHOW[0]),
          ("of a page", "derive.publishing.readback.ReadBack.inspect", "write elman-2/forward markdown"),
          ("of a manifest", "derive.publishing.recorded.require_recorded",
           "write elman-2/forward markdown"),
          ("of measurements", "derive.gradientflow.confirmed._require_uniform",
           "run flow vanishing"),
          ("of a result", "derive.gradcheck.confirm.Confirmation._totals",
           "run evaluate --values {values}"),
          ("of lines that are printed", "derive.cli.spoken.require_findings",
           "run compare --values {values} --gradients {mine}"))),
)  # fmt: skip
