"""Faults behind the answers of commands: numbers, comparisons, measurements, claims."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from derive.expressions.algebra import mul
from tests.faults.fault import Change, Fault, computed, constant, instead, text

RESULTS = "derive.gradcheck.results.Results"
EVALUATE = "derive.cli.commands.evaluate"
FLOW = "derive.gradientflow.measure.Flow"
ACTIVATIONS = "derive.calculus.activations.ACTIVATIONS"

EQUATION = r"equation \S+ "
FORWARD = r"is not that of the forward pass"
PRINTED = r"what would be printed is not what was confirmed"
MEASURED = r"are not those of the forward pass|it is not shown that the gradient of"


UNCONFIRMED = rf"{EQUATION}|Nothing is printed, as it would be wrong"
"""An equation that fails, or a result that the forward pass does not confirm."""


def _evaluated(
    name: str, target: str, make: Change, refusal: str = UNCONFIRMED, flags: str = ""
) -> Fault:
    return Fault(name, target, make, (f"run evaluate --values {{values}}{flags}",), refusal)


def _joined(change: Change) -> Change:
    """Change the text that a generator yields in pieces."""
    return text(lambda pieces: [change("".join(pieces))])


def _compared(name: str, target: str, make: Change) -> Fault:
    runs = ("run compare --values {values} --gradients {mine}",)
    return Fault(name, target, make, runs, EQUATION)


def _measured(name: str, experiment: str, target: str, make: Change) -> Fault:
    return Fault(name, target, make, (f"run flow {experiment}",), MEASURED)


def _arrays(change: Any) -> Change:
    """Change every array of a result, one or many by the names of parameters."""
    return text(
        lambda found: (
            {k: change(v) for k, v in found.items()} if isinstance(found, dict) else change(found)
        )
    )


def _kept(change: Any) -> Change:
    """Change a value that is computed once."""

    def make(right: Any) -> Any:
        getter = right.func if isinstance(right, cached_property) else right.fget
        return property(lambda self: change(getter(self)))

    return make


def _first(rows: np.ndarray) -> np.ndarray:
    """Return the same with the first step's in the place of the last step's."""
    return np.concatenate([rows[:-1], rows[:1]])


FAULTS = (
    # evaluate
    _evaluated("gradients doubled", f"{RESULTS}._total_gradients", _arrays(lambda a: 2 * a)),
    _evaluated("gradients negated", f"{RESULTS}._total_gradients", _arrays(lambda a: -a)),
    _evaluated("gradients off by a thousandth", f"{RESULTS}._total_gradients",
               _arrays(lambda a: 1.001 * a)),
    _evaluated("gradients of another step", f"{RESULTS}._gradients", _arrays(_first)),
    _evaluated("gradients of the losses in reverse order", f"{RESULTS}._gradients",
               _arrays(lambda a: a[::-1])),
    _evaluated("a contribution of another step", f"{RESULTS}._contributions", _arrays(_first)),
    _evaluated("contributions in reverse order", f"{RESULTS}._contributions",
               _arrays(lambda a: a[::-1])),
    _evaluated("step Jacobians transposed", f"{RESULTS}._step_jacobians",
               _arrays(lambda a: np.swapaxes(a, -1, -2))),
    _evaluated("step Jacobians of another step", f"{RESULTS}._step_jacobians", _arrays(_first)),
    _evaluated("products of Jacobians transposed", f"{RESULTS}._state_jacobians",
               _arrays(lambda a: np.swapaxes(a, -1, -2))),
    _evaluated("products of Jacobians in reverse order", f"{RESULTS}._state_jacobians",
               _arrays(lambda a: a[::-1])),
    _evaluated("a contribution that is counted twice",
               "derive.bptt.substitution.Substitution.substituted_term",
               text(lambda found: None if found is None else mul(2, found))),
    *(_evaluated(f"{name} in reverse order", f"{RESULTS}.{method}", change, FORWARD)
      for name, method, change in (("states", "_series", text(lambda f: lambda: f()[::-1])),
                                   ("losses", "_losses", text(lambda found: found[::-1])))),
    _evaluated("the last two states exchanged", f"{RESULTS}._series",
               text(lambda f: lambda: f() if len(f()) != 4 else f()[[0, 1, 3, 2]]), FORWARD),
    _evaluated("a total that is a mean", f"{RESULTS}._loss", text(lambda found: found / 3), FORWARD),
    *(_evaluated(f"{name}, {form}", f"{EVALUATE}.{printer}", change, PRINTED, f" {flag}".rstrip())
      for form, printer, flag in (("text", "_plain", ""), ("JSON", "_json", "--json"))
      for name, change in (
          ("names exchanged", _joined(lambda s: s.replace("U", "?").replace("W", "U")
                                      .replace("?", "W"))),
          ("names of states and inner states exchanged", _joined(lambda s: re.sub(
              r'(?m)^(\W*)([as])\b', lambda m: m[1] + "sa"["as".index(m[2])], s))),
          ("a result that is left out", _joined(lambda s: re.sub(r'(?m)^.*\bL\b.*\n(  .*\n)?', "", s))),
          ("a sign that is lost", _joined(lambda s: s.replace("-", "", 1))),
          ("a digit that is lost", _joined(lambda s: re.sub(r"\d(?=[ ,\]\n])", "", s, count=1))),
      )),
    *(_evaluated(f"rows in reverse order, {form}", f"{EVALUATE}.{printer}",
                 instead(lambda right, array, *more: right(array[::-1] if getattr(array, "ndim", 0)
                                                           else array, *more)), PRINTED, flag)
      for form, printer, flag in (("text", "_rows", ""), ("JSON", "_value", " --json"))),
    _evaluated("numbers negated in JSON", f"{EVALUATE}._value",
               instead(lambda right, value: right(value if isinstance(value, dict) else -value)),
               PRINTED, " --json"),
    # compare
    _compared("a comparison with gradients of another order", f"{RESULTS}._total_gradients",
              text(lambda found: {**found, "W": found["W"].T})),
    _compared("a comparison with doubled gradients", f"{RESULTS}._total_gradients",
              _arrays(lambda a: 2 * a)),
    _compared("a comparison without the first step", "derive.bptt.recursion.TimeSum",
              instead(lambda right, body, index, low, high: right(body, index, low + 1, high))),
    *(Fault(name, f"derive.gradcheck.compare.{target}", make,
            ("run compare --values {values} --gradients {mine}",
             "run compare --values {values} --gradients {mine} --json"),
            r"looked at one by one|whether more would be looked for|was not looked for")
      for name, target, make in (
          ("contributions that are not looked at", "MOST_NUMBERS", constant(5)),
          ("mistakes that are not looked for one by one", "Comparison.thorough",
           computed(lambda found: False)),
          ("a network that has no contributions", "Comparison.chained",
           computed(lambda found: False)),
      )),
    Fault("contributions that are looked at, and are too many", "derive.gradcheck.known.ONE_BY_ONE",
          constant(5), ("run compare --values {values} --gradients {mine}",),
          r"looked at one by one"),
    # flow
    _measured("norms of the wrong singular value", "nonnormal", f"{FLOW}.log_norms",
              lambda right: property(lambda self: self.log_singular[:, -1] - 1)),
    _measured("norms of one lag less", "vanishing", f"{FLOW}.log_singular",
              _kept(lambda found: np.concatenate([found[1:], found[-1:]]))),
    _measured("norms as natural logarithms", "exploding", f"{FLOW}.log_singular",
              _kept(lambda found: found * np.log(10))),
    _measured("a bound from the smallest factors", "vanishing", f"{FLOW}.factor_singular",
              _kept(lambda found: 0.5 * found)),
    _measured("a bound that counts from the wrong end", "saturated", f"{FLOW}.log_bound",
              _kept(lambda found: np.concatenate([[0.0], np.cumsum(np.diff(found)[::-1])]))),
    _measured("Jacobians of another step", "saturated", f"{FLOW}.jacobians",
              _kept(lambda found: [*found[1:], found[0]])),
    _measured("measured Jacobians transposed", "nonnormal", f"{FLOW}.jacobians",
              _kept(lambda found: [J.T for J in found])),
    _measured("a verdict for its opposite", "vanishing", f"{FLOW}.verdict",
              _kept(lambda found: replace(found, says="explodes"))),
    _measured("a verdict from the wrong number", "vanishing", f"{FLOW}.rate",
              _kept(lambda found: 0.5 * found)),
    _measured("an explosion that nothing proves", "saturated", "derive.gradientflow.measure.SLACK",
              constant(-2.0)),
    # Whatever is evaluated
    Fault("ordered products that are evaluated in rising order",
          "derive.numerics.evaluate.Evaluator.products",
          instead(lambda right, self, node, body, env, low, high: np.swapaxes(
              right(self, node, body, env, low, high), -1, -2)),
          ("run check elman -T 3",), r"FAILED at"),
    Fault("sums that are evaluated without their last term",
          "derive.numerics.evaluate.Evaluator.summed",
          instead(lambda right, self, node, env, low, high: right(self, node, env, low, high - 1)),
          ("run check elman -T 3",), r"FAILED at"),
    Fault("sums at many places that are evaluated without their last term",
          "derive.numerics.evaluate.Evaluator.sums",
          instead(lambda right, self, node, env, low, high: right(self, node, env, low, high - 1)),
          ("run check elman -T 3",), r"FAILED at"),
    Fault("derivatives that stand side by side in the wrong order",
          "derive.numerics.derivatives.Derivatives._near_by", text(lambda found: found[::-1]),
          ("run check elman -T 3",), r"FAILED at"),
    Fault("derivatives over many steps that are those of another one",
          "derive.numerics.windows.Windows.along", text(lambda found: np.roll(found, 1, 0)),
          ("run check elman -T 3",), r"FAILED at"),
    Fault("totals of losses that lack what moves first",
          "derive.numerics.derivatives.Derivatives._totals", text(lambda found: 0 * found),
          ("run check elman -T 3",), r"the verifier does not refuse what is false"),
    Fault("derivatives that are evaluated transposed", "derive.numerics.evaluate.Evaluator.derivative",
          text(lambda found: np.swapaxes(found, -1, -2)
               if found.shape[-1] == found.shape[-2] else found),
          ("run check elman -T 3",), r"FAILED at"),
    Fault("adjoints after the last step that are not zero",
          "derive.numerics.evaluate.Evaluator._backwards",
          instead(lambda right, self, named, index: right(self, named, index) + (
              index > self.trace.steps)),
          ("run check elman -T 3",), r"FAILED at"),
    # Claims and training
    Fault("a claim about a wrong slope", f"{ACTIVATIONS}[tanh]",
          lambda row: replace(row, slope=lambda a: 1.001 * row.slope(a)),
          ("run audit {claims}",), EQUATION),
    Fault("training with doubled gradients", "derive.gradientflow.training.Batch.gradients",
          _arrays(lambda a: 2 * a), ("run learn --spans 2 --seeds 1",), EQUATION),
    Fault("training with the gradients of another parameter order",
          "derive.gradientflow.training.Batch.gradients",
          text(lambda found: {**found, "W": np.swapaxes(found["W"], -1, -2)}),
          ("run learn --spans 2 --seeds 1",), EQUATION),
)  # fmt: skip
