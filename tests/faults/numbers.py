"""Faults in the numbers of a user's network, and in those that are printed of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from derive.codegen.module import WrittenModule
from derive.numerics.trace import ForwardPass
from tests.faults.fault import Change, Fault, computed, constant, instead, text

FORWARD = r"is not that of the forward pass"

MEASURED = r"are not those of the forward pass|is not that of the step Jacobians"

ANSWERS = (
    "run evaluate --values {values} --only dL",
    "run compare --values {values} --gradients {mine}",
    "run handout elman --values {values} --detail brief --format md --out {out}",
)
"""The answers on a user's numbers, of which each starts from the same forward pass."""


def _passed(name: str, make: Change) -> Fault:
    return Fault(name, "derive.gradcheck.values.Values.trace", make, ANSWERS, FORWARD)


def _with(**changed: Any) -> Change:
    """Run the forward pass on other numbers of one kind."""

    def run(right: Any, values: Any) -> ForwardPass:
        kinds = ("parameters", "series", "initial")
        given = (changed.get(kind, lambda same: same)(getattr(values, kind)) for kind in kinds)
        return ForwardPass(values.cell, *given)

    return instead(run)


def _last_moved(found: ForwardPass) -> ForwardPass:
    """Return a pass with the last state a little off, as no equation has it."""
    found.columns[found.cell.states[0]][found.steps] *= 1 + 1e-9
    return found


def _evaluated(name: str, target: str, make: Change) -> Fault:
    runs = ("run evaluate --values {eight}",)
    return Fault(name, f"derive.gradcheck.results.Results.{target}", make, runs, r"equation \S+ ")


def _module(part: str, by: str) -> Change:
    """Replace a part of the source of a module, which must be there."""

    def changed(made: WrittenModule) -> WrittenModule:
        assert part in made.source
        return replace(made, source=made.source.replace(part, by))

    return text(changed)


AUDITED = "audit {many}"
COMPARED = "compare --values {values} --gradients {mine}"


def _audited(name: str, target: str, make: Change, refusal: str = r"its error is") -> Fault:
    return Fault(name, target, make, (f"run {AUDITED}",), refusal)


def _ended(name: str, words: str, target: str, make: Change) -> Fault:
    refusal = r"what would be printed is not what was confirmed"
    return Fault(name, target, make, (f"run {words}",), refusal)


def _least(right: Any, formula: Any, sign: str, places: Any, points: Any, trial: Any) -> None:
    """Tell of the first place in the place of the worst one."""
    changed = replace(trial, where=places[0].where) if trial.where != places[0].where else trial
    right(formula, sign, places, points, replace(changed, error=changed.error / 3))


def _other_place(rest: tuple[Any, ...]) -> tuple[Any, ...]:
    return (rest[0].replace("seed 0", "seed 1"), *rest[1:]) if rest else rest


def _halved(rest: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(side if side is None else side / 2 for side in rest)


def _with_error(factor: float) -> Change:
    return instead(
        lambda right, finding, terminal: right(
            replace(finding, error=factor * finding.error), terminal
        )
    )


def _lacking(pattern: str) -> Change:
    """Leave out the equations of some ids."""
    return text(lambda found: iter([one for one in found if not re.fullmatch(pattern, one.id)]))


def _measured(name: str, target: str, make: Change, flags: str = "") -> Fault:
    target = f"derive.gradientflow.measure.{target}"
    return Fault(name, target, make, (f"run flow saturated{flags}",), MEASURED)


def _shifted(found: list[Any], first: int, last: int) -> list[Any]:
    """Return Jacobians of which some are those of the step after."""
    return [*found[:first], *found[first + 1 : last + 1], *found[last:]][: len(found)]


def _changed(change: Callable[[Any], Any]) -> Change:
    """Change every array of a result, one or many by the names of parameters."""
    return text(
        lambda found: (
            {name: change(one) for name, one in found.items()}
            if isinstance(found, dict)
            else change(found)
        )
    )


def _taken(step: int, other: int) -> Change:
    """Put what belongs to another step in the place of a step, of an array over many steps."""

    def change(array: Any) -> Any:
        found = np.array(array)
        if len(found) > 6:
            found[step] = array[other]
        return found

    return _changed(change)


def _scaled(step: int, factor: float) -> Change:
    """Change what belongs to one step by a factor."""
    return _changed(lambda array: np.concatenate(
        [array[:step], factor * array[step : step + 1], array[step + 1 :]]))  # fmt: skip


SINGLE = _changed(lambda array: array.astype(np.float32).astype(float))
"""Seven digits, of which sixteen are printed."""

FAULTS = (
    # One forward pass for all
    _passed("a pass from other initial states",
            _with(initial=lambda given: {name: -array for name, array in given.items()})),
    _passed("a pass with the inputs in reverse order",
            _with(series=lambda given: {**given, "x": given["x"][::-1]})),
    _passed("a pass with single parameters",
            _with(parameters=lambda given: {name: array.astype("f4") for name, array in given.items()})),
    _passed("a pass with a state that no equation gives", text(_last_moved)),
    Fault("a forward pass that need not be one",
          "derive.gradcheck.forward.ForwardReference.require_pass", constant(lambda *args: None),
          ANSWERS, r"what confirms results does not refuse a wrong forward pass"),
    # Each step by itself
    _evaluated("a contribution of the step after, within", "_contributions", _taken(2, 3)),
    _evaluated("a contribution a little too large, within", "_contributions", _scaled(3, 1 + 1e-9)),
    _evaluated("contributions that lack one within", "_contributions", _scaled(5, 0.0)),
    _evaluated("a step Jacobian of another step, within", "_step_jacobians", _taken(2, 4)),
    _evaluated("a step Jacobian turned, within", "_step_jacobians", _changed(
        lambda array: np.concatenate([array[:5], array[5:6].transpose(0, 2, 1), array[6:]]))),
    _evaluated("a step Jacobian of no size, within", "_step_jacobians", _scaled(3, 0.0)),
    _evaluated("a product of Jacobians of another step, within", "_state_jacobians", _taken(2, 3)),
    _evaluated("a product of Jacobians a little too large", "_state_jacobians", _scaled(5, 1 + 1e-9)),
    _evaluated("products of Jacobians in another order", "_state_jacobians", _changed(
        lambda array: array[[0, 1, 2, 4, 3, *range(5, len(array))]] if len(array) > 6 else array)),
    # To the digits that are printed
    _evaluated("gradients of single precision", "_total_gradients", SINGLE),
    _evaluated("gradients of each loss of single precision", "_gradients", SINGLE),
    _evaluated("contributions of single precision", "_contributions", SINGLE),
    _evaluated("step Jacobians of single precision", "_step_jacobians", SINGLE),
    _evaluated("products of Jacobians of single precision", "_state_jacobians", SINGLE),
    _evaluated("gradients to ten digits", "_total_gradients", _changed(
        lambda array: np.vectorize(lambda one: float(f"{one:.9e}"))(array))),
    # What is measured of a run
    _measured("step Jacobians of the step after, within", "Flow.jacobians",
              computed(lambda found: _shifted(found, 59, 90))),
    _measured("a step Jacobian of a run at another step", "Flow.jacobians",
              computed(lambda found: [*found[:20], found[21], *found[21:]])),
    _measured("a step Jacobian a little too large", "Flow.jacobians",
              computed(lambda found: [*found[:70], 1.00001 * found[70], *found[71:]])),
    _measured("radii half as large again from lag two on", "Flow.log_radii", computed(
        lambda found: np.concatenate([found[:2], 1.5 * found[2:]])), " --json"),
    _measured("a radius of another lag", "Flow.log_radii", computed(
        lambda found: np.concatenate([found[:4], found[5:6], found[5:]])), " --json"),
    _measured("norms in the place of radii", "Flow.log_radii",
              lambda right: property(lambda flow: flow.log_norms), " --json"),
    # Code on more sequences than a few
    *(Fault(f"code that {what}", "derive.codegen.verified.written_module", _module(part, by),
            ("run code elman",), r"with \d+ sequences together its .* is another|does not compute")
      for what, part, by in (
          ("adds up the losses of eight sequences", "L[1:T + 1].sum()", "L[1:T + 1][:, :8].sum()"),
          ("leaves out the losses beyond two hundred sequences", "L[1:T + 1].sum()",
           "L[1:T + 1][:, :200].sum()"),
          ("takes the gradient of the last seven sequences", "outer(delta[1:T + 1], s[0:T])",
           "outer(delta[1:T + 1, -7:], s[0:T, -7:])"),
          ("moves the first hundred sequences alone", "s[t] = np.tanh(a[t])",
           "s[t, :100] = np.tanh(a[t])[:100]"))),
    # The worst place of a formula that fails, and by how much
    _audited("errors by the sum of both sides", "derive.audit.trial._compare",
             text(lambda found: (found[0], found[1] / 2))),
    _audited("errors by the size of the left side", "derive.audit.trial._compare", instead(
        lambda right, sign, left, other, at: (
            right(sign, left, other, at)[0], np.abs(left - other).max() / np.abs(left).max()))),
    _audited("the least error of all places", "derive.audit.trial.require_read",
             instead(_least), r"it fails by more at|its error is|was tested at"),
    _audited("an error of another place", "derive.audit.trial.Trial", instead(
        lambda right, *given, **named: right(*given[:2], *_other_place(given[2:]), **named)),
        r"its error is|was tested at|its sides are"),
    _audited("sides of half of their size", "derive.audit.trial.Trial", instead(
        lambda right, *given, **named: right(*given[:3], *_halved(given[3:]), **named)),
        r"its sides are"),
    # The last digit that is printed
    _ended("an error that is told a little too large", COMPARED, "derive.cli.commands.compare._print",
           _with_error(1.04)),
    _ended("an error that is told as another of two digits", COMPARED,
           "derive.cli.commands.compare._print", _with_error(0.98)),
    _ended("a side that is told a little too large", AUDITED, "derive.cli.commands.audit._size",
           instead(lambda right, trial: right(replace(trial, left=trial.left and 1.005 * trial.left)))),
    _ended("an error of a formula that is told too small", AUDITED, "derive.cli.commands.audit._size",
           instead(lambda right, trial: right(replace(trial, error=0.98 * trial.error)))),
    # Equations that a derivation lacks
    *(Fault(f"a derivation without {what}", "derive.bptt.derivation.Derivation.equations",
            _lacking(pattern),
            runs, r"are not those that it has")
      for what, pattern, runs in (
          ("its entries", r"elman-entries-.*",
           ("run list elman -T 2", "run list elman -T 8 --ids", "run check elman -T 1")),
          ("the terms of one step", r"elman-grad-W-terms-1", ("run list elman -T 2",)),
          ("a step within", r"elman-delta-lag-8-2", ("run list elman -T 8 --ids",)),
          ("a gradient, with biases", r"elman-grad-b-total", ("run list elman --bias -T 2",)),
          ("a gradient, of another loss", r"elman-grad-V", ("run list elman --loss last -T 1",)))),
    Fault("a derivation that has equations twice", "derive.bptt.derivation.Derivation.equations",
          text(lambda found: iter([one for each in found for one in (each, each)])),
          ("run list elman -T 2",), r"are not those that it has"),
)  # fmt: skip
