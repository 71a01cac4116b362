"""Faults in what was read by the very thing that said it: panels, what is put in, and what is proved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from derive.document.text import Text
from derive.expressions.quantities import k
from derive.proving.coq.coqc import CoqVerdict
from tests.faults.fault import Change, Fault, constant, instead, text
from tests.faults.html import ELMAN, TEXT

PANEL = "derive.document.beside.LivePanel"
MADE = "derive.publishing.besides.live_panel"
CITING = "derive.document.used.CITING"
COQ = "derive.proving.coq"
JACOBIANS = "prove elman --coq {out} --jacobians"
DEFINITION = "derive.expressions.equation.Kind.DEFINITION"
OPEN = "tests/catalogue/literature/weight_normalized.toml"

UNPRINTED = r"^a formula of \S+ is not printed as it was checked"
OTHER = rf"{TEXT}|{UNPRINTED}|the panel that computes is not about"


def _panel(name: str, target: str, make: Change) -> Fault:
    return Fault(f"{name}, in the panel", target, make, (f"write {ELMAN} html",), OTHER)


def _changed(**changes: Any) -> Change:
    """Give a panel with other parts, each made of the panel itself."""
    return text(lambda panel: replace(panel, **{n: make(panel) for n, make in changes.items()}))


def _exchanged(found: list[tuple[str, Text]]) -> list[tuple[str, Text]]:
    """Return what stands before two numbers, in each other's place."""
    (one, first), (other, second), *rest = found
    return [(one, second), (other, first), *rest]


def _later(found: list[tuple[str, Text]]) -> list[tuple[str, Text]]:
    *rest, (name, words) = found
    return [*rest, (name, Text(words.key, {"lag": words.values["lag"] + 1}))]  # type: ignore[operator]


def _put_in(name: str, reason: str, said: str, document: str = ELMAN) -> Fault:
    return Fault(f"{name}, beside a line", f"{CITING}[{reason}]", constant(said),
                 (f"make {document} markdown",),
                 r"says 'ui\.used\.\w+' beside its side \d+")  # fmt: skip


def _proved(name: str, target: str, make: Change, run: str = "prove elman --coq {out}") -> Fault:
    return Fault(f"{name}, of what is proved", target, make, (f"run {run}",),
                 r"reads .* was confirmed|the file for Coq (is not of|cannot be read)")  # fmt: skip


def _of_lines(change: Any) -> Change:
    """Change the lines that a function yields."""

    def made(lines: Iterator[str]) -> Iterator[str]:
        yield from map(change, lines)

    return text(made)


def _unclaimed(line: str) -> str:
    """Write the step Jacobian as a lemma, which no list names."""
    line = line.replace("Theorem elman_step_jacobian", "Lemma elman_step_jacobian")
    return line.replace("@elman_step_jacobian, ", "").replace(": 11 formulas", ": 10 formulas")


def _for_one_reason(verdict: Any) -> Any:
    return replace(verdict, unruled=tuple((id_, "it is too long") for id_, _ in verdict.unruled))


FAULTS = (
    _panel("words before two numbers exchanged", f"{PANEL}.results", text(_exchanged)),
    _panel("a contribution at another lag", f"{PANEL}.results", text(_later)),
    _panel("another quantity beside the scale", MADE, _changed(weights=lambda p: p.driven.args[0])),
    _panel("weights beside the size of the inputs", MADE, _changed(driven=lambda p: p.weights)),
    _panel("another activation", MADE, _changed(activation=lambda p: "relu")),
    _panel("the Jacobian of the step that is left", MADE,
           _changed(jacobian=lambda p: p.jacobian.series[k])),
    _panel("the norm of another derivative", MADE, _changed(norm=lambda p: p.term)),
    Fault("another number of steps that is shown first", "derive.publishing.besides.fitted",
          instead(lambda right, document, printer_for, beside: right(
              document, printer_for, replace(beside, chosen=beside.chosen + 1))),
          (f"write {ELMAN} html",), r"3 steps are shown first, 2 are meant"),
    Fault("definitions that are called identities", f"{DEFINITION}._value_",
          constant("identity"), ("run check elman --steps 1",),
          r"it is a definition, identity is written|reads identity, where definition was confirmed"),
    # What is put in.
    _put_in("a transpose of what is put in as it is", "reason.put-in", "ui.used.transposed"),
    _put_in("what is put in for what is transposed", "reason.row-recursion", "ui.used.put_in"),
    _put_in("what is put in for what is named", "reason.named-sum", "ui.used.put_in"),
    _put_in("a name for what is put in", "reason.jacobians", "ui.used.named"),
    _put_in("what is put in and not multiplied out", "reason.step-jacobian-and-multiplied",
            "ui.used.put_in", "leaky-2"),
    _put_in("what is multiplied out where it is only put in", "reason.put-in",
            "ui.used.put_in_multiplied"),
    # What is proved.
    _proved("one theorem too many", f"{COQ}.file.stated", text(lambda found: [*found, found[-1]])),
    _proved("a verdict that nobody gave", f"{COQ}.coqc.judged", text(lambda _: CoqVerdict(True))),
    _proved("another formula above a theorem", f"{COQ}.theorems.Theorems._claimed",
            _of_lines(lambda line: line.replace("s_{t-1}", "s_t") if line.startswith("(*") else line)),
    _proved("another number of formulas", f"{COQ}.file._preface",
            _of_lines(lambda line: line.replace(": 7 formulas", ": 9 formulas"))),
    _proved("a gradient that is no theorem", f"{COQ}.network.CoqNetwork.claimed",
            text(lambda found: [one for one in found if not one.id.endswith("-grad-V")])),
    _proved("a step Jacobian that is no theorem", f"{COQ}.file.CoqFile.lines",
            _of_lines(_unclaimed), JACOBIANS),
    _proved("another row above a step Jacobian", f"{COQ}.jacobians.Jacobians._said",
            _of_lines(lambda line: line.replace("D_j W", "D_j Wᵀ") if line.startswith("(*") else line),
            JACOBIANS),
    _proved("the axioms of a part", f"{COQ}.file.CoqFile.lines",
            _of_lines(lambda line: line.replace("Assumptions everything", "Assumptions proved"))),
    _proved("another number in the network", f"{COQ}.rules.number",
            instead(lambda right, value: right(value - 1 if value == -8 else value)),
            "prove rg_lru --coq {out}"),
    _proved("other reasons", "derive.proving.judged._verdict", text(_for_one_reason),
            f"prove {OPEN}"),
    _proved("a summary without what is left", "derive.proving.judged.ProofVerdict.summary",
            constant(property(lambda one: f"{one.total} of {one.total} statements proved, for every T "
                                          "and every size")), f"prove {OPEN}"),
    _proved("another file for Coq", "derive.proving.coq.network.CoqNetwork.forward",
            instead(lambda right, self: (line.replace("map_mx tanh", "map_mx log")
                                         for line in right(self)))),
)  # fmt: skip
