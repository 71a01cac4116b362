"""The manifest read back: its formulas, and what it says of them and of their checks."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from derive.chapters.handout import Handout
from derive.checks.recount import require_recounted
from derive.checks.verify import Check
from derive.errors import CheckError, shown
from derive.expressions.equation import Equation, Kind, Step
from derive.publishing.shown import ShownEquations
from derive.reading.indices import KNOWN, index_of
from derive.reading.tokens import TexToken
from derive.render.page.numbering import number
from derive.typesetting.notation import Notation

_BOUND = re.compile(r"(?P<sign>[<>]) 1e(?P<power>-?\d+)")

READ_AT = 1.0000001
"""How much a bound may be missed by the rounding of a power of ten."""


def require_recorded(handout: Handout, notation: Notation, content: Mapping[str, Any]) -> None:
    """Raise a `CheckError` unless a manifest says of each equation what is displayed and was checked."""
    document, checks = handout.document, {check.id: check for check in handout.report.checks}
    labels, equations = number(document), document.equations()
    entries = content["equations"]
    if [entry["id"] for entry in entries] != [equation.id for equation in equations]:
        raise _failed(document.id, "it does not name the equations of the document in their order")
    for equation, entry in zip(equations, entries, strict=True):
        reader = ShownEquations(handout.report.checkers[equation.id], notation)
        reader.require(equation, entry["tex"], "latex")
        reader.require(equation, entry["text"], "plain")
        checker = handout.report.checkers[equation.id]
        require_recounted(equation, checks[equation.id], checker, entry["text"])
        if entry["number"] != labels[equation.id].number:
            raise _failed(equation.id, f"{labels[equation.id].number} is its number")
        for problem in (*_indices(equation, entry), *_check(checks[equation.id], entry)):
            raise _failed(equation.id, problem)
    _require_proofs(handout, notation, content.get("proofs", []))


def _require_proofs(
    handout: Handout, notation: Notation, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Raise a `CheckError` unless rows tell of what was proved, each of its own gradient."""
    made = [(proof, one) for proof in handout.report.proofs for one in proof.proved]
    if len(rows) != len(made):
        raise _failed("proofs", f"{len(made)} gradients were proved, {len(rows)} are written")
    source = next(iter(handout.report.checkers.values()))
    for row, (proof, one) in zip(rows, made, strict=True):
        step = Step("proof", (one.gradient,))
        equation = Equation(one.id, Kind.IDENTITY, (one.gradient, one.gradient), step)
        text = row["gradient"]
        ShownEquations(source, notation).require(equation, f"{text} = {text}", "plain")
        sizes = {str(symbol): size for symbol, size in proof.sizes.items()}
        for key, wanted in (
            ("steps", proof.steps), ("sizes", sizes), ("entries", one.entries),
            ("nonzero", one.nonzero),
        ):  # fmt: skip
            if row[key] != wanted:
                raise _failed(one.id, f"{key} of its proof are {wanted}, {row[key]} is written")


def _words(text: str) -> list[TexToken]:
    """Return the words of an index in the manifest, where a size such as ``n_s`` is one word."""
    found = re.finditer(r"[^\W\d]\w*|\d+|\S", text)
    kinds = ((m[0], "number" if m[0].isdigit() else "letter", m.start()) for m in found)
    return [TexToken(kind if word[0].isalnum() else "sign", word, at) for word, kind, at in kinds]


def _indices(equation: Equation, entry: Mapping[str, Any]) -> Iterator[str]:
    wanted = [(index.symbol, index.low, index.high) for index in equation.free]
    # The bounds of components are sizes, whose letters are their own.
    symbols = {symbol for index in wanted for part in index for symbol in part.free_symbols}
    known = {**KNOWN, **{str(symbol): symbol for symbol in symbols}}
    found = [
        tuple(index_of(_words(row[key]), known) for key in ("symbol", "from", "to"))
        for row in entry["indices"]
    ]
    if found != wanted:
        yield f"its indices are {shown(wanted, 200)}, {shown(entry['indices'], 200)} is written"


def _check(check: Check, entry: Mapping[str, Any]) -> Iterator[str]:
    said = entry["check"]
    for key, wanted in (
        ("passed", check.passed), ("places", check.count), ("method", check.method),
    ):  # fmt: skip
        if said[key] != wanted:
            yield f"its check has the {key} {wanted}, {said[key]} is written"
    if entry["kind"] != check.kind.name.lower():
        yield f"it is a {check.kind.name.lower()}, {entry['kind']} is written"
    found = _BOUND.fullmatch(said["bound"])
    if found is None:
        if said["bound"] != "unbounded" or check.kind is not Kind.REFUTED:
            yield f"no bound is written in '{said['bound']}'"
        return
    limit = float(f"1e{found['power']}")
    above = found["sign"] == ">"
    # A claim that something is not 0 is refuted by an error of 0, which has no bound from below.
    if above != (check.kind is Kind.REFUTED and check.error != 0):
        yield f"the bound {said['bound']} is on the wrong side"
    error = check.error
    if not (error * READ_AT > limit if above else error < limit * READ_AT):
        yield f"the error {error:.3g} is not {said['bound']}"


def require_digests(folder: Path, itself: str, content: Mapping[str, Any], out: Path) -> str:
    """Return the digest of a record that is of a content and of all files that stand in a folder.

    A `CheckError` for any other.

    It is read as it was written, and all digests are computed anew, that of the record too.  A file
    that is named and does not stand there must be one of an earlier format, which stands in ``out``
    and was named there before.
    """
    raw = (folder / itself).read_bytes()
    data = json.loads(raw)
    seal = data.pop("sha256")
    bare = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    if seal != hashlib.sha256(bare.encode("utf-8")).hexdigest():
        raise _failed(itself, "its own digest is another")
    _require_form({**data, "sha256": seal}, _schema(), itself)
    rows = {row["name"]: row for row in data["files"]}
    if [row["name"] for row in data["files"]] != sorted(rows):
        raise _failed(itself, "its files are not named once each, in their order")
    for key in (data.keys() | content.keys()) - {"files"}:
        # What was read back is what is written: nothing was changed on the way into the file.
        if data.get(key) != json.loads(json.dumps(content.get(key))):
            raise _failed(itself, f"its {key} is another than was read back")
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or name == itself:
            continue
        row = rows.pop(name, {})
        if row.get("sha256") != hashlib.sha256(path.read_bytes()).hexdigest():
            raise _failed(name, f"it has another digest than {row.get('sha256')}")
        if row["format"] != _format(name, str(data["document"])):
            raise _failed(name, f"its format is not {row['format']}")
        if row.get("typesetter") != (made_by := _typesetter(path)):
            raise _failed(name, f"it was made by {made_by}, not by {row.get('typesetter')}")
    for name, row in rows.items():
        if row not in _named_before(out / itself) or not (out / name).exists():
            raise _failed(name, "no such file was written, now or before")
    return hashlib.sha256(raw).hexdigest()


_BY_TYPST = re.compile(rb"/Creator\(Typst [\d.]+\)")


def _typesetter(path: Path) -> str | None:
    """Return what a PDF says that it was made by; None for other files."""
    if path.suffix != ".pdf":
        return None
    return "typst" if _BY_TYPST.search(path.read_bytes()) else "tex"


def _named_before(path: Path) -> list[Any]:
    """Return the files that the record in place names, each as it stands there; none without one."""
    found: list[Any] = json.loads(path.read_bytes())["files"] if path.is_file() else []
    return found


FORMATS = {
    "-equations/": "markdown", "-sections/": "markdown", "-preamble.tex": "markdown",
    "-figures/": "markdown", ".md": "markdown", "-tex/": "latex", ".pdf": "pdf",
    ".html": "html",
}  # fmt: skip
"""The format of a file, by how its name goes on behind the id of its document.

Pieces are one set, which the next one replaces, whatever their dialect.
"""


def _format(name: str, document: str) -> str:
    behind = name.removeprefix(document)
    return next((form for mark, form in FORMATS.items() if behind.startswith(mark)), "")


@cache
def _schema() -> dict[str, Any]:
    path = Path(__file__).with_name("manifest.schema.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


_TYPES = {"object": dict, "array": list, "string": str, "integer": int}


def _require_form(value: Any, schema: Mapping[str, Any], place: str) -> None:
    """Raise a `CheckError` unless a value has the keys, types and constants of its schema."""
    if "const" in schema and value != schema["const"]:
        raise _failed(place, f"{schema['const']} is expected, {shown(value)} is written")
    if "enum" in schema and value not in schema["enum"]:
        raise _failed(place, f"{shown(value)} is none of {', '.join(schema['enum'])}")
    if "type" in schema and not isinstance(value, _TYPES[schema["type"]]):
        raise _failed(place, f"{shown(value)} is no {schema['type']}")
    if isinstance(value, list):
        for n, inner in enumerate(value):
            _require_form(inner, schema["items"], f"{place}[{n}]")
    if isinstance(value, dict):
        known = schema.get("properties", dict.fromkeys(value, schema.get("additionalProperties")))
        if missing := {*schema.get("required", ())} - value.keys():
            raise _failed(place, f"it has no {', '.join(sorted(missing))}")
        for key, inner in value.items():
            if key not in known:
                raise _failed(place, f"{shown(key)} is nothing that stands in a manifest")
            _require_form(inner, known[key], f"{place}.{key}")


def require_marked(text: str) -> None:
    """Raise a `CheckError` unless the mark at the end of a text has the digest of the lines above."""
    above, last = text.rstrip("\n").rsplit("\n", 1)
    digest = hashlib.sha256(f"{above}\n".encode()).hexdigest()
    if not digest.startswith(last.rsplit(" ", 1)[1]) or len(last.rsplit(" ", 1)[1]) < 40:
        raise _failed("the code", "the digest in its last line is that of other lines")


def _failed(what: str, problem: str) -> CheckError:
    return CheckError(
        f"the manifest does not say of {what} what was checked: {problem}. Nothing is written; "
        "correct what makes the manifest"
    )
