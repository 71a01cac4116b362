"""Deriving, printing and checking; and what SymPy does by itself, a loss unrolled and differentiated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sympy import Basic, Expr, Matrix, Symbol, diff, exp, log, symbols, tanh, zeros

from derive.bptt.derivation import derive
from derive.catalogue import load
from derive.checks.verify import Verifier
from derive.expressions.walk import atoms_of
from derive.numerics.sample import samples
from derive.numerics.windows import Windows
from derive.typesetting.layout import display
from derive.typesetting.printing import Printer


def derived(cell: str, steps: int) -> int:
    """Derive all equations of a network and print them; return how many characters there are."""
    printer = Printer(dialect="latex")
    return sum(len(display(printer, e)) for e in derive(load(cell), steps).equations())


def made_again(cell: str, steps: int) -> Callable[[], list[Basic]]:
    """Return what makes every node of all equations again, by SymPy alone: no rule, no printing."""
    equations = derive(load(cell), steps).equations()
    nodes = list(dict.fromkeys(n for e in equations for s in e.sides for n in atoms_of(s, Basic)))
    made = [(node.func, node.args) for node in nodes if node.args]
    return lambda: [function(*args) for function, args in made]


def passes(cell: str, steps: int) -> Callable[[], None]:
    """Return what runs the moved forward passes that a check runs, and nothing else."""
    made: list[Windows] = []
    with _noted(made):
        checked(cell, steps)
    ran = [(one.base, one.family, one.starts, one.reached) for one in made]
    made.clear()

    def run() -> None:
        for base, family, starts, reached in ran:
            Windows(base, family, starts).go_to(reached)

    return run


@contextmanager
def _noted(made: list[Windows]) -> Iterator[None]:
    """Note the passes that are begun meanwhile."""
    begin = Windows._begin

    def noted(self: Windows) -> None:
        made.append(self)
        begin(self)

    Windows._begin = noted  # type: ignore[method-assign]
    try:
        yield
    finally:
        Windows._begin = begin  # type: ignore[method-assign]


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


def terms(cell: str, steps: int) -> int:
    """Print every term of every loss by a parameter, T(T+1)/2 of them; return how many."""
    network, printer = load(cell), Printer(dialect="latex")
    substitution = derive(network, steps).substitution
    recurrent = next(p for p in network.parameters if substitution.shared.recurrent_uses(p))
    count = 0
    for last in range(1, steps + 1):
        for step in range(1, last + 1):
            display(printer, substitution.single_contribution(recurrent, last, step))
            count += 1
    return count


def unrolled(steps: int) -> int:
    """Return how long the derivatives of a network with two units are, each entry by `sympy.diff`."""
    U, W, V = (Matrix(2, 2, symbols(f"{p}:4")) for p in "UWV")
    state, loss = zeros(2, 1), Symbol("zero") * 0
    for t in range(1, steps + 1):
        x, y = (Matrix(symbols(f"{p}{t}_:2")) for p in "xy")
        state = (U * x + W * state).applyfunc(tanh)
        logits = V * state
        loss += log(sum(exp(z) for z in logits)) - (y.T * logits)[0]
    return sum(len(str(diff(loss, by))) for parameter in (U, V, W) for by in parameter)


def graphed(steps: int) -> int:
    """Return how many nodes CasADi's graph of the loss and its gradients has, two units, unrolled."""
    import casadi

    U, W, V = (casadi.MX.sym(p, 2, 2) for p in "UWV")
    x, y = (casadi.MX.sym(p, 2, steps) for p in "xy")
    state, loss = casadi.MX.zeros(2), casadi.MX(0)
    for t in range(steps):
        state = casadi.tanh(U @ x[:, t] + W @ state)
        logits = V @ state
        loss += casadi.log(casadi.sum1(casadi.exp(logits))) - casadi.dot(y[:, t], logits)
    by = [casadi.gradient(loss, p) for p in (U, W, V)]
    return int(casadi.Function("gradients", [U, W, V, x, y], [loss, *by]).n_nodes())


def _loss(U: Symbol, V: Symbol, W: Symbol, steps: int) -> Expr:
    """Return the loss of a simple network with a unit, an input and two classes, written out."""
    state, loss = Symbol("s0"), Symbol("zero") * 0
    for t in range(1, steps + 1):
        x, y = symbols(f"x{t} y{t}")
        state = tanh(U * x + W * state)
        # The second logit is 0: one parameter tells the classes apart.
        loss += log(1 + exp(V * state)) - y * V * state
    return loss
