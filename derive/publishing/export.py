"""A checked document in pieces, for the sources of somebody else's book or site."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from derive import record
from derive.chapters.handout import Handout
from derive.document.blocks import Document, FigureBlock
from derive.errors import CheckError
from derive.files import staging
from derive.progress import Progress
from derive.publishing.fixed import require_preamble
from derive.publishing.injective import require_injective
from derive.publishing.manifest import manifest
from derive.publishing.notated import require_notation
from derive.publishing.publish import Confirm, Published, Staged, placed, require_checked
from derive.publishing.readback import ReadBack
from derive.publishing.recorded import require_recorded
from derive.publishing.told import require_headed, require_told
from derive.reading.passage import Passage
from derive.render import latex
from derive.render.drawing.svg import svg
from derive.render.page.escaping import anchor, require_prefix
from derive.render.page.pieces import OPENING
from derive.render.tex import fragments as tex
from derive.render.text import fragments as markdown
from derive.render.text.dialects import dialect_named, dialects
from derive.render.text.source import lettering, plain, source
from derive.typesetting import notation as notations
from derive.typesetting.layout import PagePrinter
from derive.typesetting.notation import Notation

LATEX = "latex"
"""The dialect that is none of Markdown: fragments for LaTeX."""


def export_dialects() -> list[str]:
    """Return the names of all dialects that a document can be exported in."""
    return [*dialects(), LATEX]


def export(
    handout: Handout,
    dialect: str,
    out: Path,
    *,
    network: tuple[str, int],
    notation: str = "source",
    prefix: str = "",
    force: bool = False,
    inputs: Sequence[Path] = (),
    progress: Progress | None = None,
    confirm: Confirm | None = None,
) -> Published:
    """Write a file for each equation, section and figure, and the whole, with a manifest.

    ``prefix`` stands before the ids in all labels, but not in the names of files. All texts are read
    back as those of a handout. A file that is the same as before is not touched, so that a site builder
    has nothing to do. Errors as `derive.publishing.publish.publish`.
    """
    require_checked(handout)
    require_told(handout, network)
    require_prefix(prefix)
    handout = replace(handout, document=replace(handout.document, prefix=prefix))
    symbols = require_notation(notations.load(notation), notation)
    document = handout.document
    require_injective(document, symbols, network)
    say = progress or (lambda _: None)
    say(f"writing {dialect}")
    reading = ReadBack(handout, symbols, network[1], "common" if dialect == LATEX else dialect)
    pieces = _latex(handout, symbols) if dialect == LATEX else _markdown(handout, symbols, dialect)
    with staging(out) as stage:
        places = {name: stage.new / name for name in pieces.files}
        for name, text in pieces.files.items():
            places[name].parent.mkdir(parents=True, exist_ok=True)
            places[name].write_text(text, encoding="utf-8", newline="\n")
        # Read as they stand there, and put in place as they were read.
        read = reading.files.texts(places.values())
        files = {name: read[path] for name, path in places.items()}
        pieces.read(reading, anchor(prefix), files)
        entries = [
            record.Entry(name, "markdown", reading.files.digest(path))
            for name, path in places.items()
        ]
        content = manifest(handout, symbols, network)
        require_recorded(handout, symbols, content)
        require_headed(handout, symbols, content, network)
        if confirm is not None:
            confirm(Staged(handout, content, tuple(files), stage.new, out))
        placed(stage, document.id, content, entries, force=force, inputs=inputs, touch=False)
    shown = [*(out / name for name in sorted(files)), out / f"{document.id}.json"]
    return Published(tuple(shown), len(document.equations()), len(handout.report.checks))


_BEGIN = "\n\\begin{document}\n"


@dataclass(frozen=True)
class _Pieces:
    """The pieces of a document, by kind: texts by ids, drawings and the rest by names of files."""

    name: str
    ending: str
    equations: Mapping[str, str]
    sections: Mapping[str, str]
    figures: Mapping[str, str]
    others: Mapping[str, str]

    @property
    def files(self) -> dict[str, str]:
        """Return the texts by the names of their files."""
        kinds = {"equations": self.equations, "sections": self.sections}
        made = {
            f"{self.name}-{kind}/{anchor(id)}{self.ending}": text
            for kind, texts in kinds.items()
            for id, text in texts.items()
        }
        return {
            **made,
            **{f"{self.name}-figures/{name}": text for name, text in self.figures.items()},
            **{f"{self.name}{name}": text for name, text in self.others.items()},
        }

    def read(self, reading: ReadBack, prefix: str, files: Mapping[str, str]) -> None:
        """Read the texts of files back; a `CheckError` if one is not as it was checked.

        Each kind is read as one text, and a piece must be what its name says.
        """
        tex = self.ending == ".tex"
        # The preamble says what the colours are.
        head = files.get(f"{self.name}-preamble.tex", "") + _BEGIN if tex else ""
        kinds = {kind: _named(files, f"{self.name}-{kind}/") for kind in _KINDS}
        for id, text in kinds["equations"].items():
            _require_label(text, f"eq-{prefix}{id}", f"{self.name}-equations/{id}")
        for id, text in kinds["sections"].items():
            if id != OPENING:
                _require_label(text, f"sec-{prefix}{id}", f"{self.name}-sections/{id}")
        for found in _NUMBERS.finditer("".join(files.values())):
            reading.require_number(found["anchor"], found["number"])
        equations = Passage(head + "\n".join(kinds["equations"].values()), f"{self.name}-equations")
        reading.read_equations(equations, tex)
        sections = Passage(head + "\n".join(kinds["sections"].values()), f"{self.name}-sections")
        drawn = {Path(f"{id}.any"): text for id, text in kinds["figures"].items()}
        reading.read_drawings(drawn, tex)
        if tex:
            require_preamble(files[f"{self.name}-preamble.tex"])
            folder = rf"\derivefolder/{self.name}-figures"
            reading.read_latex(sections, list(drawn.values()), folder, pieces=True)
        else:
            folder = f"../{self.name}-figures"
            reading.read_markdown(sections, list(drawn.values()), folder, pieces=True)
            whole = Passage(files[f"{self.name}.md"], f"{self.name}.md")
            reading.read_markdown(whole, list(drawn.values()), f"{self.name}-figures")


_KINDS = ("equations", "sections", "figures")
_LABEL = re.compile(
    r"<a id=\"([^\"]*)\">|^\(([^)]*)\)=$|:label: (\S+)|\\label\{([^}]*)\}", re.MULTILINE
)
_NUMBERS = re.compile(r"\\derivenumber\{(?P<anchor>[^{}]*)\}\{(?P<number>[^{}]*)\}")


def _named(files: Mapping[str, str], folder: str) -> dict[str, str]:
    found = {n.removeprefix(folder): t for n, t in files.items() if n.startswith(folder)}
    return {name.rpartition(".")[0]: text for name, text in found.items()}


def _require_label(text: str, label: str, name: str) -> None:
    """Raise a `CheckError` unless the first label of a piece is the one of its name."""
    match = _LABEL.search(text)
    found = "" if match is None else next(filter(None, match.groups()), "")
    if found != label:
        raise CheckError(
            f"the piece {name} begins with {found or 'no label'} instead of {label}. Nothing is "
            "written; correct what names the pieces"
        )


def _markdown(handout: Handout, symbols: Notation, name: str) -> _Pieces:
    document, printer, dialect = (
        handout.document,
        PagePrinter(symbols, "markdown"),
        dialect_named(name),
    )
    letter, say = lettering(document, printer).say, plain(document, printer).say
    folder = f"{document.id}-figures"
    return _Pieces(
        document.id,
        ".md",
        markdown.equations(document, printer, dialect),
        # Sections are read in a folder beside that of the figures.
        markdown.section_texts(document, printer, dialect, f"../{folder}"),
        {
            f"{block.figure.id}.svg": svg(block.figure, letter, title=say(block.caption))
            for block in _figures(document)
        },
        {".md": source(document, printer, folder, dialect)},
    )


def _latex(handout: Handout, symbols: Notation) -> _Pieces:
    document, printer = handout.document, PagePrinter(symbols, "latex")
    folder = f"{document.id}-figures"
    equations = tex.equations(document, printer)
    sections = tex.section_texts(document, printer, folder)
    figures = {
        f"{name.removeprefix('figures/')}.tex": text
        for name, text in latex.drawings(document, printer).items()
    }
    preamble = tex.preamble(document, printer)
    return _Pieces(document.id, ".tex", equations, sections, figures, {"-preamble.tex": preamble})


def _figures(document: Document) -> Iterator[FigureBlock]:
    return (block for block in document.blocks if isinstance(block, FigureBlock))
