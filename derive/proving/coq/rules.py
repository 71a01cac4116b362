"""Each node in the words of the prelude: its value, and what a change of an operand does to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sympy import Identity, Integer, MatrixExpr, OneMatrix, Rational, ZeroMatrix

from derive.calculus.activations import ACTIVATIONS
from derive.expressions.algebra import (
    Diag,
    Hadamard,
    Plus,
    Scaled,
    Times,
    Transposed,
    had,
    mul,
    transpose,
)
from derive.expressions.averages import Deviation, LayerNorm, LogSumExp, Mean, OneOver
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.functions import Apply, Log, Quotient, Slope, Softmax
from derive.expressions.named import Named, NamedSlope
from derive.expressions.nodes import (
    NUMBERS,
    OF_COMPONENTS,
    OF_MATRICES,
    SERIES,
    SHOWN,
    SIZES,
)
from derive.expressions.pointwise import Maximum, Minimum, PointwisePower
from derive.expressions.quantities import At, Parameter, ParameterCopy, Scalar
from derive.expressions.sums import Expanded, OrderedProduct, RisingProduct, TimeSum
from derive.proving.coq.terms import (
    RULES,
    ChangePath,
    CoqRule,
    CoqTerms,
    TermChange,
    by_matrix,
    number,
    shape,
    size,
)


def _none(terms: CoqTerms, node: Any, whole: MatrixExpr) -> Iterator[ChangePath]:
    return iter(())


def _constant(inner: str) -> CoqRule:
    return CoqRule(lambda terms, node: f"({inner} : {shape(node)})", _none)


def _factors(node: MatrixExpr) -> tuple[Rational, list[MatrixExpr]]:
    first, *rest = node.args
    return (first, rest) if isinstance(first, Rational) else (Integer(1), list(node.args))


def _product(terms: CoqTerms, node: Times) -> str:
    factor, factors = _factors(node)
    made = terms.value(factors[-1])
    for one in reversed(factors[:-1]):
        made = f"({terms.value(one)} *m {made})"
    return _times(factor, node)(made)


def _times(factor: Rational, like: MatrixExpr) -> TermChange:
    """Return a number times what is given, whose type is named: Coq may else find it elsewhere."""
    kind = shape(like)
    if factor == 1:
        return lambda inner: inner
    if factor == -1:
        return lambda inner: f"(- ({inner} : {kind}))"
    return lambda inner: f"({number(factor)} *: {inner} : {kind})"


def _of_product(terms: CoqTerms, node: Times, whole: MatrixExpr) -> Iterator[ChangePath]:
    factor, factors = _factors(node)
    scale = _times(factor, node)
    for n, operand in enumerate(factors):
        before = [terms.value(one) for one in factors[:n]]
        turned = [terms.value(transpose(one)) for one in factors[:n]]
        after, behind = "", ""
        if n < len(factors) - 1:
            rest = mul(*factors[n + 1 :])
            after, behind = terms.value(rest), terms.value(transpose(rest))

        def forth(inner: str, before: list[str] = before, after: str = after) -> str:
            made = f"(mulR {after} {inner})" if after else inner
            for one in reversed(before):
                made = f"(mulL {one} {made})"
            return scale(made)

        def back(inner: str, turned: list[str] = turned, behind: str = behind) -> str:
            made = scale(inner)
            for one in turned:
                made = f"({one} *m {made})"
            return f"({made} *m {behind})" if behind else made

        yield ChangePath(operand, forth, back)


def _sum(terms: CoqTerms, node: Plus) -> str:
    return f"({' + '.join(map(terms.value, node.args))})"


def _of_sum(terms: CoqTerms, node: Plus, whole: MatrixExpr) -> Iterator[ChangePath]:
    for operand in node.args:
        yield ChangePath(operand, lambda inner: inner, lambda inner: inner)


def _hadamard(terms: CoqTerms, node: Hadamard) -> str:
    *before, made = map(terms.value, node.args)
    for one in reversed(before):
        made = f"(had {one} {made})"
    return made


def _weighted(operand: MatrixExpr, by: str) -> ChangePath:
    return ChangePath(
        operand, lambda inner: f"(had {by} {inner})", lambda inner: f"(had {by} {inner})"
    )


def _of_hadamard(terms: CoqTerms, node: Hadamard, whole: MatrixExpr) -> Iterator[ChangePath]:
    for n, operand in enumerate(node.args):
        yield _weighted(operand, terms.value(had(*node.args[:n], *node.args[n + 1 :])))


def _of_transpose(terms: CoqTerms, node: Transposed, whole: MatrixExpr) -> Iterator[ChangePath]:
    yield ChangePath(node.arg, lambda inner: f"(trL {inner})", lambda inner: f"({inner})^T")


def _of_diagonal(terms: CoqTerms, node: Diag, whole: MatrixExpr) -> Iterator[ChangePath]:
    yield ChangePath(node.arg, lambda inner: f"(dgL {inner})", lambda inner: f"(gd {inner})")


def _scaled(terms: CoqTerms, node: Scaled) -> str:
    scale, matrix = map(terms.value, node.args)
    return f"({scale} 0 0 *: {matrix} : {shape(node)})"


def _of_scaled(terms: CoqTerms, node: Scaled, whole: MatrixExpr) -> Iterator[ChangePath]:
    scale, matrix = map(terms.value, node.args)
    yield ChangePath(
        node.args[0],
        lambda inner: f"(scaR {matrix} {inner})",
        lambda inner: f"(const_mx (frob {inner} {matrix}))",
    )
    by = f"{scale} 0 0"
    kind = shape(node)

    def scaled(inner: str) -> str:
        return f"({by} *: {inner} : {kind})"

    yield ChangePath(node.args[1], scaled, scaled)


def _applied(terms: CoqTerms, node: Apply | Slope | Named | NamedSlope) -> str:
    name = node.function + ("'" if isinstance(node, (Slope, NamedSlope)) else "")
    return f"(map_mx {terms.function(name)} {terms.value(node.arg)})"


def _of_applied(terms: CoqTerms, node: Apply, whole: MatrixExpr) -> Iterator[ChangePath]:
    row = ACTIVATIONS[node.function]
    if row.in_output is not None:
        slope = row.in_output(whole)
    elif row.in_argument is not None and row.short:
        slope = row.in_argument(node.arg)
    else:
        slope = Slope(node.function, node.arg)
    yield _weighted(node.arg, terms.value(slope))


def _of_log(terms: CoqTerms, node: Log, whole: MatrixExpr) -> Iterator[ChangePath]:
    by = terms.value(node.arg)
    yield ChangePath(
        node.arg, lambda inner: f"(quo {inner} {by})", lambda inner: f"(quo {inner} {by})"
    )


def _of_softmax(terms: CoqTerms, node: Softmax, whole: MatrixExpr) -> Iterator[ChangePath]:
    by = terms.value(whole)
    yield ChangePath(
        node.arg, lambda inner: f"(soft {by} {inner})", lambda inner: f"(soft {by} {inner})"
    )


def _of_named(terms: CoqTerms, node: Named, whole: MatrixExpr) -> Iterator[ChangePath]:
    yield _weighted(node.arg, terms.value(NamedSlope(node.formula, node.arg)))


def _mean(terms: CoqTerms, node: Mean) -> str:
    return terms.value(Scaled(OneOver(node.arg.shape[0]), mul(_ones(node.arg), node.arg)))


def _of_mean(terms: CoqTerms, node: Mean, whole: MatrixExpr) -> Iterator[ChangePath]:
    yield by_matrix(node.arg, terms.value(Scaled(OneOver(node.arg.shape[0]), _ones(node.arg))))


def _ones(column: MatrixExpr) -> MatrixExpr:
    return OneMatrix(1, column.shape[0])


def _of_log_sum_exp(terms: CoqTerms, node: LogSumExp, whole: MatrixExpr) -> Iterator[ChangePath]:
    yield by_matrix(node.arg, f"{terms.value(Softmax(node.arg))}^T")


def _of_layer_norm(terms: CoqTerms, node: LayerNorm, whole: MatrixExpr) -> Iterator[ChangePath]:
    n = node.arg.shape[0]
    ones = OneMatrix(n, 1)
    along = Plus(mul(ones, transpose(ones)), mul(whole, transpose(whole)))
    inner = Plus(Identity(n), mul(-1, Scaled(OneOver(n), along)))
    yield by_matrix(
        node.arg, terms.value(Scaled(Quotient(OneMatrix(1, 1), Deviation(node.arg)), inner))
    )


def _of_column(name: str) -> Callable[[CoqTerms, Any], str]:
    return lambda terms, node: f"({terms.function(name)} {terms.value(node.arg)})"


def _quotient(terms: CoqTerms, node: Quotient) -> str:
    above, below = map(terms.value, node.args)
    return f"(quo {above} {below})"


def _of_quotient(terms: CoqTerms, node: Quotient, whole: MatrixExpr) -> Iterator[ChangePath]:
    below = terms.value(node.args[1])
    yield ChangePath(node.args[0], lambda x: f"(quo {x} {below})", lambda x: f"(quo {x} {below})")
    yield _weighted(node.args[1], f"(- quo {terms.value(whole)} {below})")


def _power(terms: CoqTerms, node: PointwisePower) -> str:
    exponent, inner = int(node.exponent), terms.value(node.arg)
    if node.exponent.q != 1:
        name = f"power_{node.exponent.p}_{node.exponent.q}".replace("-", "minus_")
        return f"(map_mx {terms.function(name)} {inner})"
    return f"(map_mx (fun a => a ^{'+' if exponent >= 0 else '-'} {abs(exponent)}) {inner})"


def _of_power(terms: CoqTerms, node: PointwisePower, whole: MatrixExpr) -> Iterator[ChangePath]:
    slope = mul(node.exponent, PointwisePower(node.arg, node.exponent - 1))
    yield _weighted(node.arg, terms.value(slope))


def _larger(node: Maximum | Minimum) -> MatrixExpr:
    first, second = node.args if isinstance(node, Maximum) else reversed(node.args)
    return Apply("step", Plus(first, mul(-1, second)))


def _either(terms: CoqTerms, node: Maximum | Minimum) -> str:
    # As the program says: the first where it is beyond the second, else the second.
    name = terms.function("max" if isinstance(node, Maximum) else "min")
    first, second = map(terms.value, node.args)
    return f"(\\matrix_(i, j) {name} ({first} i j) ({second} i j) : {shape(node)})"


def _of_either(terms: CoqTerms, node: Maximum | Minimum, whole: MatrixExpr) -> Iterator[ChangePath]:
    taken = _larger(node)
    yield _weighted(node.args[0], terms.value(taken))
    yield _weighted(node.args[1], terms.value(Plus(OneMatrix(*node.shape), mul(-1, taken))))


RULES.add(
    {
        (At, Parameter, OrderedProduct): CoqRule(lambda terms, node: terms.named(node), _none),
        Times: CoqRule(_product, _of_product),
        Plus: CoqRule(_sum, _of_sum),
        Hadamard: CoqRule(_hadamard, _of_hadamard),
        Transposed: CoqRule(lambda terms, node: f"{terms.value(node.arg)}^T", _of_transpose),
        Diag: CoqRule(lambda terms, node: f"(dg {terms.value(node.arg)})", _of_diagonal),
        Scaled: CoqRule(_scaled, _of_scaled),
        Scalar: CoqRule(lambda terms, node: f"({number(node.number)}%:M : {shape(node)})", _none),
        Quotient: CoqRule(_quotient, _of_quotient),
        Apply: CoqRule(_applied, _of_applied),
        Slope: CoqRule(_applied, _none),
        Named: CoqRule(_applied, _of_named),
        NamedSlope: CoqRule(_applied, _none),
        Softmax: CoqRule(_of_column("softmax"), _of_softmax),
        LogSumExp: CoqRule(_of_column("logsumexp"), _of_log_sum_exp),
        LayerNorm: CoqRule(_of_column("layernorm"), _of_layer_norm),
        Deviation: CoqRule(_of_column("deviation"), _none),
        Mean: CoqRule(_mean, _of_mean),
        OneOver: CoqRule(
            lambda terms, node: f"(const_mx {size(node.size)}%:R^-1 : 'M[R]_(1, 1))", _none
        ),
        Log: CoqRule(
            lambda terms, node: f"(map_mx {terms.function('log')} {terms.value(node.arg)})", _of_log
        ),
        PointwisePower: CoqRule(_power, _of_power),
        (Maximum, Minimum): CoqRule(_either, _of_either),
        Identity: _constant("1%:M"),
        OneMatrix: _constant("const_mx 1"),
        ZeroMatrix: _constant("0"),
    },
)
RULES.omit(
    "numbers, sizes and steps are written with what they stand in", *NUMBERS, *SIZES, *SERIES
)
RULES.omit("it is what is proved, and no part of a formula for it", Partial, Gradient)
RULES.omit("it is of a chosen step", ParameterCopy, Expanded)
RULES.omit("a sum over steps stands before a formula only", TimeSum)
RULES.omit("it is what transposing the other product gives", RisingProduct)
RULES.omit("it is of bounds", *OF_MATRICES)
RULES.omit("it is of components", *OF_COMPONENTS)
RULES.omit("it is for show", *SHOWN)
