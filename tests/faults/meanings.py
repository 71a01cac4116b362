"""Faults in what is meant: digits, numbers of runs, conditions, meanings, what is owed, colours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from derive.document.text import Number
from derive.expressions.derivatives import Gradient
from derive.expressions.quantities import At, Parameter
from tests.faults.fault import Change, Fault, computed, constant, instead, text

CHAPTERS = "derive.chapters"
MEANT = r"which is not what is meant there"
RESTS = r"rests on .*, and \S+conditions.toml has .* for it"
WEIGHTED_BY_NORM = "tests/catalogue/literature/weight_normalized.toml"
OPEN = f"run handout {WEIGHTED_BY_NORM} --steps 1 --detail brief --format md --out {{out}}"
PROVED = r"what was proved of weight_normalized is not what must be"
TINTS = r"in the colour of another step"
TIED = "run handout {tied} --steps 1 --detail brief --format md --out {out}"
TWO = TIED.replace("--steps 1", "--steps 2")
SIGMOID = "run handout elman --activation sigmoid --steps 1 --detail brief --format md --out {out}"
REMEDIES = "run handout elman --steps 1 --detail brief --with remedies --format md --out {out}"
PROOFS = "run handout elman --steps 1 --detail brief --with proofs --format md --out {out}"
MAPS = "run handout elman --steps 1 --detail brief --with experiments --format md --out {out}"


def _made(name: str, document: str, target: str, make: Change, refusal: str = MEANT) -> Fault:
    return Fault(name, target, make, (f"make {document} markdown",), refusal)


def _ran(name: str, words: str, target: str, make: Change, refusal: str = MEANT) -> Fault:
    return Fault(name, target, make, (words,), refusal)


def _saying(key: str, **changes: Callable[[Any], Any]) -> Change:
    """Say a sentence with other values."""

    def said(right: Any, said: str, values: Any = None) -> Any:
        values = dict(values or {})
        if said == key:
            values |= {name: change(values[name]) for name, change in changes.items()}
        return right(said, values)

    return instead(said)


def _times(factor: float) -> Callable[[Number], Number]:
    return lambda number: Number(factor * number.value, number.digits)


def _conditions(key: str, *texts: str) -> Change:
    """Give a sentence other conditions."""
    from derive.document.conditions import parse

    def changed(found: Iterable[Any]) -> Iterator[Any]:
        for name, conditions in found:
            yield name, tuple(parse(t, name) for t in texts) if name == key else conditions

    return text(changed)


def _rows(change: Callable[[list[Any]], list[Any]]) -> Change:
    return text(lambda rows: change([*rows]))


def _exchanged(rows: list[Any]) -> list[Any]:
    """Exchange the meanings of the rows that a user gave words for."""
    own = [n for n, row in enumerate(rows) if isinstance(row[1], str)]
    words = [rows[n][1] for n in own]
    for n, word in zip(own, words[1:] + words[:1], strict=True):
        rows[n] = (rows[n][0], word, *rows[n][2:])
    return rows


def _all_called(rows: list[Any]) -> list[Any]:
    """Call every quantity of a step by the first words that a user gave."""
    word = next(row[1] for row in rows if isinstance(row[1], str))
    return [(row[0], word, *row[2:]) if isinstance(row[0], At) else row for row in rows]


def _unnamed(rows: list[Any]) -> list[Any]:
    """Call nothing as its user does."""
    from derive.document.text import Text

    return [(r[0], Text("symbol.step"), *r[2:]) if isinstance(r[1], str) else r for r in rows]


def _tinted(tint: Callable[[int], int | None]) -> Change:
    def rounded(
        right: Any, made: Any, name: str, *exprs: Any, tinted: int | None = None, **how: Any
    ) -> Any:
        return right(made, name, *exprs, tinted=None if tinted is None else tint(tinted), **how)

    return instead(rounded)


def _claims(keep: Callable[[Gradient], bool]) -> Change:
    return text(lambda found: [one for one in found if keep(one[1])])


def _of_outputs(trace: Any) -> int:
    return len(trace.value(trace.cell.output, 1))


FAULTS = (
    # How many digits a number has
    _made("a chosen number that is rounded", "elman-1", "derive.document.text.Number.printed",
          computed(lambda digits: 1), r"is meant"),
    _ran("the largest slope of the sigmoid that is rounded down", SIGMOID,
         f"{CHAPTERS}.flow.at_least", constant(lambda slope: Number(0.2, 1))),
    _made("measured numbers with one digit", "elman-1", f"{CHAPTERS}.flow.Number",
          constant(lambda value, digits=3: Number(value, 1)), r"[\d.]+ is meant"),
    _ran("a user's constant that is rounded", TIED, f"{CHAPTERS}.network.exactly",
         constant(Number), r"α is 0\.1234567"),
    # Numbers of runs, compared anew
    _made("units of the output", "minimal_gated-1", f"{CHAPTERS}.memory.units_of",
          constant(_of_outputs), r"'prose.memory.measured_sized', which is said only where"),
    _made("units of the output in its own runs", "minimal_gated-1", f"{CHAPTERS}.ownflow.units_of",
          constant(_of_outputs)),
    _made("sizes of its own that it has not", "minimal_gated-1", f"{CHAPTERS}.ownflow.units_of",
          constant(lambda trace: None), r"'prose.flow.own_runs_sized', which is said only where"),
    _made("a spread in a run of another scale", "minimal_gated-1", f"{CHAPTERS}.ownflow.Prose",
          _saying("prose.flow.own_spread", scale=_times(2))),
    _ran("uses of which only the first is named", TIED, f"{CHAPTERS}.gradients.listed",
         instead(lambda right, items, *more: right([*items][:1], *more)), r"which is left out"),
    _ran("activations of which only the first is named", TIED, f"{CHAPTERS}.jacobians.listed",
         instead(lambda right, items, *more: right([*items][:1], *more))),
    _ran("twice as many seeds", REMEDIES, f"{CHAPTERS}.remedies.Prose",
         _saying("prose.remedies.initial", seeds=lambda seeds: 2 * seeds)),
    _ran("another row of the table on truncation", REMEDIES, f"{CHAPTERS}.remedies.SPANS",
         lambda spans: (*spans[:-2], spans[-1], spans[-2]), r"prose.remedies.compare"),
    _ran("a rest of more steps", PROOFS, f"{CHAPTERS}.proofs.Prose",
         _saying("prose.proofs.resting", steps=lambda steps: steps + 5)),
    _ran("a norm three times as large", PROOFS, f"{CHAPTERS}.proofs.Prose",
         _saying("prose.proofs.doubling", size=_times(3))),
    _ran("a doubling of fewer steps", PROOFS, f"{CHAPTERS}.proofs.Prose",
         _saying("prose.proofs.doubling", steps=lambda steps: steps - 1)),
    _ran("a map of more seeds", MAPS, f"{CHAPTERS}.landscape.Prose",
         _saying("prose.landscape.map", seeds=lambda seeds: seeds + 1)),
    # Under what a sentence is said
    _made("a sentence on inactive units of any network", "elman-1",
          "derive.document.conditions._flatten", _conditions("prose.activation.inactive"), RESTS),
    _made("a sentence on one-sided units of any network", "elman-1",
          "derive.document.conditions._flatten", _conditions("prose.activation.one_sided"), RESTS),
    _made("a true sentence that is said of fewer networks", "elman-1",
          "derive.document.conditions._flatten",
          _conditions("prose.direct.past", "inputs-reach", "feedback"), RESTS),
    _made("a condition that is turned round", "elman-1", "derive.document.conditions._flatten",
          _conditions("prose.flow.not_tanh", "{radius} < 1", "{norm} > 1"), RESTS),
    # A network of a user's
    _ran("meanings that are exchanged", TIED, f"{CHAPTERS}.network._together", _rows(_exchanged),
         r"and its file says"),
    _ran("all quantities of the same meaning", TIED, f"{CHAPTERS}.network._together",
         _rows(_all_called), r"and its file says"),
    _ran("meanings that are left out", TIED, f"{CHAPTERS}.network._together", _rows(_unnamed),
         r"and its file says"),
    _ran("a mean that is told as given weights", f"{TIED} --loss mean",
         "derive.chapters.facts.facts.FACTS[weights-given]",
         constant(lambda f: f.cell.weight is not None), r"'weights-given' is True of tied"),
    _ran("a mean that is told as a sum", f"{TWO} --loss mean",
         "derive.chapters.facts.facts.FACTS[plain-sum]", constant(lambda f: True),
         r"'plain-sum' is True of tied"),
    _ran("a user's network without its scalar case", TIED, f"{CHAPTERS}.scalar.can_be_scalar",
         constant(lambda cell: False), r"lacks the section scalar"),
    _ran("a user's network without its example", TIED, f"{CHAPTERS}.example.fits",
         constant(lambda trace: False), r"lacks the section example"),
    # What must be proved
    _ran("a proof of parameters only", OPEN, "derive.checks.proof._claims",
          _claims(lambda gradient: isinstance(gradient.den, Parameter)), PROVED),
    _ran("a proof without initial states", OPEN, "derive.checks.proof._claims",
          _claims(lambda gradient: not (isinstance(gradient.den, At) and gradient.den.indices[0] == 0)),
          PROVED),
    _ran("a proof without the last parameter", OPEN, "derive.checks.proof._claims",
          _claims(lambda gradient: getattr(gradient.den, "name", "") != "V"),
          rf"{PROVED}|the proof does not refuse what is false"),
    # In which colour a step stands
    _made("colours of an example from the last step on", "elman-2",
          f"{CHAPTERS}.example.RoundedNumbers.rounded", _tinted(lambda step: 3 - step), TINTS),
    _made("one colour for all steps of an example", "elman-2",
          f"{CHAPTERS}.example.RoundedNumbers.rounded", _tinted(lambda step: 1), TINTS),
    _made("numbers of an example without a colour", "elman-2",
          f"{CHAPTERS}.example.RoundedNumbers.rounded", _tinted(lambda step: None), TINTS),
)  # fmt: skip
