"""What a document owes: what must stand in it, as data beside the sentences.

``templates/owed.toml`` has a table for each kind of thing that may stand: sections, figures and
tables by their ids, sentences by their keys, equations by their ids.  Each entry lists under which
conditions it is owed, in the words of `derive.document.conditions`.  A name may have ``|`` between
alternatives, of which one is owed.  A ``{domain}`` in an id, or ``each domain`` behind a key, stands
for every member of a domain, such as each parameter; a condition may be about that member.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from derive.document.conditions import Condition, parse
from derive.errors import RenderError
from derive.resources import templates_root

FILE = "owed.toml"

KINDS = ("sections", "figures", "sentences", "equations")

_DOMAIN = re.compile(r"\{(\w+)\}")
_EACH = re.compile(r"(.*) each (\w+)")


@dataclass(frozen=True)
class Debt:
    """One entry: what is owed, of which there may be alternatives, and under which conditions.

    ``domains`` are those whose members it is owed for, one by one.
    """

    kind: str
    text: str
    alternatives: tuple[str, ...]
    domains: tuple[str, ...]
    conditions: tuple[Condition, ...]


def load(root: Path | None = None) -> tuple[Debt, ...]:
    """Return all that documents owe, in the order of the file."""
    return _load((root or templates_root()) / FILE)


@cache
def _load(path: Path) -> tuple[Debt, ...]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RenderError(f"{path}: cannot be read as TOML in UTF-8: {error}") from error
    return tuple(_debts(tables, path))


def _debts(tables: Mapping[str, object], path: Path) -> Iterator[Debt]:
    for kind, entries in tables.items():
        if kind not in KINDS or not isinstance(entries, dict):
            raise RenderError(f"{path}: {kind!r} is none of the tables {', '.join(KINDS)}")
        for text, wanted in entries.items():
            if not isinstance(wanted, list) or not all(isinstance(one, str) for one in wanted):
                raise RenderError(f"{path}: {text!r} is {wanted!r}; expected a list of conditions")
            conditions = tuple(parse(one, f"{path}: {text}") for one in wanted)
            yield _debt(kind, text, conditions)


def _debt(kind: str, text: str, conditions: tuple[Condition, ...]) -> Debt:
    found = _EACH.fullmatch(text)
    names = found[1] if found else text
    domains = (found[2],) if found else tuple(dict.fromkeys(_DOMAIN.findall(text)))
    return Debt(kind, text, tuple(names.split(" | ")), domains, conditions)
