"""The functions that a user's file defines, each by a formula in one argument."""

from __future__ import annotations

import re
from itertools import pairwise

from sympy import MatrixExpr

from derive.calculus.pullbacks import jacobian
from derive.calculus.simplify import applied
from derive.catalogue.cellnames import check_form
from derive.catalogue.tomlfile import File
from derive.errors import DerivationError, SpecError, shown
from derive.expressions.algebra import ones
from derive.expressions.folding import folded
from derive.expressions.named import FunctionFormula
from derive.expressions.quantities import Series, t
from derive.expressions.types import Column
from derive.expressions.walk import series_in
from derive.formula import FormulaError, Scope, parse
from derive.formula.forms import FORMS
from derive.formula.tokens import tokens
from derive.source import Origin

_CALLED = re.compile(r"\s*([A-Za-z][A-Za-z0-9]*)\s*(?:\(\s*([A-Za-z][A-Za-z0-9]*)\s*\))?\s*")


def own_functions(file: File) -> dict[str, FunctionFormula]:
    """Return the functions of a file by name; a `SpecError` with the place of what is wrong."""
    found: dict[str, FunctionFormula] = {}
    for key, text in file.values.functions.items():
        called = _CALLED.fullmatch(key)
        if called is None:
            raise file.error(
                f"'{shown(key)}' is not the name of a function; expected letters, as in swish or "
                "swish(a)",
                key,
            )
        name = called[1]
        if name in found or name in FORMS or name in Scope({}, {}).functions or name == "d":
            raise file.error(f"{name!r} is a function already; choose another name", key)
        origin = Origin(f"{file.path}, the function {name}")
        try:
            check_form(name)
            found[name] = _formula(name, called[2] or _argument(text, origin), text, origin, found)
        except FormulaError:
            raise
        except (SpecError, DerivationError) as error:
            raise file.error(f"the function {name}: {error}", key) from error
    return found


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


def _formula(
    name: str, argument: str, text: str, origin: Origin, known: dict[str, FunctionFormula]
) -> FunctionFormula:
    def build(place: Column) -> Column:
        scope = Scope({}, {argument: place}, own=dict(known))
        made = parse(text, scope, origin=origin)
        if not isinstance(made, MatrixExpr) or made.shape != place.shape:
            raise SpecError("expected a formula that makes one number of each number")
        return made

    def build_slope(place: Column) -> Column:
        inner = Series("a'", *place.shape)[t]
        slope = applied(jacobian(build(inner), inner), ones(place.shape[0]))
        return folded(slope, {inner: place})

    made = FunctionFormula(f"{name}({argument}) = {text.strip()}", build, build_slope)
    place = Series("a'", *ones(3).shape)[t]
    if not any(True for _ in series_in(build(place))):
        raise SpecError(f"{argument} does not stand in the formula")
    build_slope(place)
    return made
