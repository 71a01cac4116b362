"""Faults in the code beside the algorithm: its lines, what they refer to, what it is said to cost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from derive.checks.loaded import load
from derive.codegen.listing import Sweep, SweepLine
from derive.document.text import Ref
from tests.faults.fault import Change, Fault, instead, text
from tests.faults.omitted import edited

SWEEP = "derive.chapters.listing.sweep"
UNTRUE = r"^the code of elman-T2 is not printed as it was checked: "
NOT_MEANT = r"says 'prose\.listing\.(cost|arrays)' with .*, which is not what is meant there"
EITHER = f"{UNTRUE}|{NOT_MEANT}"


def _made(name: str, target: str, make: Change, refusal: str = UNTRUE,
          form: str = "markdown") -> Fault:  # fmt: skip
    return Fault(name, target, make, (f"make elman-2 {form}",), refusal)


def _replaced(old: str, new: str) -> Change:
    """Replace a text in the first line that has it."""

    def change(found: Sweep) -> Sweep:
        lines = list(found.lines)
        at = next(n for n, line in enumerate(lines) if any(old in row for row in line.rows))
        rows = tuple(row.replace(old, new, 1) for row in lines[at].rows)
        lines[at] = replace(lines[at], rows=rows)
        return replace(found, lines=tuple(lines))

    return text(change)


def _without(start: str) -> Change:
    """Leave out the line that begins with a text."""

    def kept(line: SweepLine) -> bool:
        return not line.rows[0].startswith(start)

    return text(lambda found: replace(found, lines=tuple(filter(kept, found.lines))))


def _counted(name: str) -> Change:
    return text(lambda found: replace(found, **{name: getattr(found, name) + 1}))


def _referring(start: str, target: str) -> Change:
    def make(right: Any, source: str, ref: Any = None) -> Any:
        return right(source, Ref(target) if source.startswith(start) and ref else ref)

    return instead(make)


FAULTS = (
    *(_made(f"a changed sign in the code in {form}", SWEEP, _replaced("1.0 - ", "1.0 + "), form=form)
      for form in ("markdown", "latex")),
    _made("a sum of the code that lacks its recursion", SWEEP,
          _replaced("delta_given[t] + delta[t + 1] @ W", "delta_given[t] + 0 * delta[t] @ W")),
    _made("code that reads the state of the step itself", SWEEP, _replaced("s[0:T]", "s[1:T + 1]")),
    _made("a line of the code left out", SWEEP, _without("D = "), EITHER),
    _made("a gradient left out of the code", SWEEP, text(lambda found: replace(
        found, lines=found.lines[:-1], outer=found.outer - 1))),
    _made("the loop of the code left out", SWEEP, text(lambda found: replace(found, lines=tuple(
        line for line in found.lines if not line.rows[0].startswith(("for", "    "))))), EITHER),
    _made("code of another cell", SWEEP, instead(lambda right, cell: replace(
        right(cell), lines=right(load("gru")).lines)), EITHER),
    _made("code of a cell that is much alike", SWEEP, instead(lambda right, cell: replace(
        right(cell), lines=right(load("elman", activation="relu")).lines)), EITHER),
    _made("the number of another gradient in the code", "derive.chapters.listing.CodeLine",
          _referring('grads["W"]', "elman-grad-U-recursion")),
    _made("the number of an adjoint behind a gradient", "derive.chapters.listing.CodeLine",
          _referring('grads["V"]', "elman-delta-recursion")),
    _made("code that refers to nothing", "derive.chapters.listing.listing.__code__",
          edited("None if id is None else Ref(id)", "None")),
    *(_made(f"one more of the {name} of the code", SWEEP, _counted(name), NOT_MEANT)
      for name in ("products", "outer", "own")),
    _made("one more of the read of the code", SWEEP,
          text(lambda found: replace(found, read=dict(found.read, more=found.read["x"]))), NOT_MEANT),
    *(_made(f"one more of the {name} of the code", SWEEP, _counted(name), r"prose\.listing\.cost_once")
      for name in ("once_products", "once_outer")),
    _made("code that is left out between its sentences", "derive.chapters.listing.listing.__code__",
          edited("yield Listing(tuple(lines))", "pass"), NOT_MEANT),
)  # fmt: skip
