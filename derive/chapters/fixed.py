"""The chapters of a network of which no parameter acts on a state: a reservoir, a fixed filter."""

from __future__ import annotations

from collections.abc import Iterator

from derive.chapters.closing import between_steps, gradients_in_short, network_in_short, question
from derive.chapters.context import Context
from derive.chapters.jacobians import of_one_step
from derive.document.blocks import Block, Bullets, Heading
from derive.document.text import Ref, Text
from derive.expressions.quantities import T


def summary(c: Context) -> Iterator[Block]:
    """Yield the first page: question, network, gradients, algorithm."""
    yield Heading("heading.summary", 1, "summary")
    items = [
        question(c),
        *network_in_short(c),
        *gradients_in_short(c),
        Text("prose.summary.recursion", {"algorithm": Ref("backward"), "T": T}),
        between_steps(c),
    ]
    yield Bullets(tuple(items))


def jacobian(c: Context) -> Iterator[Block]:
    """Yield the chapter on the step Jacobian, of which only gradients of what is given are made."""
    yield Heading("heading.jacobian", 1, "jacobian")
    fixed = ("prose.jacobian.fixed", "prose.jacobian.fixed_alone")
    yield from c.say({"section": Ref("given")}, *fixed)
    yield from of_one_step(c)
