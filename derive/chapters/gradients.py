"""The gradients of the parameters: term by term, as a sum with a product, substituted."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Integer

from derive.algebra import T, j, k, t
from derive.chapters.context import Context, listed
from derive.chapters.network import leading, picture
from derive.document import Block, FigureBlock, Heading, Prose, Ref, Text
from derive.elision import shown_steps
from derive.figures.unrolled import Contributions, step_colours
from derive.nodes import Copy, Partial


def direct(c: Context) -> Iterator[Block]:
    """Yield the chapter on the parameters that the loss of a step sees without the past."""
    d, cell = c.derivation, c.cell
    for parameter in c.direct():
        yield Heading("heading.gradient", 1, f"gradient-{parameter.name}", {"parameter": parameter})
        yield Prose("prose.direct.chain", {"parameter": parameter, "loss": cell.loss_series[t]})
        yield from c.show(d.sum_product(parameter), d.substituted(parameter))
        yield Prose("prose.direct.past", {"state": cell.state[t]})
        yield Prose("prose.direct.total", {"total": cell.total})
        yield from c.show(d.total(parameter), d.recursion.accumulated(parameter))


def first(c: Context) -> Iterator[Block]:
    """Yield the chapter on one recurrent parameter, term by term, with the coloured paths."""
    d, cell, last = c.derivation, c.cell, c.steps
    parameter = leading(c)
    L, s = cell.loss_series, cell.state
    yield Heading("heading.gradient", 1, f"gradient-{parameter.name}", {"parameter": parameter})
    yield Prose(
        "prose.terms.why",
        {
            "parameter": parameter,
            "loss": L[last],
            "state": s[last],
            "immediate": d.immediate(parameter, k),
        },
    )
    for step in shown_steps(last):
        yield from c.show(d.terms(parameter, step))
    values = {"loss": L[last], "last": s[last], "parameter": parameter, "figure": Ref("paths")}
    if last > 1:
        yield Prose("prose.terms.read", values | {"T": last, "use": s[k], "k": k})
    else:
        yield Prose("prose.terms.read_one", values)
    yield FigureBlock(
        "paths",
        picture(c, "paths", Contributions(step_colours(last), lambda step: Copy(parameter, step))),
        Text(
            "caption.paths",
            {"loss": L[last], "parameter": parameter, "copy": Copy(parameter, k), "k": k},
        ),
    )
    if d.vanishes_at_start(parameter):
        yield Prose(
            "prose.terms.start",
            {"one": Integer(1), "start": cell.states[0][0], "parameter": parameter},
        )
        yield from c.show(d.first_contribution(parameter))
    yield Prose("prose.terms.total", {"total": cell.total, "loss": L[last], "parameter": parameter})
    yield from c.show(d.total(parameter))


def others(c: Context) -> Iterator[Block]:
    """Yield the chapters on the other recurrent parameters, which differ in the last factor only."""
    d, cell, last = c.derivation, c.cell, c.steps
    lead = leading(c)
    for parameter in c.recurrent():
        if parameter == lead:
            continue
        yield Heading("heading.gradient", 1, f"gradient-{parameter.name}", {"parameter": parameter})
        yield Prose(
            "prose.others.same",
            {
                "parameter": parameter,
                "lead": lead,
                "immediate": d.immediate(parameter, k),
                "section": Ref(f"gradient-{lead.name}"),
            },
        )
        yield from c.show(d.terms(parameter, last), d.total(parameter))
        if (
            cell.initial == "zero"
            and not d.vanishes_at_start(parameter)
            and d.vanishes_at_start(lead)
        ):
            yield Prose(
                "prose.others.start",
                {
                    "parameter": parameter,
                    "lead": lead,
                    "start": cell.states[0][0],
                    "input": cell.inputs[0][1],
                },
            )


def sums(c: Context) -> Iterator[Block]:
    """Yield the chapter on the formula for every T: a sum over k with an ordered product over j."""
    d, cell, last = c.derivation, c.cell, c.steps
    lead = leading(c)
    yield Heading("heading.sums", 1, "sums")
    if last == 1:
        yield Prose("prose.sums.one", {"parameter": lead})
        return
    values = {"k": k, "j": j, "loss": cell.loss_series[last], "parameter": lead}
    yield Prose("prose.sums.concrete", values)
    yield from c.show(d.sum_product(lead, last))
    yield Prose(
        "prose.sums.product",
        {"j": j, "k": k, "t": t, "late": Partial(cell.state[t], cell.state[t - 1])},
    )
    yield Prose("prose.sums.general", {"t": t, "T": T})
    for parameter in c.recurrent():
        yield from c.show(d.sum_product(parameter))
    yield Prose("prose.sums.none", {"parameters": listed(c.direct())})


def substituted(c: Context) -> Iterator[Block]:
    """Yield the chapter on the step Jacobian and the product that is made of it."""
    d, cell, last = c.derivation, c.cell, c.steps
    lead, s = leading(c), cell.state
    host = d.recurrent_uses(lead)[0].host
    yield Heading("heading.jacobian", 1, "jacobian")
    yield Prose("prose.jacobian.intro", {"before": s[j - 1], "state": s[j]})
    yield from c.show(*d.diagonals())
    yield from c.show(d.step_jacobian())
    yield Prose("prose.jacobian.made", {"J": d.J[j]})
    yield Heading("heading.adjoint", 2, "adjoint")
    delta = d.lagged[host]
    yield Prose(
        "prose.adjoint.intro",
        {"loss": cell.loss_series[t], "host": host[k], "delta": delta[t, k], "J": d.J[j], "k": k},
    )
    if last > 1:
        yield from c.show(*d.lagged_adjoints())
        yield Prose("prose.adjoint.spelled", {"T": last})
    for step in reversed(shown_steps(last)):
        yield from c.show(d.spelled_adjoint(host, last, step))
    yield Heading("heading.shape", 2, "shapes")
    yield Prose(
        "prose.shape.intro",
        {"parameter": lead, "k": k, "copy": Copy(lead, k)},
    )
    for parameter in c.recurrent():
        yield from c.show(d.substituted(parameter, last))
        if last > 1:
            yield from c.show(d.contributions(parameter))
    if last > 1:
        yield Prose("prose.shape.general", {"t": t})
        for parameter in c.recurrent():
            yield from c.show(d.substituted(parameter))
