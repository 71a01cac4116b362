"""What is meant where it is told what is proved for every size: told by the lines of the checker."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from derive.chapters.meant.network import TOTAL
from derive.chapters.meant.place import Occurrence, Subject
from derive.chapters.meant.rules import Meanings, MeantRule, is_number, letter, to
from derive.document.blocks import Display, Heading, TableBlock, displays
from derive.document.text import Code, Ref, Text, Value
from derive.expressions.derivatives import Partial
from derive.expressions.equation import Equation
from derive.expressions.quantities import At, T, k, t
from derive.expressions.sums import OrderedProduct, TimeSum
from derive.proving.general import GeneralProof
from derive.typesetting.printing import tex

_REFUSED = re.compile(r"(?:refused|no rule) (\S+): .*")
_COUNTED = re.compile(r"(\d+) of (\d+) statements proved, .*")


def unproved(made: GeneralProof) -> set[str]:
    """Return the ids that the checker named, in the lines as it wrote them."""
    named = map(_REFUSED.fullmatch, made.verdict.said)
    return {row[1] for row in named if row is not None}


def counted(made: GeneralProof) -> tuple[int, int]:
    """Return how many statements were proved, and how many there are, as the checker wrote it."""
    (found,) = filter(None, map(_COUNTED.fullmatch, made.verdict.said))
    return int(found[1]), int(found[2])


def is_stated(made: GeneralProof, equation: Equation) -> bool:
    """Tell whether an equation is one of those that are stated, for the same indices."""
    known = (e for e in made.equations if f'"{equation.id}"' in made.text and e.id == equation.id)
    one = next(known, None)
    if one is None:
        return False
    same = {*one.assumes} == {*equation.assumes} and tuple(one.free) == tuple(equation.free)
    return same and tuple(one.sides) == tuple(equation.sides)


def _each(display: Display) -> list[Equation]:
    return [one.equation for one in display.instances] or [display.equation]


def meant_as_proved(made: GeneralProof, display: Display) -> bool:
    """Tell whether all that a display says is proved."""
    left = unproved(made)
    return all(is_stated(made, e) and e.id not in left for e in _each(display))


def in_spans(value: Value, order: list[str]) -> Iterator[str]:
    """Yield the ids of the equations that a list refers to, those between two ends included."""
    if isinstance(value, Ref):
        yield value.target
    elif isinstance(value, Text) and value.key == "list.span":
        first, last = (value.values[name] for name in ("first", "last"))
        assert isinstance(first, Ref)
        assert isinstance(last, Ref)
        yield from order[order.index(first.target) : order.index(last.target) + 1]
    elif isinstance(value, Text):
        for part in value.values.values():
            yield from in_spans(part, order)


def of_obligations(table: TableBlock, speaker: Subject) -> Iterator[str]:
    """Yield what is wrong with the table of what is proved: chapters, and their equations."""
    made = speaker.facts.general
    if made is None:
        yield "nothing was proved for every size"
        return
    order = list(speaker.displays)
    # A formula with a question mark on its sign does not hold, and is in no column.
    left = {id: d for id, d in speaker.displays.items() if "?" not in tex(d.equation)}
    chapters = _chapters(speaker)
    for where, about, proved, others in table.rows:
        heading = chapters.get(where.target) if isinstance(where, Ref) else None
        if heading is None or about != Text(heading.key, heading.values):
            yield f"{where} is no chapter called {about}"
            continue
        for value, wanted in ((proved, True), (others, False)):
            for id in in_spans(value, order):
                if id not in left or id not in _of_chapter(heading, speaker):
                    yield f"{id} stands twice in it, or in the row of another chapter"
                elif meant_as_proved(made, left.pop(id)) is not wanted:
                    yield f"{id} is said to be {'proved' if wanted else 'checked on numbers only'}"
    yield from (f"{id} is left out" for id in left)


def of_assumed(table: TableBlock, speaker: Subject) -> Iterator[str]:
    """Yield that the assumptions are not numbered from 1 on, or that one stands twice."""
    if [row[0] for row in table.rows] != list(range(1, len(table.rows) + 1)):
        yield "its rows are not numbered one after another"
    keys = [row[1].key for row in table.rows if isinstance(row[1], Text)]
    if len({*keys}) < len(table.rows):
        yield "an assumption stands twice"


def of_checks(table: TableBlock, speaker: Subject) -> Iterator[str]:
    """Yield which equations are said to be proved, in the table of all checks, and are not."""
    made, left = speaker.facts.general, set[str]()
    known = {e.id: e for e in speaker.equations}
    if made is not None:
        left = unproved(made)
    for _, id, _, method, *_ in table.rows:
        equation = known.get(id.text) if isinstance(id, Code) else None
        proved = (
            made is not None
            and equation is not None
            and equation.id not in left
            and is_stated(made, equation)
        )
        if not isinstance(method, Text) or (method.key == "method.proved") is not proved:
            yield f"{id} is said to be {'un' if proved else ''}proved"


def _chapters(speaker: Subject) -> Mapping[str, Heading]:
    found = (b for b in speaker.document.blocks if isinstance(b, Heading) and b.level == 1)
    return {heading.id: heading for heading in found}


def _of_chapter(chapter: Heading, speaker: Subject) -> set[str]:
    """Return the ids of what is displayed from a heading up to the next chapter."""
    found: set[str] = set()
    inside = False
    for block in speaker.document.blocks:
        if isinstance(block, Heading) and block.level == 1:
            inside = block == chapter
        found |= {d.equation.id for d in displays(block)} if inside else set()
    return found


# -- the placeholders


def _made(place: Occurrence) -> GeneralProof:
    found = place.facts.general
    assert found is not None, "the chapter stands where something was to be proved"
    return found


def _open(place: Occurrence, value: Value) -> bool:
    """Tell whether these are the equations on display that are stated and not proved."""
    wanted = _left_open(place.speaker)
    return bool(wanted) and list(in_spans(value, list(place.speaker.displays))) == wanted


def _left_open(speaker: Subject) -> list[str]:
    made = speaker.facts.general
    return [
        id
        for id, display in speaker.displays.items()
        if made is not None
        and all(is_stated(made, e) for e in _each(display))
        and not meant_as_proved(made, display)
    ]


def some_open(speaker: Subject) -> bool:
    """Tell whether an equation on display is stated and not proved."""
    return bool(_left_open(speaker))


def _command(place: Occurrence, value: Value) -> bool:
    """Tell whether a command names the network, or the file in which it stands."""
    if not isinstance(value, Code):
        return False
    words = value.text.replace("'", "").split(" ")
    written = place.cell.written
    name = place.cell.name if written is None else Path(written.path).name
    behind = ["--out", "certificate.json", "--checker", "checker.py"]
    return words[:2] == ["derive", "prove"] and words[2:] == [
        *name.replace("'", "").split(),
        *behind,
    ]


def _says(*sides: type) -> MeantRule:
    """Return the rule that an equation is of the derivative of the state by an earlier one."""

    def rule(place: Occurrence, value: Value) -> bool:
        s = place.cell.state if len(place.cell.states) == 1 else place.facts.derivation.shared.state
        if not isinstance(value, Equation) or len(value.sides) != 2:
            return False
        kinds = isinstance(value.right, OrderedProduct) == (OrderedProduct in sides)
        return value.left == Partial(s[t], s[k]) and kinds

    return rule


def _of_losses(place: Occurrence, value: Value) -> bool:
    """Tell whether an equation is about the sum of the losses from a step on."""
    if not isinstance(value, Equation) or not isinstance(value.left, TimeSum):
        return False
    read = {at.series for at in value.left.atoms(At)}
    weight = {place.cell.weight} if place.cell.weight is not None else set()
    return read == {place.cell.loss_series} | weight


ALGORITHM = to("backward")
STEPS_APART = {"k": letter(k), "t": letter(t)}

FOUND: Meanings = {
    "prose.checks.proved": {"section": to("general")},
    "prose.general.intro": {
        "proved": is_number(lambda place: counted(_made(place))[0]),
        "stated": is_number(lambda place: counted(_made(place))[1]),
        "T": letter(T),
        "table": to("obligations"),
    },
    "prose.general.real": {"section": to("network")},
    "prose.general.targets": {"target": lambda place, value: value == place.cell.target[t]},
    "prose.general.theorem": {
        "T": letter(T), "section": to("network"), "assumed": to("assumed"),
        "table": to("obligations"),
    },
    "prose.general.gradients": {"algorithm": ALGORITHM, "total": TOTAL},
    "prose.general.induction": {"T": letter(T)},
    "prose.general.states": {"chain": _says(), **STEPS_APART},
    "prose.general.product": {"product": _says(OrderedProduct), **STEPS_APART},
    "prose.general.adjoint": {"total": TOTAL, "algorithm": ALGORITHM},
    "prose.general.end": {"T": letter(T), "total": TOTAL, "algorithm": ALGORITHM},
    "prose.general.sums": {"split": _of_losses, "t": letter(t)},
    "prose.general.rest": {"table": to("obligations")},
    "prose.general.unproved": {"equations": _open},
    "prose.general.self": {
        "write": _command,
        "check": lambda place, value: value == Code("python3 -I checker.py certificate.json"),
    },
}  # fmt: skip
