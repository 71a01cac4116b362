"""What a handout cites: names within sentences, and a list of the texts with links."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from derive.chapters.context import Context, listed
from derive.document.blocks import Block, Bullets, Heading, Prose
from derive.document.text import Doi, Text
from derive.errors import CheckError, RenderError
from derive.resources import templates_root

FILE = "references.toml"

TABLE = Path(__file__).with_name("references.txt")
"""The texts that were looked up; `make texts` writes it anew."""

_NAME = r"(?:[A-Z]\.(?:-[A-Z]\.)* )+([^.,]+?)"
_AUTHORS = re.compile(rf"{_NAME}(?:, {_NAME})*( et al)?\. ")
_YEAR = re.compile(r"(?:19|20)\d\d")

FLOW = ("bengio1994", "pascanu2013")
"""Where it stands that gradients vanish and explode."""

METHOD = ("werbos1990",)
"""Where backpropagation through time stands."""


@dataclass(frozen=True)
class CitedText:
    """A text: how a sentence names it, what it is in full, and the cells whose own paper it is."""

    short: str
    text: str
    doi: str
    cells: tuple[str, ...] = ()


@cache
def references(root: Path | None = None) -> Mapping[str, CitedText]:
    """Return the texts that may be cited, by their keys, in the order of the file."""
    path = (root or templates_root()) / FILE
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        found = {
            key: CitedText(row["short"], row["text"], row["doi"], tuple(row.get("cells", ())))
            for key, row in tables.items()
        }
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError) as error:
        raise RenderError(f"{path}: expected short, text and doi of each text: {error}") from error
    if root is None:
        require_looked_up(tables)
    return found


def require_looked_up(tables: Mapping[str, Mapping[str, object]]) -> None:
    """Raise a `CheckError` unless each text is as somebody has looked it up.

    How a sentence names it must also follow from its authors and its years.
    """
    rows = (row.partition("  ") for row in TABLE.read_text(encoding="utf-8").splitlines())
    known = {key: number for number, _, key in rows}
    made = {key: reference_digest(table) for key, table in tables.items()}
    for key in [*made, *known]:
        if made.get(key) != known.get(key):
            raise CheckError(
                f"the text {key!r} of {FILE} is not the one that was looked up. Nothing is printed or "
                "written; whoever changed it looks it up where it appeared and runs `make texts`"
            )
        text, called = str(tables[key]["text"]), str(tables[key]["short"])
        short, _, year = called.rpartition(" ")
        if short not in (wanted := _by(text)) or year not in _YEAR.findall(text):
            raise CheckError(
                f"the text {key!r} of {FILE} is called {called}, where it is by "
                f"{' or '.join(wanted)}. Nothing is printed or written; correct it"
            )


def _by(text: str) -> tuple[str, ...]:
    """Return how the authors of a text may be named together, by their list at its beginning."""
    authors = _AUTHORS.match(text)
    if authors is None:
        return ("nobody",)
    *others, last = re.findall(rf"{_NAME}(?=, | et al\. |\. )", authors[0])
    first = (others or [last])[0]
    if authors[3]:
        return (f"{first} et al.",)
    return (f"{', '.join(others)} and {last}", f"{first} et al.") if others else (last,)


def reference_digest(table: Mapping[str, object]) -> str:
    """Return by what a text that may be cited is known, with all that is said of it."""
    said = "\n".join(f"{name} {value}" for name, value in sorted(table.items()))
    return hashlib.sha256(said.encode()).hexdigest()[:20]


def own_papers(c: Context) -> tuple[str, ...]:
    """Return the keys of the papers in which the cell stands, none of a user's own."""
    if c.cell.title is not None:
        return ()
    return tuple(key for key, one in references().items() if c.cell.name in one.cells)


def cite(c: Context, keys: Sequence[str]) -> Text:
    """Return how a sentence names texts; they stand in the list at the end."""
    c.cited.update(dict.fromkeys(keys))
    return listed([references()[key].short for key in keys])


def chapter(c: Context) -> Iterator[Block]:
    """Yield the list of what was cited, by the names and years of the texts."""
    if not c.cited:
        return
    yield Heading("heading.references", 1, "references")
    yield Prose("prose.references.intro")
    cited = sorted((references()[key] for key in c.cited), key=lambda one: one.short)
    yield Bullets(
        tuple(
            Text("prose.references.entry", {"text": one.text, "doi": Doi(one.doi)}) for one in cited
        )
    )
