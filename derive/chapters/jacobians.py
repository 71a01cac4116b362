"""The step Jacobian, the adjoints that are made of it, and contributions in the shape of parameters."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import MatrixExpr

from derive.bptt.substitution import pull_at
from derive.cells.describe import carried_alike, inner_activations
from derive.chapters.context import Context, listed
from derive.chapters.figures.matrices import factors, outer_blocks
from derive.chapters.gradients import MANY, is_only_added, outer_lines, outer_product
from derive.chapters.loss import takes_quotients
from derive.chapters.network import leading
from derive.chapters.shared import show_shared
from derive.checks.blocks import require_blocks_of
from derive.checks.probe import multiplies
from derive.document.blocks import Block, FigureBlock, Heading, Prose
from derive.document.text import Ref, Text, Value
from derive.expressions.algebra import Hadamard, Scaled, Times
from derive.expressions.elision import shown_steps
from derive.expressions.equation import Equation
from derive.expressions.introduced import Introduced
from derive.expressions.quantities import At, Parameter, ParameterCopy, T, j, k, t
from derive.expressions.sums import instantiate
from derive.expressions.walk import atoms_of, series_in


def substituted(c: Context) -> Iterator[Block]:
    """Yield the chapter on the step Jacobian and the product that is made of it."""
    d, cell, last = c.derivation, c.cell, c.steps
    lead = leading(c)
    host = d.shared.recurrent_uses(lead)[0].entry
    yield Heading("heading.jacobian", 1, "jacobian")
    yield from of_one_step(c)
    yield Heading("heading.adjoint", 2, "adjoint")
    if d.shared.state_adjoint is not None:
        yield from _adjoints_by_state(c)
    else:
        values = {"loss": cell.loss_series[t], "host": host[k], "k": k, "J": d.shared.J[j],
                  "delta": d.shared.lagged[host][t, k]}  # fmt: skip
        kinds = ("prose.adjoint.intro", "prose.adjoint.of_state", "prose.adjoint.of_other")
        factors = {"J": values.pop("J")}
        yield from c.say(values, *kinds)
        yield from c.say(factors, "prose.adjoint.column")
        into = d.lines.into_state() if c.stepwise else []
        if into:
            yield from c.say({"k": k}, "prose.adjoint.into")
            yield from show_shared(c, *into)
        if last > 1:
            yield from _transposed(c)
            yield from c.show(*d.substitution.lagged_adjoints())
            yield Prose("prose.adjoint.spelled", {"T": last})
        yield from _row(c)
        for step in reversed(shown_steps(last)):
            yield from c.show(d.substitution.spelled_adjoint(host, last, step))
    yield Heading("heading.shape", 2, "shapes")
    yield Prose(
        "prose.shape.intro",
        {"parameter": lead, "k": k, "copy": ParameterCopy(lead, k)},
    )
    yield from outer_product(c, *c.recurrent())
    yield from _terms_in_shape(c)
    # Of many parameters one is written out; the general formula is given for all.
    written = c.recurrent() if len(c.recurrent()) <= MANY else [lead]
    yield from c.show(*(d.substitution.substituted(parameter, last) for parameter in written))
    if last > 1:
        yield Prose("prose.shape.alone", {"k": k, "loss": cell.loss_series[T], "T": T})
        contributions = {p: d.substitution.contributions(p) for p in written}
        yield from c.show(*contributions.values())
        yield from _blocks(lead, contributions[lead])
    if last > 1 or len(written) < len(c.recurrent()):
        yield Prose("prose.shape.general", {"t": t})
        shown = c.recurrent() if c.stepwise else written
        yield from show_shared(c, *map(d.substitution.substituted, shown))


def _terms_in_shape(c: Context) -> Iterator[Block]:
    """Yield why the terms of matrices, and of what is only added, look as they do."""
    lines = outer_lines(c)
    if lines is not None:
        yield from c.say({"equation": Ref(lines.id)}, "prose.shape.by_outer")
    added = [p for p in c.recurrent() if is_only_added(c, p)]
    if added and c.stepwise:
        yield from c.say({"parameters": listed(added)}, "prose.shape.added")
    multiplied = [p for p in c.recurrent() if _multiplies(c, p)]
    if multiplied and c.stepwise:
        yield from c.say({"parameters": listed(multiplied)}, "prose.shape.multiplied")
    simple = {*added, *multiplied}
    others = [p for p in c.recurrent() if p.shape[1] == 1 and p not in simple]
    if others and c.stepwise:
        yield from c.say({"parameters": listed(others)}, "prose.shape.column")


def _multiplies(c: Context, parameter: Parameter) -> bool:
    """Tell whether each term of a parameter is what arrives, times a column, by components."""
    lagged = c.derivation.shared.lagged
    if 1 not in parameter.shape or parameter.shape == (1, 1):
        return False
    for use in c.derivation.shared.recurrent_uses(parameter):
        arriving = lagged[use.entry][t, k]
        term = pull_at(use.pullback, k).gradient(arriving)
        number = isinstance(term, Scaled) or (isinstance(term, Times) and term.args[0].is_number)
        if number and len(term.args) == 2 and not term.args[0].has(parameter):
            # A number before it belongs to the column: that of 0.1*g .* b is 0.1 g.
            term = term.args[1]
        if not isinstance(term, Hadamard) or arriving not in term.args or term.has(parameter):
            return False
    return multiplies(c.cell, parameter)


def _blocks(parameter: Parameter, contribution: Equation) -> Iterator[Block]:
    """Yield the picture of a contribution, where it is one product of a column and a row."""
    if factors(contribution) is None:
        return
    picture = outer_blocks("blocks", contribution)
    require_blocks_of(picture, contribution)
    product = contribution.sides[-1]
    yield Prose("prose.shape.blocks", {"figure": Ref("blocks"), "product": product})
    yield FigureBlock("blocks", picture, Text("caption.blocks", {"parameter": parameter}))


def _transposed(c: Context) -> Iterator[Block]:
    """Yield how the adjoint comes from the row of the chain rule."""
    if c.stepwise:
        yield from c.say({}, "prose.adjoint.transposed")
        yield from c.show(*c.derivation.lines.adjoints())
        kinds = ("prose.adjoint.put_in_diagonal", "prose.adjoint.put_in")
        yield from c.say({}, kinds[not c.may_say(kinds[0], {})])


def _row(c: Context) -> Iterator[Block]:
    """Yield where the one adjoint of a single step comes from."""
    if c.stepwise:
        yield from c.say({}, "prose.adjoint.row")


def of_one_step(c: Context) -> Iterator[Block]:
    """Yield the step Jacobian, by its blocks where there are several states."""
    d, s = c.derivation, c.cell.state
    diagonals = d.substitution.diagonals()
    values = {"before": s[j - 1], "state": s[j]}
    if len(diagonals) == 1:
        yield from c.say(values, "prose.jacobian.intro", "prose.jacobian.intro_slope")
    else:
        yield Prose("prose.jacobian.factor", values)
        if diagonals:
            count = {"count": len(diagonals)}
            yield from c.say(count, "prose.jacobian.slopes", "prose.jacobian.slopes_plain")
    yield from show_shared(c, *diagonals)
    single = [side for e in diagonals for side in e.sides if isinstance(side, At)]
    single = [at for at in single if at.shape == (1, 1) and isinstance(at.series, Introduced)]
    if single:
        yield from c.say({"numbers": listed(single)}, "prose.jacobian.single")
    if c.stepwise:
        rules = ("prose.jacobian.tanh", "prose.jacobian.sigmoid", "prose.jacobian.exponential",
                 "prose.jacobian.softplus", "prose.jacobian.root")  # fmt: skip
        yield from c.say({}, *rules)
    inner = inner_activations(c.cell)
    if inner:
        yield from c.say({"inner": listed(inner)}, "prose.jacobian.inner")
    yield from c.say({}, "prose.jacobian.product")
    if c.stepwise and not takes_quotients(c):
        yield from c.say({}, "prose.jacobian.quotient")
    blocks = d.substitution.blocks()
    if blocks:
        names = [state[j] for state in c.cell.states]
        of_blocks = values | {"J": d.shared.J[j], "states": listed(names)}
        yield from c.say(of_blocks, "prose.jacobian.blocks", "prose.jacobian.blocks_through")
        yield from c.show(*_with_line(c, blocks))
        yield Prose("prose.jacobian.together", {"J": d.shared.J[j]})
    else:
        yield from c.say(values, "prose.jacobian.paths")
    local = d.lines.local_chain() if c.stepwise else []
    whole = [d.substitution.step_jacobian()]
    yield from c.show(*(local or (whole if blocks else _with_line(c, whole))))
    yield from c.say({"J": d.shared.J[j]}, "prose.jacobian.made")
    for states, factor in carried_alike(c.cell):
        handed: dict[str, Value] = {
            "factor": instantiate(factor, {t: j}), "state": listed([s[j] for s in states]),
            "J": d.shared.J[j],
        }  # fmt: skip
        yield from c.say(handed | {"count": len(states)}, "prose.jacobian.carried_block")
        yield from c.say(
            handed,
            "prose.jacobian.carried_whole",
            "prose.jacobian.carried_constant",
            "prose.jacobian.carried_other",
            "prose.jacobian.carried_trained",
            "prose.jacobian.carried_beside",
        )
    yield from c.say({"J": d.shared.J[j]}, "prose.jacobian.shrinks")
    weighted = _weighted(c)
    if weighted:
        named = {"blocks": listed(weighted), "J": d.shared.J[j]}
        yield from c.say(named, "prose.jacobian.carried_weighted")


def _with_line(c: Context, blocks: list[Equation]) -> list[Equation]:
    """Return blocks, the first that has lines with the line between that says what is put in there.

    In full detail each of them has its lines.
    """
    lines = c.derivation.lines.reads() if c.stepwise else []
    found = []
    for block in blocks:
        line = next((one for one in lines if one.left == block.left), None)
        if line is not None:
            lines = lines if c.detail == "full" else []
        found.append(line or block)
    return found


def _weighted(c: Context) -> list[MatrixExpr]:
    """Return the blocks of the step Jacobian that are written with parameters."""
    shared, parts = c.derivation.shared, c.derivation.shared.jacobians.parts
    # A constant is no weight.
    trained = {*c.cell.parameters}

    def has(part: Introduced) -> bool:
        expr = shared.expression_of(part)
        inner = (at.series for at in series_in(expr) if at.series in parts.values())
        return bool(trained & {*atoms_of(expr, Parameter)}) or any(map(has, inner))

    return [part[j] for (_, read), part in parts.items() if read.indices[0] != t and has(part)]


def _adjoints_by_state(c: Context) -> Iterator[Block]:
    """Yield the adjoint of the state for each lag, and those of what parameters enter from it."""
    d, last = c.derivation, c.steps
    of_state, *of_hosts = d.substitution.lagged_adjoints()
    adjoint = d.shared.state_adjoint
    assert adjoint is not None, "this chapter is for cells whose state has an adjoint of its own"
    values = {"loss": c.cell.loss_series[t], "state": d.shared.state[k], "k": k}
    yield Prose("prose.adjoint.state", values | {"adjoint": adjoint[t, k]})
    yield from c.say({"J": d.shared.J[j]}, "prose.adjoint.column")
    if last > 1:
        yield from _transposed(c)
        yield from c.show(of_state)
        yield Prose("prose.adjoint.spelled", {"T": last})
    yield from _row(c)
    for step in reversed(shown_steps(last)):
        yield from c.show(*d.substitution.spelled_adjoints(last, step))
    hosts = listed([host[k] for host in d.shared.lagged])
    yield Prose("prose.adjoint.hosts", {"hosts": hosts, "adjoint": adjoint[t, k]})
    into = d.substitution.into_state() or (d.lines.into_state() if c.stepwise else [])
    if into:
        yield from show_shared(c, *into)
        yield Prose("prose.adjoint.by_hosts")
    yield from show_shared(c, *of_hosts)
