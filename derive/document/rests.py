"""On what sentences rest, stated a second time: by fact, where the conditions are by sentence.

``templates/rests.toml`` lists under ``holds`` and ``fails``, for each fact or comparison, the sentences
that are said only where it holds, or only where it doesn't; and under ``always`` those that are true of
every network. A condition that is changed in one of the two files is refused.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from derive.errors import RenderError

FILE = "rests.toml"


def require_same(found: Mapping[str, set[str]], path: Path) -> None:
    """Raise a `RenderError` for a sentence that has other conditions than it rests on here."""
    stated = _stated(path)
    for key in (*found, *stated):
        if found.get(key) != stated.get(key):
            raise RenderError(
                f"{path}: {key!r} rests on {_listed(stated.get(key))}, and {path.parent.name}/"
                f"conditions.toml has {_listed(found.get(key))} for it. Nothing is said; correct the "
                "one that is wrong"
            )


def _stated(path: Path) -> Mapping[str, set[str]]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RenderError(f"{path}: cannot be read as TOML in UTF-8: {error}") from error
    stated: dict[str, set[str]] = {}
    for text, key in _rows(tables, path):
        stated.setdefault(key, set()).update([text] if text else [])
    return stated


def _rows(tables: Mapping[str, object], path: Path) -> Iterator[tuple[str, str]]:
    """Yield each condition, and a sentence that has it; no condition for what is always true."""
    for before, name in (("", "holds"), ("not ", "fails")):
        table = tables.get(name)
        if not isinstance(table, dict):
            raise RenderError(f"{path}: expected a table {name}")
        yield from ((before + fact, key) for fact, keys in table.items() for key in keys)
    always = tables.get("always")
    yield from (("", key) for key in (always.get("keys", []) if isinstance(always, dict) else []))


def _listed(conditions: set[str] | None) -> str:
    if conditions is None:
        return "nothing that is written"
    return ", ".join(sorted(conditions)) or "nothing, as it is always true"
