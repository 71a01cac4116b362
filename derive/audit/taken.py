"""What is told of claims against their file, which is read a second time for it.

Every word, formula and number of a claim must be that of its own row: nothing is looked up, and what
the file leaves out is written here once more.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from derive.audit.claims import Claim, Claims, Formula
from derive.audit.data import Data
from derive.errors import CheckError
from derive.resources import templates_root

WORDS = ("says", "explanation", "condition")
OPTIONS = ("activation", "output_layer", "bias", "loss")
LEFT_OUT = {
    "cell": "elman", "T": 3, "start": "both", "targets": "sum-to-one", "scales": {},
    "experiment": None, "scalar": False,
}  # fmt: skip
"""What the data of a claim are where nothing else is said."""


def require_taken(claims: Claims) -> None:
    """Raise a `CheckError` unless claims are those of their file, each with what its row says."""
    file = file_of(claims)
    rows = file.get("claim", [])
    if claims.source is not None and "source" in file and claims.source != file["source"]:
        raise _unlike(claims.name, "the source", claims.source, file["source"])
    if [claim.id for claim in claims.claims] != [row["id"] for row in rows]:
        raise _unlike(claims.name, "the ids", [c.id for c in claims.claims], "those of the file")
    for claim, row in zip(claims.claims, rows, strict=True):
        for what, found, wanted in _compared(claim, row, file):
            if not _same(found, wanted):
                raise _unlike(claim.id, what, found, wanted)


def file_of(claims: Claims) -> dict[str, Any]:
    """Return the file of claims, read a second time."""
    text = claims.content
    if claims.source is None:
        text = (templates_root() / "claims" / f"{claims.name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def data_of(row: Mapping[str, Any], file: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the row of a claim, or else its file, says of the data of a claim."""
    return {**file.get("defaults", {}), **{key: row[key] for key in _DATA if key in row}}


def _compared(
    claim: Claim, row: Mapping[str, Any], file: Mapping[str, Any]
) -> Iterator[tuple[str, Any, Any]]:
    """Yield what is told of a claim, under its name, with what its row says."""
    for key in ("place", "kind", "quote"):
        yield key, getattr(claim, key), row.get(key, "")
    text = file["texts"][row["text"]] if "text" in row else None
    for key in ("title", "by", "link"):
        own = None if claim.text is None else getattr(claim.text, key)
        yield f"the {key} of its text", own, None if text is None else text.get(key, "")
    yield "its words", dict(claim.words), {key: row[key] for key in WORDS if key in row}
    where = row.get("where", {})
    yield "its further names", {n: said for n, (said, _) in claim.where.items()}, where
    ranges = row.get("for", "")
    yield from _formula("written", claim.written, row.get("written"), ranges, where)
    yield from _formula("right", claim.right, row.get("right"), row.get("right-for", ranges), where)
    yield "whether that holds here only", claim.right_here, row.get("right-here", False)
    readings = row.get("reading", [])
    named = [(one.name, one.words) for one in claim.readings]
    yield "its readings", named, [(one["name"], one.get("words")) for one in readings]
    for one, said in zip(claim.readings, readings, strict=False):
        yield from _formula(one.name, one.formula, said["written"], ranges, where)
    data = data_of(row, file)
    yield from _data("data", claim.data, data)
    if ("when" in row) != (claim.when is not None):
        yield "the data of its condition", claim.when, row.get("when")
    elif claim.when is not None:
        yield from _data("condition", claim.when, {**data, **row["when"]})


_DATA = (*LEFT_OUT, *OPTIONS, "numbers")


def _formula(
    name: str, found: Formula | None, text: str | None, ranges: str, where: Mapping[str, str]
) -> Iterator[tuple[str, Any, Any]]:
    yield f"the formula {name}", None if found is None else found.text, text
    if found is not None:
        yield f"the indices of {name}", found.ranges, ranges
        yield f"the names in {name}", {n: said for n, (said, _) in found.where.items()}, where


def _data(name: str, found: Data, said: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for key, default in LEFT_OUT.items():
        yield f"{key} of its {name}", getattr(found, key), said.get(key, default)
    options = {key: said[key] for key in OPTIONS if key in said}
    yield f"the options of its {name}", dict(found.options), options
    numbers = said.get("numbers", {})
    yield f"the names of the numbers of its {name}", sorted(found.numbers), sorted(numbers)
    for key, array in found.numbers.items():
        yield f"{key} of its {name}", np.asarray(array), np.asarray(numbers.get(key))


def _same(found: Any, wanted: Any) -> bool:
    if isinstance(found, np.ndarray):
        return bool(np.array_equal(found, wanted))
    if isinstance(found, Mapping):
        return dict(found) == dict(wanted)
    return bool(found == wanted)


def _unlike(claim: str, what: str, found: object, wanted: object) -> CheckError:
    return CheckError(
        f"what is told of the claim {claim} is not what its file says: {what} is {found!r}, where it "
        f"is {wanted!r}. Nothing is printed or written; please report it"
    )
