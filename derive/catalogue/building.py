"""From the file of a user's cell to the cell: names, shapes and equations, each error with its line."""

from __future__ import annotations

from collections.abc import Callable

from sympy import MatrixExpr, Symbol

from derive.calculus.rules import pullbacks
from derive.catalogue.cellfile import CHOICES
from derive.catalogue.cellnames import LOGITS, OUTPUT, TAKEN, check_form, collision
from derive.catalogue.declarations import Declared
from derive.catalogue.growth import GrowthError, check_equations, check_sizes, check_states
from derive.catalogue.preactivation import named_arguments
from derive.catalogue.tomlfile import File, Row, rows
from derive.cells.builder import CellBuilder
from derive.cells.cell import Assignment, Cell, PastAroundError
from derive.cells.options import Options
from derive.errors import DerivationError, SpecError, UsageError, shown
from derive.expressions.quantities import Parameter, Series, t
from derive.expressions.shapes import shape_text
from derive.expressions.walk import atoms_of, series_in
from derive.formula import FormulaError, Scope, parse
from derive.formula.tokens import tokens
from derive.source import Origin
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
    declared, found = Declared(file), rows(file)
    check_states(len(declared.states))
    _check_order(file, declared, found)
    equations: list[Assignment] = []
    origins: dict[Series, Row] = {}
    series = {**declared.inputs, **declared.states}
    taken = {*series, *declared.parameters, *(row.name for row in found)}
    taken |= {p.name for p in declared.constants}
    for row in found:
        scope = _scope(declared, series)
        origin = Origin(str(file.path), row.line, row.column)
        expr = parse(row.formula, scope, origin=origin)
        _check_shape(file, declared, row, expr, origin)
        variable = series.setdefault(row.name, Series(row.name, *expr.shape))
        made = named_arguments(variable, expr, taken)
        equations += made
        origins |= {e.variable: row for e in made}
    states = set(declared.states.values())
    _placed(file, origins, lambda: check_equations(equations, states))
    _check_use(file, declared, found, equations)
    _check_rules(file, equations, origins)
    # Those of the command line come here too, past the schema of the file.
    asked = {"output": options.output_layer, "loss": options.loss, "initial": options.initial}
    for key, given in asked.items():
        if given not in CHOICES[key]:
            raise UsageError(f"unknown {key} {shown(given)!r}: {suggestion(given, CHOICES[key])}")
    try:
        cell = _cell(file, declared, options, equations, series[LOGITS])
        _placed(file, origins, lambda: check_sizes(cell))
        return cell
    except GrowthError:
        raise
    except PastAroundError as error:
        row = origins[error.variable]
        raise file.error(str(error), line=row.line) from error
    except SpecError as error:
        raise file.error(str(error)) from error


def _placed(file: File, origins: dict[Series, Row], check: Callable[[], None]) -> None:
    """Run a check; its error gets the line of the equation that it is about."""
    try:
        check()
    except GrowthError as error:
        if error.variable is None or error.variable not in origins:
            raise
        raise file.error(str(error), line=origins[error.variable].line) from None


def _cell(
    file: File,
    declared: Declared,
    options: Options,
    equations: list[Assignment],
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
        states=list(declared.states.values()),
        parameters=list(declared.parameters.values()),
        constants=declared.constants,
    )
    return cell.equations(*equations).output(logits)


def _scope(declared: Declared, series: dict[str, Series]) -> Scope:
    parameters = {**declared.parameters, **{p.name: p for p in declared.constants}}
    return Scope(series, parameters, tuple(declared.states.values()), declared.sizes)


def _reads(file: File, row: Row) -> set[str]:
    """Return the names that an equation reads of its own step."""
    origin = Origin(str(file.path), row.line, row.column)
    words = [token.text for token in tokens(row.formula, origin)]
    fours = zip(words, words[1:], words[2:], words[3:], strict=False)
    return {name for name, *rest in fours if rest == ["[", "t", "]"]}


def _check_order(file: File, declared: Declared, found: list[Row]) -> None:
    """Check that every quantity is defined once, and before its use."""
    names = [row.name for row in found]
    given = [*declared.inputs, *declared.parameters, *(p.name for p in declared.constants)]
    for name in given:
        why = collision(name, {*declared.inputs, *declared.states, *names}, declared.states)
        if why is not None:
            raise file.error(why, name)
    for name in sorted(declared.sizes.keys() & {*given, *declared.states, *names}):
        raise file.error(f"{name!r} is a size and cannot be a quantity as well", name)
    for n, row in enumerate(found):
        if row.name in names[:n]:
            raise file.error(f"{row.name}[t] is defined a second time", line=row.line)
    series = {*declared.inputs, *declared.states, *names}
    for row in found:
        if row.name not in declared.states:
            try:
                check_form(row.name)
            except SpecError as error:
                raise file.error(str(error), line=row.line) from None
        why = collision(row.name, series, declared.states)
        if why is not None:
            raise file.error(why, line=row.line)
        if row.name in declared.inputs or row.name in declared.parameters:
            raise file.error(f"{row.name} is given and cannot be computed as well", line=row.line)
    reads = {row.name: _reads(file, row) for row in found}
    for n, row in enumerate(found):
        if row.name == OUTPUT or row.name in TAKEN:
            meaning = TAKEN.get(row.name, f"the output, which is made of the logits {LOGITS}")
            raise file.error(
                f"{row.name!r} stands for {meaning}; choose another name", line=row.line
            )
        for name in sorted(reads[row.name] & set(names[n:])):
            path = _path(reads, name, row.name)
            if path is not None:
                shown = " → ".join(f"{p}[t]" for p in [row.name, *path])
                raise file.error(
                    f"a cycle within one step, {shown}: one of them must be read from the step "
                    "before, with [t-1]",
                    line=row.line,
                )
            where = found[names.index(name)].line
            raise file.error(
                f"{name}[t] is used before it is defined in line {where}; exchange the equations",
                line=row.line,
            )
    if LOGITS not in names:
        raise file.error(
            f"no equation defines the logits {LOGITS}[t], of which the output is made", "equations"
        )


def _path(reads: dict[str, set[str]], start: str, goal: str) -> list[str] | None:
    waiting = [[start]]
    seen = {start}
    while waiting:
        path = waiting.pop(0)
        if path[-1] == goal:
            return path
        for name in sorted(reads.get(path[-1], set()) - seen):
            seen.add(name)
            waiting.append([*path, name])
    return None


def _check_shape(
    file: File, declared: Declared, row: Row, expr: MatrixExpr, origin: Origin
) -> None:
    if not hasattr(expr, "shape"):
        raise FormulaError("a number is not a vector; expected a quantity", row.formula, 0, origin)
    state = declared.states.get(row.name)
    if state is not None and state.shape != expr.shape:
        raise FormulaError(
            f"the state {row.name}[t] is {shape_text(state.shape)}, but the right side is "
            f"{shape_text(expr.shape)}; both must have one shape",
            row.formula, 0, origin,
        )  # fmt: skip
    if expr.shape[1] != 1:
        raise FormulaError(
            f"{row.name}[t] would be a matrix, {shape_text(expr.shape)}; expected a column",
            row.formula, 0, origin,
        )  # fmt: skip
    for at in series_in(expr):
        lag = t - at.indices[0]
        if lag not in (0, 1):
            raise FormulaError(f"{at} is read; expected an index t or t-1", row.formula, 0, origin)
        if lag == 1 and at.series.name not in declared.states:
            raise FormulaError(
                f"{at.series.name}[t-1] is read, so {at.series.name} must be among the states",
                row.formula, 0, origin,
            )  # fmt: skip


def _check_use(
    file: File, declared: Declared, found: list[Row], equations: list[Assignment]
) -> None:
    names = {row.name for row in found}
    for name in declared.states:
        if name not in names and name != OUTPUT:
            raise file.error(
                f"the state {name} is never updated; add an equation {name}[t] = …", name
            )
    used = {p for e in equations for p in atoms_of(e.expr, Parameter)}
    read = {at.series for e in equations for at in series_in(e.expr)}
    for p in (*declared.parameters.values(), *declared.constants):
        if p not in used:
            raise file.error(
                f"{p.name} is never used; use it in an equation or take it out", p.name
            )
    if not any(at.indices[0] != t for e in equations for at in series_in(e.expr)):
        raise file.error(
            "no equation reads the step before, such as s[t-1]; without it nothing recurs, and "
            "there is no back-propagation through time",
            "equations",
        )
    for row in found:
        if row.name != LOGITS and row.name not in {s.name for s in read}:
            raise file.error(f"{row.name}[t] is never read; use it or take it out", line=row.line)
    for name, series in declared.inputs.items():
        if series not in read:
            raise file.error(f"{name} is never read; use it in an equation or take it out", name)


def _check_rules(file: File, equations: list[Assignment], origins: dict[Series, Row]) -> None:
    for equation in equations:
        row = origins[equation.variable]
        try:
            for what in {*series_in(equation.expr), *atoms_of(equation.expr, Parameter)}:
                pullbacks(equation.expr, what, equation.left)
        except DerivationError as error:
            raise file.error(str(error), line=row.line) from error
