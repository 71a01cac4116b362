"""Notations: how the quantities of a cell are written, one TOML file each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from derive.errors import RenderError, UsageError
from derive.resources import templates_root
from derive.suggest import suggestion


@dataclass(frozen=True)
class Notation:
    """Symbols by the name of the quantity, for LaTeX, for plain text and for Typst."""

    name: str
    title: str
    symbols: Mapping[str, str]
    plain: Mapping[str, str]
    typst: Mapping[str, str] = field(default_factory=dict)


def names() -> list[str]:
    """Return the names of the notations that ship."""
    return sorted(path.stem for path in (templates_root() / "notation").glob("*.toml"))


@cache
def load(name: str = "source") -> Notation:
    """Return a notation by name; an unknown one is a `UsageError`."""
    if name not in names():
        raise UsageError(f"unknown notation {name!r}: {suggestion(name, names())}")
    path = templates_root() / "notation" / f"{name}.toml"
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    for key in ("title", "symbols", "plain", "typst"):
        if key not in data:
            raise RenderError(f"notation {path.name}: {key!r} is missing; see source.toml")
    named = [set(data[key]) for key in ("symbols", "plain", "typst")]
    missing = set.union(*named) - set.intersection(*named)
    if missing:
        raise RenderError(
            f"notation {path.name}: {', '.join(sorted(missing))} must stand in all of [symbols], "
            "[plain] and [typst]"
        )
    return Notation(name, data["title"], data["symbols"], data["plain"], data["typst"])
