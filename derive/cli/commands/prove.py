"""Proves the formulas of a network for every number of steps and every size.

What is stated is written as it is printed, and proved by a checker that shares nothing with derive:
one file of Python's standard library, which is run on what was written and can be handed out with it.
"""

from __future__ import annotations

import argparse
from itertools import combinations

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
    parser.add_argument(
        "--coq", type=common.place, metavar="FILE",
        help="where to write the gradients of the whole loss as a proof for Coq, which coqc checks "
        "first where it is installed",
    )  # fmt: skip
    parser.add_argument(
        "--jacobians", action="store_true",
        help="with step Jacobians, ordered products, windows and forward mode by them: Coq closes it "
        "for simple networks; with gates it may take minutes or give up, and then it says so",
    )  # fmt: skip
    common.add_force(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Prove it, and write what was asked for; 1 if a statement is not proved."""
    from derive.bptt.derivation import Derivation
    from derive.cli.proved import require_contents, require_printed
    from derive.errors import CheckError, UsageError, shown
    from derive.files import usable_alone, write_alone
    from derive.proving.certificate import STEPS, own, text_of
    from derive.proving.coq import coqc
    from derive.proving.coq import file as coq
    from derive.proving.judged import checker, judged
    from derive.publishing.certified import require_certificate

    if args.jacobians and args.coq is None:
        raise UsageError("--jacobians is of the file for Coq: expected --coq FILE too")
    inputs = common.inputs_of(args)
    # What is written second would replace what was written first.
    places = {"--out": args.out, "--checker": args.checker, "--coq": args.coq}
    named = {option: path for option, path in places.items() if path is not None}
    for (one, path), (other, second) in combinations(named.items(), 2):
        if path.resolve() == second.resolve():
            raise UsageError(
                f"{one} and {other} both name {shown(second, 200)}: expected a file for each"
            )
    for option, path in named.items():
        ours = coq.own(path) if option == "--coq" else own(path)
        usable_alone(path, ours, force=args.force, inputs=inputs)
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
    contents = {"--out": text, "--checker": program}
    if args.coq:
        contents["--coq"] = coq.text_of(cell, equations, steps=args.jacobians)
    terminal.clear()
    if verdict.refused:
        id_, why = verdict.refused[0]
        raise CheckError(
            f"{id_} is refused: {why}. Nothing is written; {len(verdict.refused)} of "
            f"{verdict.total} statements are refused; please report it"
        )
    answer = None
    if args.coq:
        terminal.progress("asking Coq")
        answer = coqc.judged(contents["--coq"])
        terminal.clear()
    for option, path in places.items():
        terminal.asked.require(option.removeprefix("--"), path)
    terminal.asked.require_there("jacobians", coq.has_steps(contents.get("--coq", "")))
    terminal.asked.require_all()
    require_contents(derivation, contents)
    for option, path in named.items():
        ours = coq.own(path) if option == "--coq" else own(path)
        write_alone(path, contents[option], ours, force=args.force, inputs=inputs)
    with terminal.read_back(lambda lines: require_printed(lines, verdict, terminal.asked, answer)):
        for id_, why in verdict.unruled:
            terminal.say(f"not proved {id_}: {why}")
        terminal.say(verdict.summary)
        if answer is not None:
            claimed = len(coq.stated(cell, equations, steps=args.jacobians))
            terminal.say(f"{claimed} of them as theorems in Coq: {answer.says(args.coq)}")
        for path in named.values():
            terminal.say(str(path))
    return int(bool(verdict.unruled))
