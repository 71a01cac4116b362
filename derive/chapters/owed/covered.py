"""Tables, figures, lists and formulas against what they must cover."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sympy import Integer

from derive.bptt.gatewise import Gatewise
from derive.chapters.owed.owing import Owing
from derive.chapters.references import references
from derive.checks.tables import members
from derive.document.blocks import Display, FigureBlock, TableBlock
from derive.document.conditions import said
from derive.document.figures import Curve, Plot
from derive.document.text import Code, Number, Text, Value
from derive.expressions.derivatives import Partial
from derive.expressions.elision import shown_steps
from derive.expressions.equation import Equation
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import At, ParameterCopy, Series, T, t
from derive.expressions.shapes import is_vector
from derive.expressions.walk import atoms_of, series_in
from derive.gradientflow.own import run_at

SCALES = (0.5, 1.0, 2.0)
"""By what the weights of the measured runs are multiplied: below, at and above the usual size."""

LATEST = (1, 2, 5, 10, 20, 50)
"""Of how many of the latest contributions the table of shares tells."""

LIMITS = (0.5, 0.1, 0.01)
"""At which parts of the largest entry the table of clipped gradients cuts the entries."""

REGIMES = 4
"""How many runs of the simple network are shown: of three sizes of weights, and one with inputs."""

BESIDE = ("elman", "gru", "lstm")
"""What a cell with gates is measured beside, itself left out."""


def uncovered(o: Owing) -> Iterator[str]:
    """Yield what a table, a figure, a list or a formula leaves out."""
    for part in _PARTS:
        yield from part(o)


def _table(o: Owing, id: str) -> TableBlock | None:
    found = o.figures.get(id)
    return found if isinstance(found, TableBlock) else None


def _symbols(o: Owing) -> Iterator[str]:
    """Yield quantities that the table of symbols does not have."""
    table, cell = _table(o, "symbols"), o.facts.cell
    stands = {one for row in table.rows for one in members(row[0])} if table else set()
    given = [*(s[t] for s in cell.given), cell.loss_series[t], cell.total]
    trained = [s[0] for s in cell.handed] if cell.initial == "trainable" else []
    computed = [e.left for e in cell.equations]
    for symbol in (*given, *computed, *cell.parameters, *cell.constants, *trained):
        if symbol not in stands:
            yield f"{symbol} in the table of symbols"


def _parameters_in_short(o: Owing) -> Iterator[str]:
    """Yield parameters of which the first page says nothing."""
    said = [*o.sentences.get("prose.summary.question", ())]
    said += o.sentences.get("prose.summary.question_within", ())
    said += o.sentences.get("prose.summary.direct", ())
    named = {one for values in said for one in members(values["parameters"])}
    for parameter in o.facts.cell.parameters if o.holds("has-contributions") else ():
        if parameter not in named:
            yield f"the parameter {parameter} on its first page"


def _papers(o: Owing) -> Iterator[str]:
    """Yield texts that are named in sentences and are not in the list at the end, or out of order."""
    known = {one.text: one.short for one in references().values()}
    entries = [known.get(str(v["text"]), "") for v in o.sentences.get("prose.references.entry", ())]
    for name in sorted(o.subject.named & {*known.values()}, key=str):
        if name not in entries:
            yield f"{name} in the list of what is cited"
    if entries != sorted(entries):
        yield f"the order of names and years in the list of what is cited, which is {entries}"


def _forward(o: Owing) -> Iterator[str]:
    """Yield rows and columns that the table of the example's forward pass does not have."""
    table, trace, cell = _table(o, "example-forward"), o.facts.example, o.facts.cell
    if table is None or trace is None:
        return
    rows = [row[0] for row in table.rows]
    for step in (0, *shown_steps(trace.steps)):
        if Integer(step) not in rows:
            yield f"the row of step {step} in the table of the example's forward pass"
    within = _table(o, "example-within")
    heads = [head.values.get("value") for head in table.header]
    heads += [] if within is None else [row[0] for row in within.rows]
    for series in (*cell.given, *cell.states, cell.output, cell.loss_series, *_read_back(o)):
        # Weights that are not given follow from the step: one at the last, or the same at each.
        told = series == cell.weight and series not in cell.given
        if series[t] not in heads and not told:
            yield f"the column of {series[t]} in the tables of the example's forward pass"


def _read_back(o: Owing) -> Iterator[Series]:
    """Yield the columns of a step that the algorithm reads, or what its slopes are made of."""
    slopes = o.subject.defined(Role.SLOPE)
    own = [d for id, d in o.subject.displays.items() if not o.subject.is_aside(id)]
    shown = [e for d in own for e in ([one.equation for one in d.instances] or [d.equation])]
    named = (e for e in shown if any(isinstance(s, At) and s.series in slopes for s in e.sides))
    # A derivative by a quantity does not read its number.
    told = [side for e in named for side in e.sides[1:] if not any(atoms_of(side, Partial))]
    sides = [*(side for e in o.subject.algorithm for side in e.sides[1:]), *told]
    computed = {e.variable for e in o.facts.cell.equations if is_vector(e.variable)}
    yield from dict.fromkeys(
        at.series for side in sides for at in series_in(side) if at.series in computed
    )


def _example_parameters(o: Owing) -> Iterator[str]:
    table = _table(o, "example-parameters")
    stands = [cell for row in table.rows for cell in row] if table else []
    for parameter in o.facts.cell.parameters if table else ():
        if parameter not in stands:
            yield f"the numbers of {parameter} in the table of the example's parameters"


def _all_checks(o: Owing) -> Iterator[str]:
    table = _table(o, "all-checks")
    stands = {row[1] for row in table.rows} if table else set()
    for equation in o.document.equations() if table else ():
        if Code(equation.id) not in stands:
            yield f"the check of {equation.id} in the table of all checks"
    keys = {key for row in table.rows for cell in row for key, _ in said(cell)} if table else ()
    for method in sorted(k.removeprefix("method.") for k in keys if k.startswith("method.")):
        if f"prose.checks.{method}" not in o.sentences:
            yield f"what is meant by method.{method} in the table of all checks"


def _rows_of_remedies(o: Owing) -> Iterator[str]:
    """Yield rows that the tables of clipped and of truncated gradients lack."""
    clipped, truncated = _table(o, "clipping-angles"), _table(o, "truncation-bias")
    cut = [one.value for row in clipped.rows for one in _numbers(row[0])] if clipped else [*LIMITS]
    yield from (f"the row of {n:g} in the table clipping-angles" for n in LIMITS if n not in cut)
    if clipped and len(clipped.rows) != len(LIMITS) + 1:
        yield "the row of what is clipped by its norm in the table clipping-angles"
    spans = [row[0] for row in truncated.rows] if truncated else [*LATEST]
    yield from (f"the row of {n} in the table truncation-bias" for n in LATEST if n not in spans)


def _truncated(o: Owing) -> Iterator[str]:
    """Yield the sentence on the last row of windows and chunks, where the window is closer."""
    table = _table(o, "truncation-bias")
    _, window, _, chunk, _ = table.rows[-1] if table else (None,) * 5
    closer = isinstance(window, Number) and isinstance(chunk, Number) and window.value < chunk.value
    if closer and "prose.remedies.compare" not in o.sentences:
        yield "the sentence prose.remedies.compare on the last row of the table truncation-bias"


# -- runs


def _labels(o: Owing, id: str) -> list[Value]:
    """Return what the curves of a figure are called."""
    block = o.figures.get(id)
    plot = block.figure if isinstance(block, FigureBlock) else None
    panels = plot.panels if isinstance(plot, Plot) else ()
    return [c.label for p in panels for c in p.items if isinstance(c, Curve) and c.label]


def _runs(o: Owing) -> Iterator[str]:
    """Yield runs that were made and are not shown: rows of the table, and curves of the figure."""
    table = _table(o, "flow-runs")
    if table is None:
        return
    rows = [row[0] for row in table.rows]
    drawn = _labels(o, "flow-norms")
    yield from (f"the curve {row} in the figure flow-norms" for row in rows if row not in drawn)
    if o.holds("regimes"):
        if len(rows) != REGIMES:
            yield f"a run in the table flow-runs, which has {len(rows)} of {REGIMES}"
        return
    scales = {one.value for row in rows for one in _numbers(row)}
    keys = ("prose.flow.own_left_grown", "prose.flow.own_left_undefined")
    told = {n.value for key in keys for v in o.sentences.get(key, ()) for n in _numbers(v["runs"])}
    for scale in SCALES:
        # A run whose numbers grow beyond all bounds is left out rightly, where that is said.
        if scale in scales:
            continue
        if run_at(o.facts.derivation, scale, o.facts.seed).finite:
            yield f"the run with {scale:g} times the weights in the table flow-runs"
        elif scale not in told:
            yield f"why there is no run with {scale:g} times the weights"


def _numbers(label: Value) -> list[Number]:
    return [one for one in members(label) if isinstance(one, Number)]


def _shares(o: Owing) -> Iterator[str]:
    table = _table(o, "flow-shares")
    counts = [row[0] for row in table.rows] if table else [*LATEST]
    yield from (f"the row of {n} in the table flow-shares" for n in LATEST if n not in counts)


def _memory(o: Owing) -> Iterator[str]:
    """Yield runs of memory that are not shown."""
    table = _table(o, "memory-runs")
    if table is None:
        return
    kinds = [name for name in BESIDE if name != o.facts.cell.name] + ["this"]
    kinds += ["opened"] if "opened" in o.facts.traces else []
    rows, drawn = [row[0] for row in table.rows], _labels(o, "memory-norms")
    for kind in kinds:
        label = Text(f"label.memory.{kind}")
        if label not in rows:
            yield f"the row {label.key} in the table memory-runs"
        if label not in drawn:
            yield f"the curve {label.key} in the figure memory-norms"


# -- what is introduced


def _own(o: Owing, scalar: bool) -> list[Display]:
    """Return the displays of the cell itself, or of its scalar case."""
    before = f"{o.facts.cell.name}-scalar-"
    found = o.document.displays()
    if scalar:
        return [d for d in found if d.equation.id.startswith(before)]
    # Chapters on request are about networks of their own.
    own = [d for d in found if d.equation.id.startswith(f"{o.facts.cell.name}-")]
    return [d for d in own if not o.subject.is_aside(d.equation.id)]


def _letters(equation: Equation) -> Iterator[At]:
    for side in equation.sides:
        yield from (at for at in atoms_of(side, At) if isinstance(at.series, Introduced))


def _defined(o: Owing) -> Iterator[str]:
    """Yield letters that formulas use, and that no formula on display defines."""
    made: set[object] = set()
    for scalar in (False, True)[: 1 + o.holds("scalar-stands")]:
        shown, gatewise = _own(o, scalar), Gatewise(o.subject.scalar if scalar else o.facts.cell)
        every = [e for d in shown for e in (d.equation, *(i.equation for i in d.instances))]
        sides = [side for e in every for side in e.sides if isinstance(side, At)]
        # After the last step an adjoint is set, which does not say what it is.
        named = [s.series for s in sides if isinstance(s.series, Introduced) and not _is_end(s)]
        # A letter is that of what each gate has; the scalar case goes on with the letters before it.
        made |= {_kind(one) for series in named for one in (series, *gatewise.of_any_gate(series))}
        used = {at.series: e.id for e in every for at in _letters(e)}
        yield from (
            f"the definition of {series}, which {id} has"
            for series, id in used.items()
            if _kind(series) not in made
        )


def _kind(series: Introduced) -> object:
    """Return what is the same of a letter in both: its role, and the names of what it belongs to."""
    own = (_kind(of) if isinstance(of, Introduced) else str(of.name) for of in series.of)
    return series.role, tuple(own)


def _is_end(at: At) -> bool:
    return at.indices[0] == T + 1


def _glossary(o: Owing) -> Iterator[str]:
    """Yield letters of formulas that the glossary does not have."""
    table, gatewise = _table(o, "glossary-table"), Gatewise(o.facts.cell)
    if table is None:
        return
    stands = {row[0].series if isinstance(row[0], At) else row[0] for row in table.rows}
    found = dict.fromkeys(at.series for d in _own(o, False) for at in _letters(d.equation))
    for series in found:
        if not {series, *gatewise.of_any_gate(series)} & stands:
            yield f"{series} in the glossary"
    kinds = (Partial, ParameterCopy) if o.holds("has-contributions") else ()
    for kind in kinds:
        if not any(isinstance(one, kind) for one in stands):
            yield f"what a {kind.__name__} is, in the glossary"


OF_STUDIES = (_papers, _all_checks, _truncated, _rows_of_remedies, _runs, _shares)
"""Those that are about tables and runs of studies as well."""

_PARTS: tuple[Callable[[Owing], Iterator[str]], ...] = (
    _symbols, _parameters_in_short, _papers, _forward, _example_parameters, _all_checks, _truncated,
    _rows_of_remedies, _runs, _shares, _memory, _defined, _glossary,
)  # fmt: skip
