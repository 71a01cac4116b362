"""The backward recursion as an algorithm."""

from __future__ import annotations

from collections.abc import Iterator

from derive.chapters.context import Context, listed, required_one
from derive.chapters.figures.ways import two_arrows
from derive.chapters.listing import listing
from derive.chapters.network import leading
from derive.chapters.references import METHOD, cite
from derive.chapters.shared import SharedDisplays, show_shared
from derive.checks.diagrams import require_arrows
from derive.checks.runnable import require_runnable
from derive.checks.ways import require_back
from derive.document.blocks import (
    Algorithm,
    AlgorithmLine,
    Block,
    Display,
    FigureBlock,
    Heading,
    Prose,
)
from derive.document.text import Ref, Text, Value
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import Equation
from derive.expressions.quantities import Parameter, Series, T, k, t
from derive.expressions.shapes import is_vector
from derive.expressions.walk import series_in
from derive.typesetting.lettering import letter_of


def recursion(c: Context) -> Iterator[Block]:
    """Yield the chapter: why one sweep suffices, the algorithm, and what it costs."""
    cell, r = c.cell, c.derivation.recursion
    variable = _where_paths_meet(c)
    delta = r.deltas[variable]
    yield Heading("heading.recursion", 1, "recursion")
    values = {
        "delta": delta[t],
        "host": variable[t],
        "full": Gradient(cell.total, variable[t]),
        "algorithm": Ref("backward"),
    }
    if len(r.deltas) == 1:
        yield Prose("prose.recursion.why", values | {"next": delta[t + 1]})
    else:
        # In the order of the algorithm, which goes through the equations of a step backwards.
        named = [*reversed(r.deltas.items())]
        many = {
            "adjoints": listed([adjoint[t] for _, adjoint in named]),
            "hosts": listed([of[t] for of, _ in named]),
        }
        yield Prose("prose.recursion.why_many", values | many | {"count": len(r.deltas)})
    if cell.has_matrices:
        yield from c.say({}, "prose.matrices.rule", "prose.matrices.left_out")
        matrices = (e.left for e in cell.equations if not is_vector(e.variable))
        beside: dict[str, Value] = {
            "states": listed([s[t] for s in cell.handed]),
            "matrix": required_one(matrices, f"matrix in {cell.name}"),
        }
        yield from c.say(beside, "prose.matrices.left_out_columns")
        slopes = c.derivation.substitution.diagonals()
        numbers = [e for e in slopes if e.right.shape == (1, 1)]
        yield from c.say({}, "prose.matrices.slopes")
        yield from c.show(*(e for e in slopes if e not in numbers))
        yield from c.say({}, "prose.matrices.slope_numbers")
        yield from c.show(*numbers)
    else:
        yield from _derived(c)
    shared = SharedDisplays(c, c.verifier)
    first = True
    lines = []
    for shown in shared.of(r.ends()):
        lines.append(_line(Text("algorithm.end" if first else "algorithm.more"), shown, 0))
        first = False
    lines.append(AlgorithmLine(Text("algorithm.loop", {"t": t, "T": T})))
    for shown in shared.of(r.steps(), run=True):
        of = Text("algorithm.adjoint", {"of": shown.equation.left.den})
        lines.append(_line(of, shown, 1))
    lines.append(AlgorithmLine(Text("algorithm.then")))
    # Where the chapter on a parameter has shown its gradient, its number there is enough.
    known = [] if cell.has_matrices else c.direct()
    sums = [r.accumulated(p) for p in cell.parameters if p not in known]
    for shown in shared.of(sums):
        text = Text("algorithm.gradient", {"parameter": _parameter(shown.equation)})
        lines.append(_line(text, shown, 1))
    for parameter in known:
        equation = c.checked(r.accumulated(parameter))
        text = Text("algorithm.known", {"equation": Ref(equation.id), "parameter": parameter})
        lines.append(AlgorithmLine(text, None, 1))
    start = r.trained_start()
    for equation in start:
        values = {"equation": Ref(equation.id), "parameter": equation.left.den}
        text = Text("algorithm.known", values)
        lines.append(AlgorithmLine(text, None, 1))
    made = Algorithm("backward", Text("caption.backward"), tuple(lines))
    gradients = [*map(r.accumulated, cell.parameters), *start]
    yield require_runnable(made, [r.ends(), r.steps(), gradients])
    yield from shared.ranges()
    yield from c.say({}, "prose.recursion.after")
    unnamed = r.unnamed() if cell.has_matrices else []
    if unnamed:
        yield Prose("prose.matrices.unnamed", {"algorithm": Ref("backward")})
        yield from c.show(*unnamed)
    values = {"delta": delta[t], "T": T}
    yield Prose(
        "prose.recursion.cost" if len(r.deltas) == 1 else "prose.recursion.cost_many", values
    )
    yield from listing(c, (*r.ends(), *r.steps(), *gradients))
    yield Prose("prose.recursion.papers", {"papers": cite(c, METHOD)})


def _where_paths_meet(c: Context) -> Series:
    """Return what all paths to later losses lead through: a state, best one that is handed on.

    Where no state has an adjoint, it is what makes one.
    """
    cell, deltas = c.cell, c.derivation.recursion.deltas
    found = [state for state in (*cell.handed, *cell.states) if state in deltas]
    known = {s[t] for s in cell.states}
    for equation in reversed(cell.equations):
        if equation.left in known:
            known |= set(series_in(equation.expr))
    found += [variable for variable in reversed(deltas) if variable[t] in known]
    return required_one(found, f"adjoint of what makes a state of {cell.name}")


def _line(text: Text, shown: Display, indent: int) -> AlgorithmLine:
    return AlgorithmLine(text, shown.equation, indent, shown.instances)


def _parameter(equation: Equation) -> Parameter:
    """Return the parameter of which an equation says the gradient."""
    gradient = equation.left
    assert isinstance(gradient, Gradient), "the left side of what is added up is a gradient"
    return gradient.den


def _derived(c: Context) -> Iterator[Block]:
    """Yield where the recursion comes from: the two arrows that leave a state."""
    if c.steps == 1 or not c.stepwise:
        yield from _rule(c)
        return
    d, cell = c.derivation, c.cell
    state = d.shared.state
    values = {"state": state[t], "next": state[t + 1], "total": cell.total, "T": T,
              "figure": Ref("arrows")}  # fmt: skip
    yield from c.say(values, "prose.recursion.derived")
    weighted = {} if cell.weight is None else {"weight": cell.weight[t]}
    if weighted:
        kinds = ("prose.recursion.derived_weighted", "prose.recursion.derived_last")
        yield from c.say(values | weighted, *kinds)
    lines = d.lines.recursion_of_state()
    yield from c.show(lines)
    picture = two_arrows("arrows", cell, state)
    require_back(picture, lines)
    require_arrows(picture, cell, state)
    caption = {"state": state[t], "own": cell.loss_series[t], "next": state[t + 1]} | weighted
    key = "caption.arrows_weighted" if weighted else "caption.arrows"
    yield FigureBlock("arrows", picture, Text(key, caption))
    summed = d.lines.summed_adjoints()
    if summed:
        yield from c.say({}, "prose.recursion.summed")
        yield from show_shared(c, *summed)
    said = {"algorithm": Ref("backward"), "equation": Ref(lines.id)}
    columns, within = d.lines.recursion_in_columns(), d.lines.within()
    if within:
        yield from c.say({}, "prose.recursion.within")
        yield from show_shared(c, *within)
    if columns:
        yield from c.say(said | {"T": T}, "prose.recursion.columns_lines")
        yield from c.show(*columns)
        if columns[-1].reasons[-1] == "reason.residual":
            yield from c.say({"target": cell.target[t]}, "prose.recursion.reduced")
    else:
        yield from c.say(said, "prose.recursion.columns")
    if len(cell.states) == 1 and len(d.recursion.deltas) > 1:
        # What is derived above is the line of the state; the others have the same reason.
        yield from _rule(c)
    many: dict[str, Value] = {"algorithm": Ref("backward"), "state": state[t]}
    yield from c.say(many, "prose.recursion.columns_many")
    yield from c.say({"equation": Ref(lines.id)}, "prose.recursion.through_parts")
    lead = leading(c)
    added = d.lines.added_up(lead)
    if added:
        values = {"algorithm": Ref("backward"), "parameter": lead}
        yield from c.say(values, "prose.recursion.added")
        others = [p for p in c.recurrent() if p != lead] if c.detail == "full" else []
        yield from c.show(*added, *(e for p in others for e in d.lines.added_up(p)))


def _rule(c: Context) -> Iterator[Block]:
    """Yield the rule of the lines of the algorithm, and at what else it is used within them."""
    algorithm = Ref("backward")
    yield from c.say({"algorithm": algorithm}, "prose.recursion.rule")
    unlisted = [series[t] for series in c.derivation.recursion.unlisted()]
    if unlisted:
        values = {"algorithm": algorithm, "quantities": listed(unlisted)}
        yield from c.say(values, "prose.recursion.unlisted")


def given(c: Context) -> Iterator[Block]:
    """Yield the chapter on the gradients by the initial state and the inputs."""
    d, cell, last = c.derivation, c.cell, c.steps
    g, start = d.given, d.shared.state[0]
    yield Heading("heading.given" if cell.inputs else "heading.given_alone", 1, "given")
    yield from c.say({"start": start}, f"prose.given.{cell.initial}")
    yield from c.say({"start": start}, "prose.given.zero_alone", "prose.given.given_alone")
    yield from c.show(g.initial_terms(last))
    if last > 1:
        yield Prose("prose.given.start", {"start": start, "loss": cell.loss_series[t]})
        yield from c.show(
            g.initial_sum(),
            g.initial_substituted(),
            g.total(start, f"{letter_of(d.shared.state).word}0"),
        )
    for x in cell.inputs:
        # What one input does past the state, another need not.
        acts: dict[str, Value] = {"input": x[k], "t": t, "k": k}
        yield from c.say(acts, "prose.given.inputs")
        held = d.shared.state[t]
        past = {"beside": Partial(cell.output[t], x[k], held), "state": held}
        beside = "prose.given.inputs_beside"
        if c.may_say(beside, acts):
            yield Prose(beside, acts | past)
        equations = [g.input_sum(x), g.input_substituted(x)] if last > 1 else []
        yield from c.show(*(e for e in equations if e is not None))
    both = ("prose.given.recursion", "prose.given.recursion_alone")
    yield from c.say({"algorithm": Ref("backward"), "total": cell.total}, *both)
    yield from c.show(*d.recursion.of_given())
