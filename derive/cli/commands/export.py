"""Derives and checks a handout, and writes it in pieces: a file for each equation, section and figure.

The pieces are for the sources of your own book or site. Files that are the same as before are left
as they are, so that a site builder has nothing to do.
"""

from __future__ import annotations

import argparse

from derive.cli import arguments as common
from derive.cli import documents
from derive.cli.terminal import Terminal

HELP = "write a handout in pieces, to embed"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: the cell, what is derived, and the dialect."""
    common.add_cell(parser)
    common.add_steps(parser)
    common.add_seed(parser)
    common.add_network(parser)
    parser.add_argument(
        "--dialect", default="common", metavar="NAME",
        help="common, github, mkdocs (also Jupyter), myst (Sphinx), or latex (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--label-prefix", default="", metavar="NAME-",
        help="what stands before the ids in all labels, where a document has two networks",
    )  # fmt: skip
    common.add_document(parser, formats=None)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Write the pieces and say how many."""
    from derive.publishing.publish import changed, ready

    ready(args.steps, (), args.notation, args.lang, args.out)
    terminal.progress("loading")
    from derive.chapters.handout import build
    from derive.cli.written import WrittenDocument
    from derive.errors import UsageError
    from derive.publishing.export import export, export_dialects
    from derive.render.page.escaping import require_prefix
    from derive.suggest import suggestion

    require_prefix(args.label_prefix)
    if args.dialect not in export_dialects():
        raise UsageError(
            f"no dialect {args.dialect!r}: {suggestion(args.dialect, export_dialects())}"
        )
    cell, inputs = common.cell_of(args), common.inputs_of(args)
    changed(f"{cell.name}-T{args.steps}", ("md",), args.out, force=args.force, inputs=inputs)
    handout = build(
        cell,
        args.steps,
        seed=args.seed,
        title=args.title,
        author=args.author,
        language=args.lang,
        progress=terminal.progress,
    )
    written = WrittenDocument(terminal.asked, network=True)
    made = export(
        handout,
        args.dialect,
        args.out,
        network=(cell.name, args.steps),
        notation=args.notation,
        prefix=args.label_prefix,
        force=args.force,
        inputs=inputs,
        progress=terminal.progress,
        confirm=written,
    )
    documents.say_files(made, terminal)
    terminal.remark(
        f"{made.equations} equations displayed, {made.checks} checked, seed {args.seed}",
        written.require_counts,
    )
    return 0
