"""What a handout cites: names within sentences, and a list of the texts with links."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from derive.chapters.context import Context, listed
from derive.document.blocks import Block, Bullets, Heading, Prose
from derive.document.text import Doi, Text
from derive.errors import RenderError
from derive.resources import templates_root

FILE = "references.toml"

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
        return {
            key: CitedText(row["short"], row["text"], row["doi"], tuple(row.get("cells", ())))
            for key, row in tables.items()
        }
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError) as error:
        raise RenderError(f"{path}: expected short, text and doi of each text: {error}") from error


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
