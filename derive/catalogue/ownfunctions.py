"""The functions that a user's file defines, each by a formula in one argument."""

from __future__ import annotations

import re
from itertools import pairwise

from sympy import MatAdd, MatrixExpr, OneMatrix

from derive.calculus.pullbacks import jacobian
from derive.calculus.simplify import applied
from derive.catalogue.cellnames import check_form
from derive.catalogue.faults import Faults
from derive.catalogue.tomlfile import File
from derive.errors import DerivationError, SpecError, shown
from derive.expressions.algebra import had, mul, ones
from derive.expressions.folding import folded, refolded
from derive.expressions.functions import Apply, Quotient
from derive.expressions.named import FunctionFormula
from derive.expressions.quantities import At, Series, t
from derive.expressions.rewrite import rewrite
from derive.expressions.shapes import shape_text
from derive.expressions.types import Column
from derive.expressions.walk import atoms_of, series_in
from derive.formula import FormulaError, Scope, parse
from derive.formula.forms import FORMS
from derive.formula.tokens import ShapeError, tokens
from derive.source import Origin

_PLACE = Series("a'", *ones(3).shape)
"""What a function is tried on: a column that no file can name."""

_CALLED = re.compile(r"\s*([A-Za-z][A-Za-z0-9]*)\s*(?:\(\s*([A-Za-z][A-Za-z0-9]*)\s*\))?\s*")


def own_functions(file: File, faults: Faults) -> tuple[dict[str, FunctionFormula], set[str]]:
    """Return the functions of a file by name, and the names of those that are noted as wrong."""
    found: dict[str, FunctionFormula] = {}
    wrong: set[str] = set()
    for key, text in file.values.functions.items():
        before = len(faults)
        with faults.noting():
            name, made = _own_function(file, key, text, found)
            found[name] = made
        if len(faults) > before:
            wrong.update(re.findall(r"^\s*(\w+)", key))
    return found, wrong


def _own_function(
    file: File, key: str, text: str, known: dict[str, FunctionFormula]
) -> tuple[str, FunctionFormula]:
    """Return the name and the formula of a function; an error with the place of what is wrong."""
    called = _CALLED.fullmatch(key)
    if called is None:
        raise file.error(
            f"'{shown(key)}' is not the name of a function; expected letters, as in swish or "
            "swish(a)",
            key,
        )
    name = called[1]
    if name in known or name in FORMS or name in Scope({}, {}).functions or name == "d":
        raise file.error(f"{name!r} is a function already; choose another name", key)
    origin = Origin(f"{file.path}, the function {name}")
    argument = called[2] or ""
    try:
        check_form(name)
        argument = argument or _argument(text, origin)
        return name, _formula(name, argument, text, origin, known)
    except FormulaError:
        raise
    except (SpecError, DerivationError) as error:
        raise file.error(f"the function {name}: {_named(str(error), argument)}", key) from error


def _argument(text: str, origin: Origin) -> str:
    """Return the only name in a formula that is not that of a function."""
    words = tokens(text, origin)
    names = {
        word.text for word, after in pairwise(words) if word.kind == "name" and after.text != "("
    }
    if len(names) != 1:
        listed = ", ".join(sorted(names)) or "none"
        raise SpecError(
            f"expected a formula in one argument, found {listed}; say which it is: name(a) = …"
        )
    return names.pop()


def _named(said: str, argument: str) -> str:
    """Return a message in which the argument of a function has the name that its formula gives it."""
    return said.replace(str(_PLACE[t]), argument)


def _of_entries(problem: str, argument: str) -> str:
    """Return what is wrong with the shapes in a formula, which is of one number each."""
    return re.sub(rf" {re.escape(shape_text(_PLACE.shape))}", "", _named(problem, argument))


def _with_sigmoid(made: MatrixExpr) -> MatrixExpr:
    """Return an expression with v σ(u) for v/(1 + e^{−u}), and with σ(−u) for 1 − σ(u).

    The derivative of the quotient is 0 · ∞ where u is far below zero, and where it is far above, of
    1 − σ(u) no digit is left.
    """

    def whole(node: MatrixExpr) -> MatrixExpr | None:
        return node if isinstance(node, At) else None

    def put(node: MatrixExpr, operands: list[MatrixExpr]) -> MatrixExpr:
        node = refolded(node, operands)
        if isinstance(node, Quotient):
            power = _beside_one(node.args[1])
            above = {f.function for f in atoms_of(node.args[0], Apply)}
            # e^u/(1 + e^u) is left as it is: e^u times σ(−u) has no digit either.
            if isinstance(power, Apply) and power.function == "exp" and "exp" not in above:
                return had(node.args[0], Apply("sigmoid", mul(-1, power.arg)))
        taken = mul(-1, _beside_one(node) or node)
        if isinstance(node, MatAdd) and isinstance(taken, Apply) and taken.function == "sigmoid":
            return Apply("sigmoid", mul(-1, taken.arg))
        return node

    return rewrite(made, whole, put)


def _beside_one(expr: MatrixExpr) -> MatrixExpr | None:
    """Return what is added to ones, None if it is not one thing."""
    terms = expr.args if isinstance(expr, MatAdd) else ()
    others = [one for one in terms if not isinstance(one, OneMatrix)]
    return others[0] if len(terms) == 2 and len(others) == 1 else None


def _formula(
    name: str, argument: str, text: str, origin: Origin, known: dict[str, FunctionFormula]
) -> FunctionFormula:
    def build(place: Column) -> Column:
        scope = Scope({}, {argument: place}, own=dict(known), of_step=True, entrywise=True)
        try:
            made = parse(text, scope, origin=origin)
        except ShapeError as error:
            rows = text.split("\n")[: error.line - 1]
            start = sum(len(row) + 1 for row in rows) + error.column - 1
            raise FormulaError(_of_entries(error.problem, argument), text, start, origin) from error
        if not isinstance(made, MatrixExpr) or made.shape != place.shape:
            raise SpecError("expected a formula that makes one number of each number")
        return made

    def build_slope(place: Column) -> Column:
        inner = Series("a'", *place.shape)[t]
        slope = applied(jacobian(_with_sigmoid(build(inner)), inner), ones(place.shape[0]))
        return folded(_with_sigmoid(slope), {inner: place})

    made = FunctionFormula(f"{name}({argument}) = {text.strip()}", build, build_slope)
    if not any(True for _ in series_in(build(_PLACE[t]))):
        raise SpecError(f"{argument} does not stand in the formula")
    build_slope(_PLACE[t])
    return made
