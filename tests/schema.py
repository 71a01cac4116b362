"""As much of JSON schema as the project's schemas use; any other keyword is an error."""

from __future__ import annotations

import re
from typing import Any

TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
}
WORDS = {"$schema", "title", "description"}


def violations(value: Any, schema: dict[str, Any], where: str = "$") -> list[str]:
    """Return what in ``value`` does not follow ``schema``; a KeyError for an unknown keyword."""
    found: list[str] = []
    for keyword, wanted in schema.items():
        if keyword in WORDS:
            continue
        found += [f"{where}: {text}" for text in KEYWORDS[keyword](value, wanted, schema)]
    if isinstance(value, dict):
        known = schema.get("properties", {})
        for name, inner in value.items():
            if name in known:
                found += violations(inner, known[name], f"{where}.{name}")
    if isinstance(value, list) and "items" in schema:
        for i, inner in enumerate(value):
            found += violations(inner, schema["items"], f"{where}[{i}]")
    return found


def _type(value: Any, wanted: str, schema: dict[str, Any]) -> list[str]:
    right = isinstance(value, TYPES[wanted]) and not isinstance(value, bool)
    return [] if right else [f"{value!r} is not of type {wanted}"]


def _extra(value: Any, allowed: bool, schema: dict[str, Any]) -> list[str]:
    extra = (
        []
        if allowed or not isinstance(value, dict)
        else sorted(value.keys() - schema["properties"])
    )
    return [f"unknown {name!r}" for name in extra]


def _pattern(value: Any, wanted: str, schema: dict[str, Any]) -> list[str]:
    return [] if re.search(wanted, value) else [f"{value!r} does not match {wanted}"]


KEYWORDS: dict[str, Any] = {
    "type": _type,
    "additionalProperties": _extra,
    "pattern": _pattern,
    "required": lambda v, wanted, s: [f"no {name!r}" for name in wanted if name not in v],
    "const": lambda v, wanted, s: (
        [] if v == wanted and type(v) is type(wanted) else [f"{v!r} is not {wanted!r}"]
    ),
    "enum": lambda v, wanted, s: [] if v in wanted else [f"{v!r} is none of {wanted}"],
    "minimum": lambda v, wanted, s: [] if v >= wanted else [f"{v} is less than {wanted}"],
    "properties": lambda v, wanted, s: [],
    "items": lambda v, wanted, s: [],
}
