"""What a document says of itself: its network, its numbers, how much of it was checked."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from derive.cells.cell import CellText
from derive.chapters.handout import Handout
from derive.checks.verify import TOLERANCE
from derive.document.blocks import (
    Algorithm,
    Block,
    Display,
    Document,
    FigureBlock,
    Heading,
    Prose,
    TableBlock,
)
from derive.document.text import Number, Text
from derive.errors import CheckError
from derive.render.page.numbering import Numbering
from derive.typesetting.notation import Notation

_CHECKED = (
    "prose.checks.line", "prose.checks.intro", "prose.checks.line_nonzero",
    "prose.checks.intro_nonzero", "prose.audit.checks", "prose.flow.checks",
)  # fmt: skip


def require_told(handout: Handout, network: tuple[str, int] | None) -> None:
    """Raise a `CheckError` if a title names another network, or a sentence counts other checks."""
    document = handout.document
    title = document.title
    if network is not None and isinstance(title, Text) and title.key == "document.title":
        name, steps = title.values["cell"], title.values["T"]
        called = _called(handout, network[0])
        own = name == (Text(f"cell.{network[0]}") if called is None else called)
        if steps != network[1] or not own:
            raise _untrue(document, f"the title is of {name} for T = {steps}")
    wanted: Mapping[str, object] = {
        "count": len(document.displays()), "seed": handout.report.seed,
        "tolerance": Number(TOLERANCE, 1),
    }  # fmt: skip
    for block in document.blocks:
        if isinstance(block, Prose) and block.key in _CHECKED:
            for key, value in wanted.items():
                if key in block.values and block.values[key] != value:
                    raise _untrue(document, f"the {key} of its checks is {value}")


def _called(handout: Handout, network: str) -> str | None:
    """Return what the author of a network calls it, as his file says; None of one that ships."""
    for id, checker in handout.report.checkers.items():
        derivation = getattr(checker, "derivation", None)
        if id.startswith(f"{network}-forward-") and derivation is not None:
            written: CellText | None = derivation.cell.written
            if written is not None:
                file = tomllib.loads(written.toml)
                return str(file.get("title") or file.get("name") or Path(written.path).stem)
    return None


def source_of_cell(handout: Handout) -> Any:
    """Return what checked the equations of the network, where the document is about one."""
    checkers = handout.report.checkers
    sources = (checkers.get(e.id) for e in handout.document.equations())
    return next((s for s in sources if getattr(s, "derivation", None)), None)


def require_counted(document: Document, labels: Numbering) -> None:
    """Raise a `CheckError` unless what is numbered is counted from 1 on, each kind by itself."""
    counts = dict.fromkeys(("equation", "figure", "table", "algorithm"), 0)
    chapter = section = 0
    for kind, id, level in _numbered(document):
        if kind == "section":
            chapter, section = (chapter + 1, 0) if level == 1 else (chapter, section + 1)
            wanted = str(chapter) if level == 1 else f"{chapter}.{section}"
        else:
            counts[kind] += 1
            wanted = str(counts[kind])
        if (labels[id].kind, labels[id].number) != (kind, wanted):
            raise _untrue(document, f"the {kind} {id} has the number {wanted}")


def require_headed(
    handout: Handout,
    notation: Notation,
    content: Mapping[str, Any],
    network: tuple[str, int] | None,
) -> None:
    """Raise a `CheckError` unless a manifest says of which document it is, and how that was made."""
    document = handout.document
    wanted = {
        "document": document.id, "seed": handout.report.seed, "language": document.language,
        "notation": notation.name, "cell": network and network[0], "steps": network and network[1],
    }  # fmt: skip
    for key, value in wanted.items():
        if content.get(key) != value:
            raise _untrue(document, f"the {key} in its manifest is {value}")
    for entry, equation in zip(content["equations"], document.equations(), strict=True):
        step = equation.step
        found = [entry["rule"], entry["uses"], entry["assumptions"]]
        if found != [step.rule, [*step.uses], [*equation.assumes]]:
            raise _untrue(document, f"{equation.id} was derived by {step.rule}")


def _numbered(document: Document) -> Iterator[tuple[str, str, int]]:
    """Yield the kinds and ids of what has a number, in order, and the levels of headings."""
    for block in document.blocks:
        if isinstance(block, Heading):
            yield "section", block.id, block.level
        elif isinstance(block, Display):
            yield "equation", block.equation.id, 0
        elif isinstance(block, FigureBlock | TableBlock | Algorithm):
            yield _kind(block), block.id, 0
        if isinstance(block, Algorithm):
            for line in block.lines:
                if line.equation is not None:
                    yield "equation", line.equation.id, 0


def _kind(block: Block) -> str:
    if isinstance(block, FigureBlock):
        return "figure"
    return "table" if isinstance(block, TableBlock) else "algorithm"


def _untrue(document: Document, problem: str) -> CheckError:
    return CheckError(
        f"the document says of itself what is not so: {document.id}: {problem}, and another is "
        "written. Nothing is written; correct what fills it"
    )
