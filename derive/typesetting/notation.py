"""Notations: how the quantities of a cell are written, one TOML file each."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from unicodedata import lookup, normalize

from derive.errors import CheckError, RenderError, UsageError
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


ACCENTS = {
    "hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "widetilde": "\u0303",
    "bar": "\u0304", "overline": "\u0304", "macron": "\u0304", "dot": "\u0307",
}  # fmt: skip
"""Accents by their names in TeX and in Typst, as signs that stand behind a letter."""

_COMMAND = re.compile(r"\\([A-Za-z]+)(?:\{(.+)\})?")
_CALL = re.compile(r"([a-z]+)\((.+)\)")


def require_alike(notation: Notation) -> None:
    """Raise a `CheckError` unless a quantity has one letter in TeX, in plain text and in Typst."""
    tables = (notation.symbols, notation.plain, notation.typst)
    for name in {**notation.symbols, **notation.plain, **notation.typst}:
        written = [table[name] for table in tables if name in table]
        if len({spelled(one) for one in written}) > 1:
            raise CheckError(
                f"the notation {notation.name} has more than one letter for {name}: "
                f"{', '.join(written)}. Nothing is printed; correct its file, or what reads it"
            )


def spelled(text: str) -> str:
    """Return a letter with its accents, whichever of the three ways it is written in."""
    command, call = _COMMAND.fullmatch(text), _CALL.fullmatch(text)
    if command is not None and command[2] is None:
        word = {"lambda": "lamda"}.get(command[1].lower(), command[1])
        size = "CAPITAL" if command[1][0].isupper() else "SMALL"
        try:
            return lookup(f"GREEK {size} LETTER {word}")
        except KeyError:
            return text
    accented = command or call
    if accented is not None and accented[1] in ACCENTS:
        return normalize("NFD", spelled(accented[2]) + ACCENTS[accented[1]])
    return normalize("NFD", text)
