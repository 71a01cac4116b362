"""Documents of commands that print a result, or write it where formats are named."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from derive.cli import arguments as common
from derive.cli.terminal import Terminal

if TYPE_CHECKING:
    from derive.chapters.handout import Handout
    from derive.cli.written import WrittenDocument
    from derive.publishing.publish import Published


def unwritten(terminal: Terminal) -> None:
    """Raise a `UsageError` for an option of a document where none is written, as it would do nothing."""
    why = "no document is written; name its formats by --format"
    terminal.asked.refuse(("out", "force", "title", "author", "notation", "engine"), why)


def require_pages(args: argparse.Namespace, terminal: Terminal) -> None:
    """Raise a `UsageError` for the choice of a typesetter where nothing is set in pages."""
    if "pdf" not in args.format:
        terminal.asked.refuse(("engine",), "no PDF is among the formats")


def ready(name: str, args: argparse.Namespace, terminal: Terminal) -> None:
    """Raise a `UsageError` if the document of that name could not be written, before it is made."""
    from derive.publishing import publish

    require_pages(args, terminal)
    publish.ready(1, args.format, args.notation, args.lang, args.out, args.engine)
    publish.changed(name, args.format, args.out, force=args.force, inputs=common.inputs_of(args))


def write(handout: Handout, args: argparse.Namespace, terminal: Terminal) -> WrittenDocument:
    """Write the document in the formats that were named, and say which files these are.

    What was written is returned as it was compared with what was asked for.
    """
    from derive.cli.written import WrittenDocument
    from derive.publishing import publish

    written = WrittenDocument(terminal.asked)
    made = publish.write(
        handout,
        args.format,
        args.out,
        notation=args.notation,
        force=args.force,
        inputs=common.inputs_of(args),
        progress=terminal.progress,
        confirm=written,
        engine=args.engine,
    )
    say_files(made, terminal)
    return written


def say_files(made: Published, terminal: Terminal) -> None:
    """Say which files were written: those that the manifest names, as they stand there."""
    from derive import record
    from derive.cli.same import require_same
    from derive.cli.streams import visible

    def require(lines: list[str]) -> None:
        manifest = made.files[-1]
        known = {**record.read(manifest).digests()}
        there = {visible(str(manifest.parent / name)): name for name in known}
        for line in lines:
            name = there.get(line, "")
            digest = record.digest_of(manifest.parent / name) if name else None
            require_same(f"the digest of {line}", digest, known.get(name, "that of a file"))
        require_same("the last file", lines[-1], visible(str(manifest)))
        # Those of other formats were written before.
        formats = {entry.name: entry.format for entry in record.read(manifest).entries}
        said = {formats.get(there[line]) for line in lines}
        wanted = {line for line, name in there.items() if formats.get(name) in said}
        require_same("the files", sorted(lines), sorted(wanted))

    terminal.clear()
    with terminal.read_back(require):
        for path in made.files:
            terminal.say(str(path))
