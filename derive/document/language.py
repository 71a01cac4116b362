"""The words of one language: sentences with named placeholders, kept out of the code.

A language is one file ``templates/lang/xx.toml``.  Its tables nest; a sentence is named by the
dotted path to it, ``prose.network.intro`` say.  A sentence is plain text with ``{name}`` where a
value goes, ``*emphasis*``, ``**strong**`` and `` `code` ``, and ``{{`` and ``}}`` for braces.
Mathematics has no notation here: it can only arrive as a value.

Where a number changes the words around it, a sentence is a table instead: ``plural`` names the value
that is counted, and each of the language's plural categories has a form of its own, as in
``plural = "count"``, ``one = "one step"``, ``other = "{count} steps"``.

What a sentence says between its values nothing can compute, so it is compared with a table of the
sentences that were read by somebody: one that is changed, or is new, is refused by its key.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from derive import resources
from derive.document.plural import category
from derive.errors import CheckError, RenderError
from derive.resources import templates_root

if TYPE_CHECKING:
    from derive.document.text import Value


@dataclass(frozen=True)
class Literal:
    """Text of the language file, to be escaped like any other."""

    text: str


@dataclass(frozen=True)
class Verbatim:
    """Text between backticks."""

    text: str


@dataclass(frozen=True)
class Slot:
    """Where the value ``name`` goes."""

    name: str


@dataclass(frozen=True)
class Filled:
    """A value in its place."""

    value: Value


@dataclass(frozen=True)
class Marked:
    """Parts set apart from the rest, ``strong`` more than by emphasis."""

    parts: tuple[Part, ...]
    strong: bool


Part: TypeAlias = "Literal | Verbatim | Slot | Filled | Marked"

_TOKEN = re.compile(r"\{\{|\}\}|\{([A-Za-z][A-Za-z0-9_]*)\}|`([^`]*)`|\*\*|\*|[{}`]")


@dataclass
class Language:
    """The sentences of one file, parsed when first asked for.

    ``plurals`` says of a sentence with several forms what it counts; its forms are entries below it.
    """

    code: str
    path: Path
    entries: Mapping[str, str]
    plurals: Mapping[str, str] = field(default_factory=dict)
    _parsed: dict[str, tuple[Part, ...]] = field(default_factory=dict)

    def parse(self, key: str) -> tuple[Part, ...]:
        """Return the parts of a sentence with its slots open; RenderError if missing or garbled."""
        if key not in self._parsed:
            if key not in self.entries:
                raise RenderError(
                    f"{self.path}: no text {key!r}; the program asks for it, so write it there "
                    f"(the tables give the dotted path, the last word names the line)"
                )
            self._parsed[key] = _parse(self.entries[key], f"{self.path}: text {key!r}")
        return self._parsed[key]

    @property
    def keys(self) -> frozenset[str]:
        """Return the keys of all sentences, however many forms they have."""
        whole = {key for key in self.entries if key.rpartition(".")[0] not in self.plurals}
        return frozenset(whole | self.plurals.keys())

    def forms(self, key: str) -> dict[str, str]:
        """Return the keys of a sentence's forms by their plural categories, if it has several."""
        if key not in self.plurals:
            return {}
        return {
            form.rpartition(".")[2]: form for form in self.entries if form.rpartition(".")[0] == key
        }

    def slots(self, key: str) -> frozenset[str]:
        """Return the names that a sentence may have values for, in one or another of its forms."""
        if key not in self.plurals:
            return frozenset(_slots(self.parse(key)))
        inner = (_slots(self.parse(form)) for form in self.forms(key).values())
        return frozenset({self.plurals[key]}.union(*inner))

    def sentence(self, key: str, values: Mapping[str, Value]) -> tuple[Part, ...]:
        """Return the parts of a sentence with its values in place.

        RenderError, naming file, key and placeholder, if a value is wanting or has no place.
        """
        wanted = self.slots(key)
        if missing := sorted(wanted - values.keys()):
            raise RenderError(
                f"{self.path}: text {key!r} has the placeholder {{{missing[0]}}}, for which the "
                f"program gives no value; it gives {_names(values)}"
            )
        if extra := sorted(values.keys() - wanted):
            raise RenderError(
                f"{self.path}: text {key!r} has no placeholder {{{extra[0]}}}, for which the "
                f"program gives a value; write it into the text (it has {_names(wanted)})"
            )
        return _fill(self.parse(self.form(key, values)), values)

    def form(self, key: str, values: Mapping[str, Value]) -> str:
        """Return the key of the form of a sentence that goes with its number."""
        if key not in self.plurals:
            return key
        number = values[self.plurals[key]]
        if not isinstance(number, int):
            raise RenderError(
                f"{self.path}: text {key!r} counts {{{self.plurals[key]}}}, which is {number}: "
                f"expected a whole number; `plural` must name a value that is one"
            )
        name, forms = category(self.code, number), self.forms(key)
        if name not in forms:
            raise RenderError(
                f"{self.path}: text {key!r} has no form {name!r}, which {number} needs; write it "
                f"beside the others (it has {', '.join(sorted(forms)) or 'none'})"
            )
        return forms[name]


TABLE = Path(__file__).with_name("texts.txt")
"""The texts that were read, of each language; `make texts` writes it anew."""

PLURAL = ".plural"
"""How the key ends that says what a sentence with several forms counts."""


def load(code: str, root: Path | None = None) -> Language:
    """Return the language with that code; RenderError if there is no such file or it cannot be read."""
    return _load(code, root or templates_root())


@cache
def _load(code: str, root: Path) -> Language:
    path = root / "lang" / f"{code}.toml"
    if code not in languages(root):
        known = ", ".join(languages(root)) or "none"
        raise RenderError(f"no language {code!r} in {path.parent}; there is: {known}")
    found = texts(path)
    if root == resources.templates_root():
        require_read(code, found)
    counted = {key.removesuffix(PLURAL): text for key, text in found if key.endswith(PLURAL)}
    return Language(code, path, {k: v for k, v in found if not k.endswith(PLURAL)}, counted)


def texts(path: Path) -> list[tuple[str, str]]:
    """Return the keys and the texts of a language's file, in its order; RenderError if it is none."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RenderError(f"{path}: cannot be read as TOML in UTF-8: {error}") from error
    return _flatten(tables, "", path)


def digest(text: str) -> str:
    """Return by what a text is known."""
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def require_read(code: str, found: Iterable[tuple[str, str]]) -> None:
    """Raise a `CheckError` unless the texts of a language are those that somebody has read."""
    here, known = False, dict[str, str]()
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            here = line == f"[{code}]"
        elif here:
            number, _, key = line.partition("  ")
            known[key] = number
    made = {key: digest(text) for key, text in found}
    for key in [*made, *known]:
        if made.get(key) != known.get(key):
            raise CheckError(
                f"the text {key!r} of the language {code!r} is not the one that was read. Nothing is "
                "printed or written; whoever changed it reads it where it is said and runs `make texts`"
            )


def languages(root: Path | None = None) -> tuple[str, ...]:
    """Return the codes of all languages that have a file."""
    folder = (root or templates_root()) / "lang"
    return tuple(sorted(path.stem for path in folder.glob("*.toml")))


def _flatten(table: Mapping[str, object], prefix: str, path: Path) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in table.items():
        if isinstance(value, dict):
            found += _flatten(value, f"{prefix}{name}.", path)
        elif isinstance(value, str):
            # A sentence may be broken over lines in the file; the line ends mean nothing.
            found.append((prefix + name, " ".join(value.split())))
        else:
            raise RenderError(
                f"{path}: {prefix + name!r} is a {type(value).__name__}; expected a text in quotes"
            )
    return found


def _parse(source: str, where: str) -> tuple[Part, ...]:
    """Parts of a sentence.  ``open_marks`` is the stack of marks not yet closed, with its parts."""
    open_marks: list[tuple[str, list[Part]]] = [("", [])]

    def add(text: str) -> None:
        parts = open_marks[-1][1]
        if parts and isinstance(parts[-1], Literal):
            text = parts.pop().text + text  # type: ignore[union-attr]
        if text:
            parts.append(Literal(text))

    at = 0
    for token in _TOKEN.finditer(source):
        add(source[at : token.start()])
        at = token.end()
        mark, slot, code = token.group(0), token.group(1), token.group(2)
        if slot is not None:
            open_marks[-1][1].append(Slot(slot))
        elif code is not None:
            open_marks[-1][1].append(Verbatim(code))
        elif mark in ("{{", "}}"):
            add(mark[0])
        elif mark in ("*", "**"):
            if open_marks[-1][0] == mark:
                inner = open_marks.pop()[1]
                open_marks[-1][1].append(Marked(tuple(inner), strong=mark == "**"))
            else:
                open_marks.append((mark, []))
        else:
            raise RenderError(
                f"{where}: a {mark!r} alone at character {token.start() + 1}; placeholders are "
                f"{{name}}, a brace is written twice, code stands between two backticks"
            )
    add(source[at:])
    if len(open_marks) > 1:
        raise RenderError(f"{where}: {open_marks[-1][0]!r} is opened and not closed")
    return tuple(open_marks[0][1])


def _slots(parts: tuple[Part, ...]) -> list[str]:
    found: list[str] = []
    for part in parts:
        if isinstance(part, Slot):
            found.append(part.name)
        elif isinstance(part, Marked):
            found += _slots(part.parts)
    return found


def _fill(parts: tuple[Part, ...], values: Mapping[str, Value]) -> tuple[Part, ...]:
    filled: list[Part] = []
    for part in parts:
        if isinstance(part, Slot):
            filled.append(Filled(values[part.name]))
        elif isinstance(part, Marked):
            filled.append(Marked(_fill(part.parts, values), part.strong))
        else:
            filled.append(part)
    return tuple(filled)


def _names(names: Mapping[str, object] | frozenset[str]) -> str:
    return ", ".join(sorted(names)) or "none"
