"""Prints a module for a network: the forward pass, all gradients, and a check of them.

The module is written from the derivation, for batches of sequences, and needs NumPy only, or the
library that --target names. Its equations and its numbers are checked before it is given out, with
that library, which must be installed.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from derive.cli import arguments as common
from derive.cli.terminal import Terminal

HELP = "print code for a network and its gradients"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: the cell, and where the code goes."""
    common.add_cell(parser)
    common.add_network(parser)
    parser.add_argument(
        "--out", type=common.place, metavar="FILE", help="the file to write (default: the terminal)"
    )
    parser.add_argument(
        "--target", default="numpy", metavar="NAME",
        help=f"the library: {', '.join(common.TARGETS)} (default: %(default)s)",
    )  # fmt: skip
    common.add_force(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print or write it."""
    if args.out is not None:
        _usable(args)
    terminal.progress("loading")
    from derive.codegen import ported, require_installed, require_passed, target_named, target_of

    target = target_named(args.target)
    require_installed(target)
    cell = common.cell_of(args)
    source = ported(cell, target)
    if target.name != "numpy":
        from derive.publishing.codelooked import require_code_looked

        require_code_looked(source, target)
    terminal.asked.require_cell(cell)
    terminal.asked.require("target", target_of(source))
    terminal.clear()
    if args.out is None:
        terminal.asked.require("out", None)
        terminal.give(source, require_passed)
        _say_reach(source, terminal)
        return 0
    from derive.cli.same import require_same
    from derive.cli.streams import visible
    from derive.files import write_alone
    from derive.publishing.recorded import require_marked
    from derive.record import marked, ours

    named = visible(str(Path(terminal.asked.given("out") or "")))
    inputs, text = common.inputs_of(args), marked(source)
    require_passed(text)
    require_marked(text)
    terminal.asked.require("out", args.out)
    terminal.asked.require_all()
    write_alone(args.out, text, ours(args.out), force=args.force, inputs=inputs)
    with terminal.read_back(lambda lines: require_same("the file", lines, [named])):
        terminal.say(str(args.out))
    _say_reach(source, terminal)
    return 0


def _say_reach(source: str, terminal: Terminal) -> None:
    """Say over how many steps the code was compared where that is less than of other networks."""
    from derive.cli.same import require_same
    from derive.codegen import WHOLE, reach_of

    reach = reach_of(source)
    if reach == WHOLE:
        return
    told = (f"{reach.steps}", f"{WHOLE.steps}", f"{reach.far}", f"{reach.by:g}", f"{WHOLE.far}")
    said = (
        f"compared with the equations over {reach.steps} steps (of other networks {WHOLE.steps}), and "
        f"over {reach.far} with parameters times {reach.by:g} (of others {WHOLE.far} as they are): "
        "over more its numbers grow until no digit is kept"
    )
    terminal.remark(
        said,
        lambda line: require_same("the steps", tuple(re.findall(r"\d+(?:\.\d+)?", line)), told),
    )


def _usable(args: argparse.Namespace) -> None:
    from derive.files import usable_alone
    from derive.record import ours

    usable_alone(args.out, ours(args.out), force=args.force, inputs=common.inputs_of(args))
