"""Deriving, printing and checking; and what SymPy does by itself, a loss unrolled and differentiated."""

from __future__ import annotations

from sympy import Expr, Symbol, diff, exp, log, symbols, tanh

from derive.bptt.derivation import derive
from derive.catalogue import load
from derive.checks.verify import Verifier
from derive.numerics.sample import samples
from derive.typesetting.layout import display
from derive.typesetting.printing import Printer


def derived(cell: str, steps: int) -> int:
    """Derive all equations of a network and print them; return how many characters there are."""
    printer = Printer(dialect="latex")
    return sum(len(display(printer, e)) for e in derive(load(cell), steps).equations())


def checked(cell: str, steps: int) -> int:
    """Check all equations of a network on random data; return how many there are."""
    network = load(cell)
    derivation = derive(network, steps)
    verifier, equations = (
        Verifier(derivation, samples(network, steps, 0)),
        [*derivation.equations()],
    )
    for equation in equations:
        verifier.require(equation)
    return len(equations)


def differentiated(steps: int) -> int:
    """Return how long, in characters, the three derivatives of a network with one unit are."""
    U, V, W = symbols("U V W")
    loss = _loss(U, V, W, steps)
    return sum(len(str(diff(loss, by))) for by in (U, V, W))


def _loss(U: Symbol, V: Symbol, W: Symbol, steps: int) -> Expr:
    """Return the loss of a simple network with a unit, an input and two classes, written out."""
    state, loss = Symbol("s0"), Symbol("zero") * 0
    for t in range(1, steps + 1):
        x, y = symbols(f"x{t} y{t}")
        state = tanh(U * x + W * state)
        # The second logit is 0: one parameter tells the classes apart.
        loss += log(1 + exp(V * state)) - y * V * state
    return loss
