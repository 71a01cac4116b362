"""The file for Coq as a whole: the prelude, the network, its lemmas, and what they rest on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from derive.cells.cell import Cell
from derive.expressions.equation import Equation
from derive.proving.certificate import general
from derive.proving.coq.arrivals import Arrivals
from derive.proving.coq.coqc import PACKAGES
from derive.proving.coq.jacobians import Jacobians
from derive.proving.coq.lags import LagTheorems
from derive.proving.coq.network import CoqNetwork
from derive.proving.coq.proof import FlowLemmas
from derive.proving.coq.residuals import residual_of
from derive.proving.coq.statements import word
from derive.proving.coq.theorems import Theorems
from derive.record import digest
from derive.resources import templates_root

PREFACE = """\
   Forward pass and adjoints are definitions, as they are printed. A change of parameters, inputs,
   initial states and of each quantity by itself goes through the forward pass by the rules below;
   `along` is what it does to the loss. A theorem says that where one thing alone is changed by
   dir, this is the printed gradient times dir, entry by entry; so it is the gradient.
%s

   What is assumed: the slopes of functions by which changes go through them, each beside its
   function in the definitions chstep_; and, as premises of the theorems:
   %s.
   The numbers are those of any field%s."""

FORWARD = """
   Forward mode, `along` for a change of one entry, finds the entry of the same gradient."""

OF_STEPS = """
   J_t and its blocks are what a step does to a change of the states before, `jstep_`, which is the
   change of the forward pass as far as it comes from them (`pushed`). The gradients of the loss of
   one step are its change where one quantity of an earlier step is changed, with products of J_t;
   added up over the losses they are the adjoints of the recursion, and a window of K >= T steps
   leaves out nothing. Forward mode, `rtrl`, finds the entries of the same gradients."""

OF_STATES = """
   J_t and its blocks are what a step does to a change of the states before, `jstep_`. Not in this
   file: the gradients of the losses of single steps, as what stands between the states and the loss
   has adjoints of its own, or is read elsewhere. Forward mode, `along`, finds the same gradients."""

WITHOUT_STEPS = """
   Not in this file: products of step Jacobians, as none is printed. Forward mode, `along`, finds the
   entries of the same gradients."""

_DIVIDED = re.compile(r" / (\d+)%:R\)")
_SEAL = re.compile(r"\(\* sha256: ([0-9a-f]{64}) \*\)\n\Z")


def stated(cell: Cell, equations: Iterable[Equation], *, steps: bool = False) -> list[Equation]:
    """Return the equations that are proved in the file: gradients of the total loss, and ends.

    With ``steps`` those of step Jacobians and of the losses of single steps too.
    """
    return CoqFile(CoqNetwork(cell, general(equations)), steps).claimed()


def text_of(cell: Cell, equations: Iterable[Equation], *, steps: bool = False) -> str:
    """Return the file, sealed by a digest of its content.

    With ``steps`` it has the step Jacobians too, and the losses of single steps by products of them.
    Raises a `DerivationError` that names what there is no lemma for.
    """
    text = "\n".join(CoqFile(CoqNetwork(cell, general(equations)), steps).lines()) + "\n"
    return f"{text}(* sha256: {digest(text.encode())} *)\n"


def has_steps(text: str) -> bool:
    """Tell whether a file has the step Jacobians, by what a step does to a change of the states."""
    return "\nRecord shifts := Shifts " in text


def own(path: Path) -> dict[str, str]:
    """Return the digest of such a file that stands at a path as it was written."""
    if path.is_symlink() or not path.is_file():
        return {}
    content = path.read_bytes()
    seal = _SEAL.search(content.decode("utf-8", errors="replace"))
    if seal is None:
        return {}
    body = content.decode("utf-8", errors="replace")[: seal.start()]
    return {path.name: digest(content)} if digest(body.encode()) == seal[1] else {}


class CoqFile:
    """What is in a file, part by part."""

    def __init__(self, network: CoqNetwork, steps: bool) -> None:
        self.network, self.steps = network, steps
        self.arrivals, self.jacobians = Arrivals(network), Jacobians(network)
        self.proof, self.theorems = FlowLemmas(self.arrivals), Theorems(self.arrivals)
        self.lags = LagTheorems(self.arrivals, self.jacobians, steps)

    def claimed(self) -> list[Equation]:
        """Return the equations that are theorems, in the order in which they are proved."""
        before = self.jacobians.claimed() if self.steps else []
        return [*before, *self.network.claimed(), *self.lags.claimed()]

    def lines(self) -> Iterator[str]:
        """Yield the lines of the file."""
        network, arrivals, theorems = self.network, self.arrivals, self.theorems
        jacobians, proof = self.jacobians, self.proof
        body = [*network.forward(), *network.slopes()]
        if self.steps:
            body += [*jacobians.matrices(), *jacobians.shifts(), *jacobians.theorems()]
        body += [
            *network.backward(), *theorems.ends(), *theorems.recursions(), *arrivals.arrivals(),
            *theorems.residual(),
        ]  # fmt: skip
        lags, claimed = self.lags, self.claimed()
        changes = [*network.changes(), *proof.flows(), *proof.followed(), *proof.differential()]
        printed = [*theorems.printed()]
        if self.steps:
            body += lags.definitions()
            changes += lags.flows()
            printed += lags.theorems()
        printed += lags.forward()
        # Functions and numbers divided by are known once all that has them is written.
        written = "\n".join([*body, *changes, *printed])
        divisors = sorted({int(one) for one in _DIVIDED.findall(written)})
        yield from _preface(network, len(claimed), self._steps(lags), divisors)
        yield (templates_root() / "coq" / "prelude.v").read_text(encoding="utf-8").rstrip()
        yield "Section Cell."
        yield "Variable R : fieldType."
        yield f"Variables {' '.join(network.sizes())} : nat."
        yield from network.functions_declared()
        yield from network.declarations()
        # In some fields they are 0.
        for one in divisors:
            name = network.letters.of(("not 0", one), f"n0_{one}")
            yield f"Hypothesis {name} : {one}%:R != 0 :> R."
        yield from body
        yield "Section Direction."
        yield from changes
        yield "End Direction."
        yield from printed
        yield "End Cell."
        yield f"Definition proved := ({', '.join(f'@{word(one)}' for one in claimed)})."
        yield f"Definition followed := ({', '.join(f'@{one}' for one in lags.corollaries())})."
        yield "Definition everything := (proved, followed)."
        yield "Print Assumptions everything."

    def _steps(self, lags: LagTheorems) -> str:
        """Return what is said of single steps, or why nothing is."""
        if not self.steps:
            return FORWARD
        if lags.present:
            return OF_STEPS
        if self.jacobians.whole:
            return OF_STATES
        return WITHOUT_STEPS


def _preface(network: CoqNetwork, count: int, steps: str, divisors: list[int]) -> Iterator[str]:
    yield f"(* {network.cell.name}: {count} formulas, for every number of steps T and every size.\n"
    weights = "" if network.cell.weight is None else ", and so are the weights of the losses"
    premises = [residual_of(network.cell).said, *(f"{one} is not 0" for one in divisors)]
    yield PREFACE % (steps, "; ".join(filter(None, premises)), weights)
    yield f"\n   To check it: coqc FILE, with {PACKAGES} of Debian or Ubuntu. *)"
