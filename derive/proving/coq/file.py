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

   What is assumed: the slopes of functions by which changes go through them, each beside its
   function in the definitions chstep_; and, as premises of the theorems:
   %s.
   The numbers are those of any field%s."""

_SEAL = re.compile(r"\(\* sha256: ([0-9a-f]{64}) \*\)\n\Z")


def stated(cell: Cell, equations: Iterable[Equation]) -> list[Equation]:
    """Return the equations that are proved in the file: gradients of the total loss, and ends."""
    return CoqNetwork(cell, general(equations)).claimed()


def text_of(cell: Cell, equations: Iterable[Equation]) -> str:
    """Return the file, sealed by a digest of its content.

    Raises a `DerivationError` that names what there is no lemma for.
    """
    text = "\n".join(_lines(CoqNetwork(cell, general(equations)))) + "\n"
    return f"{text}(* sha256: {digest(text.encode())} *)\n"


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


def _lines(network: CoqNetwork) -> Iterator[str]:
    arrivals = Arrivals(network)
    proof, theorems = FlowLemmas(arrivals), Theorems(arrivals)
    body = [
        *network.forward(), *network.slopes(), *network.backward(), *theorems.ends(),
        *theorems.recursions(), *arrivals.arrivals(), *theorems.residual(),
    ]  # fmt: skip
    changes = [*network.changes(), *proof.flows(), *proof.followed(), *proof.differential()]
    printed = [*theorems.printed()]
    # The functions are known once all that reads them is written.
    yield from _preface(network)
    yield (templates_root() / "coq" / "prelude.v").read_text(encoding="utf-8").rstrip()
    yield "Section Cell."
    yield "Variable R : fieldType."
    yield f"Variables {' '.join(network.sizes())} : nat."
    yield from network.functions_declared()
    yield from network.declarations()
    yield from body
    yield "Section Direction."
    yield from changes
    yield "End Direction."
    yield from printed
    yield "End Cell."
    names = [f"@{word(equation)}" for equation in network.claimed()]
    yield f"Definition proved := ({', '.join(names)})."
    yield "Print Assumptions proved."


def _preface(network: CoqNetwork) -> Iterator[str]:
    count = len(network.claimed())
    yield f"(* {network.cell.name}: {count} formulas, for every number of steps T and every size.\n"
    weights = "" if network.cell.weight is None else ", and so are the weights of the losses"
    yield PREFACE % (residual_of(network.cell).said, weights)
    yield f"\n   To check it: coqc FILE, with {PACKAGES} of Debian or Ubuntu. *)"
