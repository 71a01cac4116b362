"""Under what the sentences of a language may be said: data beside the sentences, read and judged.

``templates/conditions.toml`` nests like the files of sentences; for each sentence that claims
something it lists what must hold where it is said.  A condition is the name of a fact, with ``not``
before it or with placeholders of the sentence behind it whose values the fact is about, or a
comparison of numbers: ``several-steps``, ``not feedback``, ``first-zero {parameter}``, ``{norm} > 1``.
Each is stated a second time, by fact (`derive.document.rests`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from operator import eq, ge, gt, le, lt, ne
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from derive.document.blocks import Heading, Prose
from derive.document.rests import FILE as RESTS
from derive.document.rests import require_same
from derive.document.text import Bound, Number, Text
from derive.errors import CheckError, RenderError
from derive.resources import templates_root

if TYPE_CHECKING:
    from derive.document.blocks import Document
    from derive.document.text import Value

FILE = "conditions.toml"

_FACT = re.compile(r"(not )?(?!not\b)([a-z][a-z-]*)((?: \{\w+\})*)")
_COMPARISON = re.compile(r"\{(\w+)\} (<=|>=|<|>|=|!=) (?:\{(\w+)\}|(-?\d+(?:\.\d+)?))")
_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<": lt, "<=": le, ">": gt, ">=": ge, "=": eq, "!=": ne,
}  # fmt: skip


class Facts(Protocol):
    """What tells whether a fact holds, of a cell, its options, its horizon, or a run."""

    def holds(self, name: str, *about: Value) -> bool:
        """Tell whether a fact holds, of the values that it is about."""


class NoFacts:
    """The facts of a document about no network of its own: there are none."""

    def holds(self, name: str, *about: Value) -> bool:
        """Raise a `CheckError`: nothing here can tell."""
        raise CheckError(
            f"the fact {name!r} is asked for in a document that is about no one network"
        )


@dataclass(frozen=True)
class Condition:
    """What must hold where a sentence is said, as it is written.

    ``names`` are the placeholders whose values it is about; a comparison has an ``operator`` and
    either a second name or a ``number``.
    """

    text: str
    fact: str = ""
    names: tuple[str, ...] = ()
    negated: bool = False
    operator: str = ""
    number: float = 0.0

    def holds(self, values: Mapping[str, Value], facts: Facts) -> bool:
        """Tell whether it holds for a sentence with these values."""
        if not self.operator:
            about = [values[name] for name in self.names]
            return bool(facts.holds(self.fact, *about)) is not self.negated
        left, *right = (_number(values[name]) for name in self.names)
        found = _OPERATORS[self.operator](left, right[0] if right else self.number)
        # Of two NumPy numbers it is a NumPy truth, which is never `is` another.
        return bool(found) is not self.negated

    def opposite(self) -> Condition:
        """Return the condition that holds where this one doesn't."""
        return Condition(
            f"not ({self.text})",
            self.fact,
            self.names,
            not self.negated,
            self.operator,
            self.number,
        )


def parse(text: str, where: str) -> Condition:
    """Return a condition; a `RenderError` for what is none."""
    if found := _FACT.fullmatch(text):
        names = tuple(re.findall(r"\{(\w+)\}", found[3]))
        return Condition(text, found[2], names, negated=found[1] is not None)
    if found := _COMPARISON.fullmatch(text):
        left, operator, right, number = found.groups()
        names = (left,) if right is None else (left, right)
        return Condition(text, names=names, operator=operator, number=float(number or 0))
    raise RenderError(
        f"{where}: {text!r} is no condition; expected a fact with the values that it is about, such "
        "as `not first-zero {parameter}`, or a comparison, such as `{norm} > 1`"
    )


def load(root: Path | None = None) -> Mapping[str, tuple[Condition, ...]]:
    """Return the conditions of each sentence that has any, or that is known to need none."""
    return _load((root or templates_root()) / FILE)


@cache
def _load(path: Path) -> Mapping[str, tuple[Condition, ...]]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RenderError(f"{path}: cannot be read as TOML in UTF-8: {error}") from error
    found = dict(_flatten(tables, "", str(path)))
    texts = {key: {one.text for one in several} for key, several in found.items()}
    require_same(texts, path.with_name(RESTS))
    return found


def _flatten(
    table: Mapping[str, object], prefix: str, where: str
) -> Iterator[tuple[str, tuple[Condition, ...]]]:
    for name, value in table.items():
        key = prefix + name
        if isinstance(value, dict):
            yield from _flatten(value, f"{key}.", where)
        elif isinstance(value, list) and all(isinstance(text, str) for text in value):
            yield key, tuple(parse(text, f"{where}: {key}") for text in value)
        else:
            raise RenderError(f"{where}: {key!r} is {value!r}; expected a list of conditions")


def unmet(key: str, values: Mapping[str, Value], facts: Facts) -> list[Condition]:
    """Return the conditions of a sentence that don't hold for its values."""
    return [c for c in load().get(key, ()) if not c.holds(values, facts)]


Said = tuple[str, "Mapping[str, Value]"]


def said(part: object) -> Iterator[Said]:
    """Yield each sentence of a document, or of a part of one, with its values."""
    if isinstance(part, Prose | Heading | Text):
        yield part.key, part.values
        yield from said(tuple(part.values.values()))
    elif isinstance(part, tuple):
        for inner in part:
            yield from said(inner)
    elif not isinstance(part, type):
        kind: Any = type(part)
        for name in _fields(kind):
            yield from said(getattr(part, name))


@cache
def _fields(kind: Any) -> tuple[str, ...]:
    """Return the names of the fields of a dataclass, none of another class."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


def require_true(document: Document, facts: Facts) -> None:
    """Raise a `CheckError` for a sentence that is said where one of its conditions doesn't hold."""
    for key, values in said((document.title, document.blocks)):
        for condition in unmet(key, values, facts):
            raise CheckError(
                f"document {document.id} says {key!r}, which is said only where "
                f"`{condition.text}` holds, and it doesn't hold here. Nothing is written; correct "
                f"the chapter that says it, or its condition in {FILE}"
            )


def _number(value: Value) -> float:
    if isinstance(value, Number | Bound):
        return value.value
    if isinstance(value, int):
        return float(value)
    raise CheckError(f"{value!r} is compared in a condition: expected a number that was computed")
