"""Faults that a stranger planted, who had read the program and none of its tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from derive.chapters.handout import CHAPTERS
from tests.faults.fault import Change, Fault, constant, instead, once, text

RESULTS = "derive.gradcheck.results.Results"
ALL = r"(the results|the parts of dL) are .*, where .* are meant"
CONFIRMED = r"what would be printed is not what was confirmed|is not what was asked for"
LOOKED = r"(the help of show|the file of a new network) is not what was looked at"


def _evaluated(name: str, target: str, make: Change, flags: str = "") -> Fault:
    return Fault(
        name, f"{RESULTS}.{target}", make, (f"run evaluate --values {{values}}{flags}",), ALL
    )


def _ran(name: str, words: str, target: str, make: Change, refusal: str = CONFIRMED) -> Fault:
    return Fault(name, target, make, (f"run {words}",), refusal)


def _without(*names: str) -> Change:
    return text(lambda found: {name: one for name, one in found.items() if name not in names})


def _read(wrong: str, by: str) -> Change:
    return instead(lambda right, *args, **named: right(*args, **named).replace(wrong, by))


def _headed(found: Any) -> Any:
    """Return the paths of a picture, each with its head at its beginning."""
    lanes, words = found
    first = {edge.colour: edge for edge in reversed(lanes)}
    return [replace(edge, head=edge is first[edge.colour]) for edge in lanes], words


_ELSEWHERE = (*CHAPTERS[:9], CHAPTERS[13], *CHAPTERS[9:13], *CHAPTERS[14:])
"""The chapters with that on the initial state before the algorithm that it refers to."""

COMPARED = "compare --values {values} --gradients {mine}"

FAULTS = (
    # What is left out
    _evaluated("a total loss that is left out", "_computed", _without("L")),
    _evaluated("a quantity that is left out", "_computed", _without("z")),
    _evaluated("contributions that are left out", "_computed",
               _without("contributions", "step_jacobians", "state_jacobians")),
    _evaluated("a gradient by the initial state that is left out", "_total_gradients",
               _without("s0"), " --initial trainable"),
    _ran("a remark that is not made", "check elman -T 1", "derive.cli.terminal.Terminal.remark",
         constant(lambda *args: None)),
    _ran("a gradient that is not told of", COMPARED, "derive.cli.terminal.Terminal.remark",
         constant(lambda *args: None)),
    _ran("a loss that is not listed", "list", "derive.bptt.unroll.loss",
         text(lambda found: [*found][:1])),
    _ran("equations that are not listed", "list elman --bias",
         "derive.checks.checked.CheckedDerivation.equations", text(lambda found: iter([*found][:-3]))),
    _ran("a check that is not listed", "check elman -T 1", "derive.cli.commands.check._checked",
         text(lambda checks: checks[1:]), "are not those that it has"),
    _ran("an experiment that is not carried out", "flow", "derive.gradientflow.runs.table",
         once(lambda right: dict([*right().items()][1:]))),
    # What stands elsewhere
    Fault("a chapter before what it refers to", "derive.chapters.handout.CHAPTERS",
          constant(_ELSEWHERE), ("make elman-2 markdown",), r"lacks the order of its sections"),
    Fault("heads at the beginnings of paths", "derive.chapters.figures.unrolled._backward",
          text(_headed), ("make elman-2/forward,first markdown",), r"has its head elsewhere"),
    Fault("arrows without heads", "derive.chapters.figures.unrolled._forward",
          text(lambda edges: [replace(edge, head=False) for edge in edges]),
          ("make elman-2/forward markdown",), r"has no head"),
    # Words
    _ran("another number in a help", "show --help", "derive.publishing.publish.MOST_STEPS",
         constant(1000), LOOKED),
    _ran("another sign in the file of a new network", "new-cell mine --out {out}",
         "pathlib.Path.read_text", _read("'  a transpose", "'  an inverse"), LOOKED),
    _ran("another docstring of a function", "code elman", "derive.codegen.said.SAID",
         lambda right: {**right, "softmax": "exp(z) over its maximum."},
         r"the docstring of softmax is"),
)  # fmt: skip
