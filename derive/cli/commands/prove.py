"""Proves the formulas of a network for every number of steps and every size.

What is stated is written as it is printed, and proved by a checker that shares nothing with derive:
one file of Python's standard library, which is run on what was written and can be handed out with it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from derive.cli import arguments as common
from derive.cli.terminal import Terminal

HELP = "prove the formulas of a network for every T and every size"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: the cell, and where certificate and checker go."""
    common.add_cell(parser)
    common.add_network(parser)
    parser.add_argument(
        "--out", type=common.place, metavar="FILE",
        help="where to write the certificate, as JSON (default: nowhere)",
    )  # fmt: skip
    parser.add_argument(
        "--checker", type=common.place, metavar="FILE",
        help="where to write the checker, to be run as python3 -I FILE CERTIFICATE",
    )  # fmt: skip
    common.add_force(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Prove it, and write what was asked for; 1 if a statement is not proved."""
    from derive.bptt.derivation import Derivation
    from derive.errors import CheckError, UsageError, shown
    from derive.files import usable_alone, write_alone
    from derive.proving.certificate import STEPS, own, text_of
    from derive.proving.judged import checker, judged, require_verdict
    from derive.publishing.certified import require_certificate

    inputs = common.inputs_of(args)
    # What is written second would replace what was written first.
    if args.out and args.checker and args.out.resolve() == args.checker.resolve():
        raise UsageError(
            f"--out and --checker both name {shown(args.out, 200)}: expected a file for each"
        )
    for path in (args.out, args.checker):
        if path is not None:
            usable_alone(path, own(path), force=args.force, inputs=inputs)
    terminal.progress("loading")
    cell = common.cell_of(args)
    terminal.asked.require_cell(cell)
    terminal.progress("proving")
    derivation = Derivation(cell, STEPS)
    equations = tuple(derivation.equations())
    text = text_of(cell, equations)
    require_certificate(derivation, equations, text)
    program = checker()
    verdict = judged(text, program)
    terminal.clear()
    if verdict.refused:
        id_, why = verdict.refused[0]
        raise CheckError(
            f"{id_} is refused: {why}. Nothing is written; {len(verdict.refused)} of "
            f"{verdict.total} statements are refused; please report it"
        )
    terminal.asked.require("out", args.out)
    terminal.asked.require("checker", args.checker)
    terminal.asked.require_all()
    for path, content in ((args.out, text), (args.checker, program)):
        if path is not None:
            write_alone(path, content, own(path), force=args.force, inputs=inputs)
    with terminal.read_back(lambda lines: require_verdict(lines, verdict)):
        for id_, why in verdict.unruled:
            terminal.say(f"not proved {id_}: {why}")
        terminal.say(verdict.summary)
        for path in (args.out, args.checker):
            if path is not None:
                terminal.say(str(Path(path)))
    return int(bool(verdict.unruled))
