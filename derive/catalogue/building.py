"""From the file of a user's cell to the cell: names, shapes and equations, each error with its line."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from sympy import MatrixExpr, Symbol

from derive.calculus.adjoints import contributions, on_matrices
from derive.calculus.pullbacks import pullbacks
from derive.catalogue.cellfile import CHOICES
from derive.catalogue.cellnames import LOGITS, OUTPUT, output_name
from derive.catalogue.declarations import Declared
from derive.catalogue.faults import Faults
from derive.catalogue.formulas import formula
from derive.catalogue.growth import GrowthError, check_equations, check_sizes, check_states
from derive.catalogue.lagnames import require_lag_names
from derive.catalogue.lags import Lags
from derive.catalogue.order import Order
from derive.catalogue.preactivation import has_argument, named_arguments
from derive.catalogue.tomlfile import File, Row, rows
from derive.cells.builder import CellBuilder
from derive.cells.cell import Assignment, Cell, CellText, PastAroundError
from derive.cells.options import Options
from derive.errors import DerivationError, SpecError, UsageError, shown
from derive.expressions.quantities import Parameter, Series, t
from derive.expressions.walk import atoms_of, series_in
from derive.source import PlacedError
from derive.suggest import suggestion


def build(file: File, options: Options) -> Cell:
    """Return the cell of a file; a `SpecError` with the line where it does not make sense."""
    try:
        return _built(file, options)
    except GrowthError as error:
        raise file.error(str(error)) from None
    except RecursionError:
        # Limits that were raised too far.
        raise file.error("the formulas are nested deeper than can be worked with") from None


def _built(file: File, options: Options) -> Cell:
    faults = Faults()
    declared = Declared(file, faults)
    check_states(len(declared.states))
    found, broken = rows(file, faults)
    wrong = Order(file, declared, found, broken, faults).check() | declared.wrong | broken
    equations, origins, series = _equations(declared, found, wrong, faults)
    known = {*series, *declared.parameters, *(p.name for p in declared.constants)}
    for name in sorted(file.values.meanings.keys() - known):
        said = f"{shown(name)} in meanings is no quantity of the file: {suggestion(name, sorted(known))}"
        faults.note(file.error(said, name))
    faults.settle()
    _check_use(file, declared, found, equations, faults)
    lags = Lags(declared.states, known | {row.name for row in found})
    equations = [*map(lags.one_step, equations), *lags.equations]
    states = [*declared.states.values(), *lags.states.values()]
    if not states:
        raise file.error(
            "nothing is handed from step to step: a cell needs at least one state, read by a later step "
            'as h[t-1] and named with its size, as in states = { h = "n" }, or an input that is read '
            "from a step before, as x[t-1]",
            "states" if "states" in file.values.model_fields_set else "",
        )
    _placed(file, origins, lambda: check_equations(equations, set(states)))
    _check_rules(file, equations, origins, faults)
    faults.settle()
    # Those of the command line come here too, past the schema of the file.
    asked = {"output": options.output_layer, "loss": options.loss, "initial": options.initial}
    for key, given in asked.items():
        if given not in CHOICES[key]:
            raise UsageError(f"unknown {key} {shown(given)!r}: {suggestion(given, CHOICES[key])}")
    try:
        made = _whole(file, declared, options, equations, states, series[LOGITS])
        written = CellText(str(file.path), file.text)
        meanings = dict(file.values.meanings)
        cell = replace(made, meanings=meanings, lagged=tuple(lags.read), written=written)
        _placed(file, origins, lambda: check_sizes(cell))
        require_lag_names(lags.states.values(), cell)
        return cell
    except (GrowthError, PlacedError):
        raise
    except SpecError as error:
        raise file.error(
            f"{error}{_gate(equations) if 'acts on no' in str(error) else ''}"
        ) from error


def _gate(equations: list[Assignment]) -> str:
    """Return what is amiss where the logits are read like a gate, and something acts on no output."""
    if not any(at.series.name == LOGITS for e in equations for at in series_in(e.expr)):
        return ""
    return (
        f". {LOGITS} are the logits, of which the output is made: where {LOGITS} is a gate, call it "
        f"something else, and let the last equation be, for example, {LOGITS}[t] = V*h[t]"
    )


def _equations(
    declared: Declared, found: list[Row], wrong: set[str], faults: Faults
) -> tuple[list[Assignment], dict[Series, Row], dict[str, Series]]:
    """Return the equations, the row of each variable, and the quantities by name.

    What reads a name that has an error already is passed over: it would be said twice.
    """
    equations: list[Assignment] = []
    read: list[tuple[Row, Series, MatrixExpr]] = []
    origins: dict[Series, Row] = {}
    series = {**declared.inputs, **declared.states}
    taken = {*series, *declared.parameters, *(row.name for row in found)}
    taken |= {p.name for p in declared.constants}
    # What a state is, its declaration says, whatever is wrong with its equation.
    unclear = (wrong - series.keys()) | declared.wrong
    for row in found:
        expr: MatrixExpr | None = None
        if row.name not in wrong and not unclear & set(re.findall(r"\w+", row.formula)):
            with faults.noting():
                expr = formula(declared, series, row)
        if expr is None:
            unclear |= {row.name} - series.keys()
            continue
        variable = series.setdefault(row.name, Series(row.name, *expr.shape))
        read.append((row, variable, expr))
    acting = {row.name for row, _, expr in read if has_argument(expr)}
    maps: dict[MatrixExpr, Series] = {}
    for row, variable, expr in read:
        made = named_arguments(variable, expr, taken, acting, maps)
        equations += made
        origins |= {e.variable: row for e in made}
    return equations, origins, series


def _placed(file: File, origins: dict[Series, Row], check: Callable[[], None]) -> None:
    """Run a check; its error gets the line of the equation that it is about."""
    try:
        check()
    except GrowthError as error:
        if error.variable is None or error.variable not in origins:
            raise
        raise file.error(str(error), line=origins[error.variable].line) from None


def _whole(
    file: File,
    declared: Declared,
    options: Options,
    equations: list[Assignment],
    states: list[Series],
    logits: Series,
) -> Cell:
    """Return the cell, whose states are those given and what leads past them to the loss.

    A quantity that the output reads and that is made of the step before, as the gate σ(W s_{t-1}) of a
    read-out, is handed on as part of the state: so the chain rule over the states misses no path.
    """
    states = list(states)
    while True:
        try:
            return _cell(file, declared, options, equations, states, logits)
        except PastAroundError as error:
            states.append(error.variable)
            check_states(len(states))


def _cell(
    file: File,
    declared: Declared,
    options: Options,
    equations: list[Assignment],
    states: list[Series],
    logits: Series,
) -> Cell:
    m = logits.shape[0]
    sizes = [size for size in declared.sizes.values() if size != m]
    cell = CellBuilder(
        file.name,
        (*sizes, *([m] if isinstance(m, Symbol) else [])),
        options,
        title=file.values.title or file.name,
        inputs=list(declared.inputs.values()),
        states=states,
        parameters=list(declared.parameters.values()),
        constants=declared.constants,
    )
    own = {*declared.inputs, *declared.parameters, *(p.name for p in declared.constants)}
    own |= {e.variable.name for e in equations}
    return cell.equations(*equations).output(logits, output_name(own))


def _check_use(
    file: File, declared: Declared, found: list[Row], equations: list[Assignment], faults: Faults
) -> None:
    names = {row.name for row in found}
    for name in declared.states:
        if name not in names and name != OUTPUT:
            said = f"the state {name} is never updated; add an equation {name}[t] = …"
            faults.note(file.error(said, name))
    used = {p for e in equations for p in atoms_of(e.expr, Parameter)}
    read = {at.series for e in equations for at in series_in(e.expr)}
    for p in (*declared.parameters.values(), *declared.constants):
        if p not in used:
            said = f"{p.name} is never used; use it in an equation or take it out"
            faults.note(file.error(said, p.name))
    if not any(at.indices[0] != t for e in equations for at in series_in(e.expr)):
        said = (
            "no equation reads the step before, such as s[t-1]; without it nothing recurs, and "
            "there is no back-propagation through time"
        )
        faults.note(file.error(said, "equations"))
    for row in found:
        if row.name != LOGITS and row.name not in {s.name for s in read}:
            said = f"{row.name}[t] is never read; use it or take it out{_gate(equations)}"
            faults.note(file.error(said, line=row.line))
    for name, series in declared.inputs.items():
        if series not in read:
            said = f"{name} is never read; use it in an equation or take it out"
            faults.note(file.error(said, name))


def _check_rules(
    file: File, equations: list[Assignment], origins: dict[Series, Row], faults: Faults
) -> None:
    for equation in equations:
        row = origins.get(equation.variable)
        if row is None:
            continue
        try:
            for what in {*series_in(equation.expr), *atoms_of(equation.expr, Parameter)}:
                if on_matrices(equation.expr):
                    contributions(equation.expr, what, equation.left, equation.left)
                else:
                    pullbacks(equation.expr, what, equation.left)
        except DerivationError as error:
            faults.note(file.error(str(error), line=row.line))
