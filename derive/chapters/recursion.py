"""The backward recursion as an algorithm."""

from __future__ import annotations

from collections.abc import Iterator

from derive.chapters.context import Context
from derive.checks.runnable import require_runnable
from derive.document.blocks import Algorithm, AlgorithmLine, Block, Heading, Prose
from derive.document.text import Ref, Text
from derive.expressions.derivatives import Gradient
from derive.expressions.quantities import T, k, t
from derive.typesetting.lettering import letter_of


def recursion(c: Context) -> Iterator[Block]:
    """Yield the chapter: why one sweep suffices, the algorithm, and what it costs."""
    cell, r = c.cell, c.derivation.recursion
    variable, delta = next(reversed(r.deltas.items()))
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
        yield Prose("prose.recursion.why_many", values | {"count": len(r.deltas)})
    if cell.has_matrices:
        yield from c.say({}, "prose.matrices.rule", "prose.matrices.left_out")
        slopes = c.derivation.substitution.diagonals()
        yield from c.say({}, "prose.matrices.slopes")
        yield from c.show(*slopes)
    else:
        yield from _derived(c)
    lines = [AlgorithmLine(Text("algorithm.end"), e) for e in map(c.checked, r.ends())]
    lines.append(AlgorithmLine(Text("algorithm.loop", {"t": t, "T": T})))
    lines += [AlgorithmLine(Text("algorithm.adjoint"), c.checked(e), 1) for e in r.steps()]
    lines.append(AlgorithmLine(Text("algorithm.then")))
    for parameter in cell.parameters:
        equation = c.checked(r.accumulated(parameter))
        # Where the chapter on the parameter has shown it, its number there is enough.
        known = not cell.has_matrices and parameter in c.direct()
        text = Text("algorithm.known", {"equation": Ref(equation.id), "parameter": parameter})
        lines.append(
            AlgorithmLine(text, None, 1)
            if known
            else AlgorithmLine(Text("algorithm.gradient", {"parameter": parameter}), equation, 1)
        )
    made = Algorithm("backward", Text("caption.backward"), tuple(lines))
    yield require_runnable(made, [r.ends(), r.steps(), map(r.accumulated, cell.parameters)])
    if len(r.deltas) == 1:
        yield Prose("prose.recursion.cost", {"delta": delta[t], "T": T})
    else:
        yield Prose("prose.recursion.cost_many", {"delta": delta[t], "T": T})


def _derived(c: Context) -> Iterator[Block]:
    """Yield where the recursion comes from: the two arrows that leave a state."""
    if c.steps == 1 or not c.stepwise:
        return
    d, cell = c.derivation, c.cell
    state = d.shared.state
    values = {"state": state[t], "next": state[t + 1], "total": cell.total, "T": T}
    yield from c.say(values, "prose.recursion.derived")
    yield from c.show(d.lines.recursion_of_state())
    summed = d.lines.summed_adjoints()
    if summed:
        yield from c.say({}, "prose.recursion.summed")
        yield from c.show(*summed)
    yield from c.say({"algorithm": Ref("backward")}, "prose.recursion.columns")


def given(c: Context) -> Iterator[Block]:
    """Yield the chapter on the gradients by the initial state and the inputs."""
    d, cell, last = c.derivation, c.cell, c.steps
    g, start, x = d.given, d.shared.state[0], cell.inputs[0]
    yield Heading("heading.given", 1, "given")
    yield Prose(f"prose.given.{cell.initial}", {"start": start})
    yield from c.show(g.initial_terms(last))
    if last > 1:
        yield Prose("prose.given.start", {"start": start, "loss": cell.loss_series[t]})
        yield from c.show(
            g.initial_sum(),
            g.initial_substituted(),
            g.total(start, f"{letter_of(d.shared.state).word}0"),
        )
    yield Prose("prose.given.inputs", {"input": x[k], "t": t, "k": k})
    for series in cell.inputs:
        equations = [g.input_sum(series), g.input_substituted(series)] if last > 1 else []
        yield from c.show(*(e for e in equations if e is not None))
    yield Prose("prose.given.recursion", {"algorithm": Ref("backward"), "total": cell.total})
    yield from c.show(*d.recursion.of_given())
