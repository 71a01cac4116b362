"""Every equation of every cell; the number of terms; long horizons."""

from __future__ import annotations

import re
import time
from functools import cache
from typing import Any

import pytest
from sympy import MatAdd

from derive.bptt.derivation import Derivation, derive
from derive.calculus.activations import apply, usable
from derive.calculus.losses import LOSSES
from derive.catalogue import load, names
from derive.cells.cell import Cell, define, dimensions
from derive.checks.verify import Verifier
from derive.errors import UsageError
from derive.expressions.algebra import had
from derive.expressions.equation import Equation
from derive.expressions.quantities import Parameter, Series, t
from derive.expressions.sums import Expanded, OrderedProduct, RisingProduct, TimeSum, instantiate
from derive.expressions.walk import atoms_of
from derive.numerics.sample import samples
from derive.typesetting.layout import display
from derive.typesetting.printing import Printer


@cache
def cell(name: str, **options: Any) -> Cell:
    return load(name, **options)


def assert_holds(made: Cell, steps: int) -> None:
    derivation = derive(made, steps)
    verifier = Verifier(derivation, samples(made, steps, 0))
    count = 0
    for equation in derivation.equations():
        verifier.require(equation)
        count += 1
    assert count > 40


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 9])
@pytest.mark.parametrize("name", names())
def test_every_equation_holds(name: str, steps: int) -> None:
    assert_holds(cell(name), steps)


@pytest.mark.parametrize("output_layer", LOSSES)
@pytest.mark.parametrize("activation", usable())
def test_every_function_and_loss(activation: str, output_layer: str) -> None:
    made = cell("elman", activation=activation, output_layer=output_layer, bias=True)
    assert_holds(made, 3)


@pytest.mark.parametrize("loss", ["last", "mean", "weighted"])
@pytest.mark.parametrize("output_layer", LOSSES)
def test_wherever_the_loss_stands(output_layer: str, loss: str) -> None:
    assert_holds(cell("elman", output_layer=output_layer, loss=loss), 2)


def terms_of(expr: Any) -> int:
    """Return how many terms a formula prints, all of a spelled sum among them."""
    if isinstance(expr, MatAdd):
        return sum(map(terms_of, expr.args))
    return len(expr.steps()) if isinstance(expr, Expanded) and isinstance(expr.node, TimeSum) else 1


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 9])
def test_the_number_of_terms(steps: int) -> None:
    derivation = derive(cell("elman", bias=True), steps)
    for name, wanted in {"W": steps, "U": steps, "b": steps, "V": 1, "c": 1}.items():
        equation = derivation.equation(f"elman-grad-{name}-terms-{steps}")
        assert terms_of(equation.right) == wanted, equation.id
        substituted = derivation.equation(f"elman-grad-{name}-substituted-{steps}")
        # o - y, the whole gradient of c, is one term of two parts.
        assert terms_of(substituted.right) == (2 if name == "c" else wanted), substituted.id


def test_in_a_jordan_network_the_output_matrix_has_a_term_per_step() -> None:
    derivation = derive(cell("jordan"), 4)
    assert terms_of(derivation.equation("jordan-grad-V-terms-4").right) == 4


@pytest.mark.parametrize("steps", [2, 5])
def test_a_term_has_a_factor_for_each_step_between(steps: int) -> None:
    right = derive(cell("elman"), steps).equation(f"elman-grad-W-terms-{steps}").right
    assert isinstance(right, Expanded)
    printer = Printer(dialect="plain")
    for use in right.steps():
        factors = len(printer.factors(right.part(use).expr)) if use else 0
        assert factors >= 3
        recurrent = re.findall(r"∂s_\d/∂s_\d", printer.inline(right.part(use)))
        assert len(recurrent) == steps - use


def test_one_step_shows_no_product_sign() -> None:
    for name in ("elman", "lstm"):
        derivation = derive(cell(name), 1)
        for equation in derivation.equations():
            if re.search(r"-(terms|substituted)-1$|-lag-1-1$", equation.id):
                for side in equation.sides:
                    for ranged in (OrderedProduct, RisingProduct, TimeSum):
                        assert not list(atoms_of(side, ranged)), equation.id


@pytest.mark.parametrize("name", names())
def test_ids_are_unique_and_stable(name: str) -> None:
    ids = [e.id for e in derive(cell(name), 3).equations()]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[\w-]+", id) for id in ids)
    assert ids == [e.id for e in derive(load(name), 3).equations()]
    # What is claimed for every step keeps its id when the horizon changes.
    general = {e.id for e in derive(cell(name), 5).equations() if e.free}
    assert general == {e.id for e in derive(cell(name), 3).equations() if e.free}


def test_the_levels_are_one_derivation() -> None:
    derivation = derive(cell("elman"), 3)
    symbolic = derivation.equation("elman-grad-W-sum").right
    assert isinstance(symbolic, TimeSum)
    spelled = derivation.equation("elman-grad-W-terms-3").right.node
    assert spelled.body.expr == instantiate(symbolic.body, {t: 3})


def test_unusable_arguments() -> None:
    with pytest.raises(UsageError, match="0: expected a whole number from 1"):
        derive(cell("elman"), 0)
    with pytest.raises(UsageError, match="elman-grad-Q"):
        derive(cell("elman"), 3).equation("elman-grad-Q")


def test_a_thousand_steps_are_derived_and_printed_quickly() -> None:
    start = time.perf_counter()
    derivation = derive(cell("elman"), 1000)
    printer = Printer(dialect="latex")
    texts = {e.id: display(printer, e) for e in derivation.equations()}
    assert time.perf_counter() - start < 8
    assert max(map(len, texts.values())) < 2500
    for id in (
        "elman-grad-W-terms-1000",
        "elman-grad-W-substituted-1000",
        "elman-delta-lag-1000-1",
    ):
        assert r"\cdots" in texts[id], id


def own_lstm() -> Cell:
    """Return an LSTM without biases, written in other words than the one that ships."""
    d, n, m = dimensions("d n m")
    x, y = Series("x", d, 1), Series("y", m, 1)
    h, c = Series("h", n, 1), Series("c", n, 1)
    z, o, L = Series("z", m, 1), Series("o", m, 1), Series("L", 1, 1)
    V, parameters, equations, gate = Parameter("V", m, n), [], [], {}
    for g, function in {"i": "sigmoid", "f": "sigmoid", "q": "sigmoid", "g": "tanh"}.items():
        U, W = Parameter(f"U_{g}", n, d), Parameter(f"W_{g}", n, n)
        parameters += [U, W]
        a, gate[g] = Series(f"a_{g}", n, 1), Series(g, n, 1)
        equations += [define(a, U * x[t] + W * h[t - 1]), define(gate[g], apply(function, a[t]))]
    equations.append(define(c, had(gate["f"][t], c[t - 1]) + had(gate["i"][t], gate["g"][t])))
    equations.append(define(h, had(gate["q"][t], apply("tanh", c[t]))))
    loss = LOSSES["cross_entropy"]
    equations += [
        define(z, V * h[t]), define(o, loss.output(z[t])), define(L, loss.value(y[t], o[t]))
    ]  # fmt: skip
    return Cell(
        "own", (d, n, m), (*parameters, V), (x,), y, (h, c), tuple(equations), loss, z, o, L
    )  # fmt: skip


def own_jordan() -> Cell:
    """Return a network whose state is its output: V then has a term per step."""
    d, n, m = dimensions("d n m")
    x, y = Series("x", d, 1), Series("y", m, 1)
    a, s = Series("a", n, 1), Series("s", n, 1)
    z, o, L = Series("z", m, 1), Series("o", m, 1), Series("L", 1, 1)
    U, W, V = Parameter("U", n, d), Parameter("W", n, m), Parameter("V", m, n)
    loss = LOSSES["bce"]
    equations = (
        define(a, U * x[t] + W * o[t - 1]),
        define(s, apply("softplus", a[t])),
        define(z, V * s[t]),
        define(o, loss.output(z[t])),
        define(L, loss.value(y[t], o[t])),
    )
    return Cell("own", (d, n, m), (U, W, V), (x,), y, (o,), equations, loss, z, o, L)


@pytest.mark.parametrize("steps", [1, 2, 5])
@pytest.mark.parametrize("build", [own_lstm, own_jordan])
def test_a_cell_of_ones_own(build: Any, steps: int) -> None:
    made = build()
    assert_holds(made, steps)
    assert isinstance(derive(made, steps), Derivation)
    assert all(isinstance(e, Equation) for e in derive(made, steps))
