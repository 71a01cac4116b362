"""Lists the networks with their equations, and the formats, notations and languages.

With the name of a network: its equations, each with its id.
"""

from __future__ import annotations

import argparse
from functools import partial
from itertools import takewhile

from derive.cli import arguments as common
from derive.cli.asked import NETWORK
from derive.cli.terminal import Terminal

HELP = "list networks, formats, notations and languages, or the equations of a network"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: a cell, or none."""
    parser.add_argument("cell", nargs="?", metavar="CELL", help="list the equations of this one")
    parser.add_argument(
        "--ids", action="store_true", help="only the ids, of this one or of all that ship"
    )
    common.add_steps(parser)
    common.add_network(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print the list."""
    from derive.publishing.publish import possible_steps

    steps = possible_steps(args.steps)
    asked = terminal.asked
    if args.cell is None and not args.ids:
        asked.refuse(
            ("steps", *NETWORK, "bias", "no-bias"), "name the network whose equations are meant"
        )
        _everything(terminal)
        return 0
    from derive.api import derivation, plain
    from derive.bptt.derivation import derive
    from derive.catalogue import names
    from derive.checks.idsteps import require_identified
    from derive.checks.listedids import require_listed
    from derive.checks.requested import require_whole
    from derive.checks.verify import Verifier
    from derive.cli.listed import shipped
    from derive.cli.same import require_same
    from derive.numerics.sample import samples
    from derive.publishing.shown import ShownEquations
    from derive.typesetting import notation

    if args.ids:
        cells = names() if args.cell is None else [args.cell]
        made = {name: derive(common.cell_of(args, name), steps) for name in cells}
        for name, derived in made.items():
            asked.require_derivation(derived, name)
        asked.require_words([*made])
        asked.require_there("ids", True)
        ids = [e.id for derived in made.values() for e in derived]
        wanted = shipped("zoo") if args.cell is None else [args.cell]

        def require_all(lines: list[str]) -> None:
            # Of each network that is meant, in its order, which ids were printed.
            require_same("the ids", lines, ids)
            require_same("the networks", [*made], wanted)
            rest = lines
            for name, derived in made.items():
                mine = [*takewhile(partial(_is_of, derived.cell.name), rest)]
                rest = rest[len(mine) :]
                require_identified(derived, derived.cell, steps)
                require_listed(mine, derived)
                _require_known(args, name, steps, mine)
            require_same("what is left of the ids", rest, [])

        with terminal.read_back(require_all):
            for id in ids:
                terminal.say(id)
        return 0
    derived = derivation(common.cell_of(args), steps)
    asked.require_derivation(derived)
    equations = list(derived)
    require_whole([equation.id for equation in equations], derived)
    _require_known(args, args.cell, steps, [equation.id for equation in equations])
    reader = ShownEquations(Verifier(derived, samples(derived.cell, steps, 0)), notation.load())
    width = max(len(equation.id) for equation in equations)

    def require(lines: list[str]) -> None:
        found = [line.split(maxsplit=1) for line in lines]
        require_same("the ids", [id for id, _ in found], [equation.id for equation in equations])
        for (_, text), equation in zip(found, equations, strict=True):
            reader.require(equation, text, "plain")

    with terminal.read_back(require):
        for equation in equations:
            terminal.say(f"{terminal.paint(equation.id.ljust(width), 'good')}  {plain(equation)}")
    return 0


def _is_of(network: str, id: str) -> bool:
    return id.startswith(f"{network}-")


def _require_known(args: argparse.Namespace, name: str, steps: int, ids: list[str]) -> None:
    """Compare ids with the file that has those of all networks as they ship, for some steps."""
    from derive.cli.listed import IDS_FOR, require_ids, shipped

    if steps == IDS_FOR and name in shipped("zoo") and not common.options_of(args):
        require_ids(name, ids)


def _everything(terminal: Terminal) -> None:
    from derive.api import plain
    from derive.bptt.derivation import Derivation
    from derive.bptt.unroll import forward, loss
    from derive.calculus.activations import usable
    from derive.calculus.losses import LOSSES
    from derive.catalogue import names
    from derive.cells.cell import INITIAL
    from derive.cells.weighting import WEIGHTINGS
    from derive.checks.loaded import load
    from derive.checks.verify import Verifier
    from derive.cli.listed import require_cells, require_equations, require_rows
    from derive.cli.same import require_same
    from derive.document.language import languages
    from derive.numerics.sample import samples
    from derive.publishing.shown import ShownEquations
    from derive.render import formats
    from derive.typesetting import notation
    from derive.typesetting.notation import names as notations

    cells = {name: load(name) for name in names()}
    shown = {name: [*forward(cell), *loss(cell)] for name, cell in cells.items()}
    rows = {
        "activations": usable(),
        "output layers": [f"{row.layer} ({name})" for name, row in LOSSES.items()],
        "losses": list(WEIGHTINGS),
        "initial states": list(INITIAL),
        "formats": list(formats()),
        "notations": notations(),
        "languages": languages(),
    }

    def require(lines: list[str]) -> None:
        rest = iter(lines)
        require_same("the first line", next(rest), "cells")
        require_cells([*shown])
        for name, equations in shown.items():
            require_same("a cell", next(rest), f"  {name}")
            derived = Derivation(cells[name], 1)
            require_equations(equations, cells[name])
            reader = ShownEquations(Verifier(derived, samples(derived.cell, 1, 0)), notation.load())
            for equation in equations:
                reader.require(equation, next(rest).strip(), "plain")
        require_rows(rest)

    with terminal.read_back(require):
        terminal.say("cells")
        for name, equations in shown.items():
            terminal.say(f"  {terminal.paint(name, 'good')}")
            for equation in equations:
                terminal.say(f"      {plain(equation)}")
        for head, found in rows.items():
            terminal.say(f"{head}\n  {', '.join(found)}")
