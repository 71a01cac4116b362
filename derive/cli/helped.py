"""The help of a command, read back: which value an option has that nobody gives."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Mapping

from derive.cli.asked import ALONE, DEFAULTS
from derive.cli.same import require_same

_OPTION = re.compile(
    r"^  (?:-\w(?: \w+)?, )?--(?P<name>[\w-]+)(?P<more>.*(?:\n {4,}.*)*)", re.MULTILINE
)
_DEFAULT = re.compile(r"\(default:\s+(?P<value>[^)]*)\)")

OF_COMMANDS: dict[tuple[str, str], str] = {
    ("handout", "steps"): "3, or as many as the numbers of --values are of",
    ("handout", "format"): "pdf,md",
    ("flow", "format"): "no document, but the terminal",
    ("learn", "format"): "no document, but the terminal",
    ("audit", "format"): "no document, but the terminal",
    ("check", "format"): "all, the PDF by Typst",
    ("learn", "spans"): "five of them up to 80",
    ("learn", "seeds"): "5",
    ("code", "out"): "the terminal",
    ("batch", "jobs"): "as many as cores and memory allow",
    ("prove", "out"): "nowhere",
    ("new-cell", "out"): "this one",
}
"""What the help of a command says of an option that is not the same in all."""

OUT = "output"
"""The folder of documents."""


def require_help(command: str, text: str, used: Mapping[str, object]) -> None:
    """Raise a `CheckError` unless a help names the default of each option, and this is the one used.

    ``used`` are those that the parser fills in.
    """
    for option in _OPTION.finditer(text):
        name = option["name"]
        found = _DEFAULT.search(option["more"])
        said = " ".join(found["value"].split()) if found else None
        wanted = OF_COMMANDS.get((command, name), OUT if name == "out" else DEFAULTS.get(name))
        if name == "label-prefix" or name in ALONE:
            wanted = None
        require_same(f"the default of --{name} in the help of {command}", said, wanted)
        value = used.get(name)
        if (command, name) not in OF_COMMANDS and not (wanted is None or value is None):
            same = float(wanted) == value if isinstance(value, float) else wanted == str(value)
            require_same(f"the default of --{name} for {command}", same, True)


def worded(parser: ArgumentParser) -> Iterator[str]:
    """Yield what a parser says in words: of its command, then of each argument, in a line each.

    Names that are found by being there, as those of languages, stand for themselves.
    """
    for text in (parser.description, parser.epilog):
        # Python -OO strips the docstrings.
        if text and not sys.flags.optimize > 1:
            yield " ".join(text.split())
    for action in parser._actions:
        names = " ".join(action.option_strings) or action.dest
        said = _LISTED.sub("…", action.help or "")
        yield f"{names} {action.metavar or ''}: {said}"
    for choice in getattr(parser._subparsers, "_group_actions", ()):
        for one in choice._choices_actions:
            yield f"{one.dest}: {one.help}"


_LISTED = re.compile(r"^[\w-]+(?:, [\w-]+)* (?=\(default)|(?<=commas between: )[\w-]+(?:, [\w-]+)*")
"""The names of notations, languages and formats, of which there may be more."""


def require_words(command: str, lines: Iterable[str]) -> None:
    """Raise a `CheckError` unless what a help says in words was looked at as it stands there."""
    from derive.publishing.fixed import require_help_words

    require_help_words(command, lines)


def require_version(text: str) -> None:
    """Raise a `CheckError` unless a text names the version, as the installed package has it written."""
    from importlib import metadata

    try:
        written = metadata.distribution("derive").read_text("METADATA") or ""
    except metadata.PackageNotFoundError:
        require_same("the version", text, "derive unknown")
        return
    found = re.search(r"^Version: (\S+)$", written, re.MULTILINE)
    require_same("the version", text, f"derive {found[1] if found else 'unknown'}")
