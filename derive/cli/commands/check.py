"""Checks every equation of a derivation on random numbers and prints the table of all checks.

With the name of a network its handout is made too, and thrown away: where the check passes,
`derive handout` writes it.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from derive.cli import arguments as common
from derive.cli.terminal import Terminal

if TYPE_CHECKING:
    from derive.checks.verify import Check, Verifier

HELP = "check every equation on numbers"

PASSED = (
    r"(?P<passed>\d+) of (?P<count>\d+) equations passed: T = (?P<steps>\d+), seed (?P<seed>\d+)"
)
"""What is remarked of them, as it is read back."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: the cell and the data."""
    common.add_cell(parser, default=None)
    common.add_steps(parser)
    common.add_seed(parser)
    common.add_network(parser)
    common.add_tried(parser)
    common.add_json(parser, "the table")


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print the table; 1 if an equation failed."""
    from derive.publishing.publish import ready

    ready(args.steps, args.format, "source", "en")
    steps = args.steps
    from derive.catalogue import names
    from derive.checks.requested import require_whole
    from derive.cli.listed import require_cells

    cells = names() if args.cell is None else [args.cell]
    if args.cell is not None:
        terminal.asked.require_words(cells)
    else:
        require_cells(cells)
    verifiers = {name: _verifier(name, steps, args, terminal) for name in cells}
    tables = {name: _checked(v, terminal) for name, v in verifiers.items()}
    for name, checks in tables.items():
        require_whole([check.id for check in checks], verifiers[name].derivation)
    if args.cell is not None and all(check.passed for check in tables[args.cell]):
        tables[args.cell] += _rehearsed(verifiers[args.cell], tables[args.cell], args, terminal)
    failed = [check.id for checks in tables.values() for check in checks if not check.passed]
    if args.json:
        from derive.cli import jsonback

        with terminal.read_back(
            lambda lines: jsonback.require_checks(lines, tables, steps, args.seed)
        ):
            _print_json(tables, args, terminal)
    else:
        from derive.cli.spoken import require_checks, table
        from derive.cli.written import require_remark

        for checks in tables.values():
            with terminal.read_back(lambda lines, of=checks: require_checks(table(lines), of)):  # type: ignore[misc]
                _print_table(checks, terminal)
        count = sum(len(checks) for checks in tables.values())
        shown = [check for checks in tables.values() for check in checks]
        asked = terminal.asked
        terminal.remark(
            f"{count - len(failed)} of {count} equations passed: T = {steps}, seed {args.seed}",
            lambda line: require_remark(
                line, PASSED, passed=sum(check.passed for check in shown), count=len(shown),
                steps=asked.meant("steps"), seed=asked.meant("seed"),
            ),
        )  # fmt: skip
    return 1 if failed else 0


def _verifier(name: str, steps: int, args: argparse.Namespace, terminal: Terminal) -> Verifier:
    terminal.progress(f"{name}: deriving")
    from derive.bptt.derivation import derive
    from derive.checks.verify import Verifier
    from derive.numerics.sample import samples

    cell = common.cell_of(args, name)
    derivation = derive(cell, steps)
    verifier = Verifier(derivation, samples(cell, steps, args.seed))
    terminal.asked.require_verifier(verifier, name)
    return verifier


def _checked(verifier: Verifier, terminal: Terminal) -> list[Check]:
    from derive.checks.recount import require_recounted
    from derive.cli.same import require_same

    checks = []
    for equation in verifier.derivation.equations():
        terminal.progress(f"checking {equation.id}")
        checks.append(verifier.check(equation))
        require_recounted(equation, checks[-1], verifier)
        require_same("what is said to be checked", terminal.doing, f"checking {checks[-1].id}")
    terminal.clear()
    return checks


def _rehearsed(
    verifier: Verifier, checks: list[Check], args: argparse.Namespace, terminal: Terminal
) -> list[Check]:
    """Return the checks of what the handout shows beside the derivation itself."""
    from derive.publishing.rehearse import rehearse

    cell = common.cell_of(args)
    made = rehearse(
        cell, args.steps, args.format, seed=args.seed, verifier=verifier, progress=terminal.progress
    )
    terminal.clear()
    known = {check.id for check in checks}
    return [check for check in made.report.checks if check.id not in known]


def _print_table(checks: list[Check], terminal: Terminal) -> None:
    from derive.checks.bounds import bound

    head = ("equation", "kind", "method", "error", "places", "")
    passed, failed = terminal.paint("passed", "good"), terminal.paint("FAILED", "bad")
    rows = [
        (c.id, c.kind.value, c.method, bound(c).text, str(c.count),
         passed if c.passed else f"{failed} at {c.where}")
        for c in checks
    ]  # fmt: skip
    terminal.table(head, rows)


def _print_json(
    tables: dict[str, list[Check]], args: argparse.Namespace, terminal: Terminal
) -> None:
    from derive.checks.bounds import bound

    def row(check: Check) -> dict[str, Any]:
        return {
            "id": check.id,
            "kind": check.kind.value,
            "method": check.method,
            "bound": bound(check).text,
            "places": check.count,
            "passed": check.passed,
            **({} if check.passed else {"where": check.where, "error": repr(check.error)}),
        }

    cells = [
        {
            "cell": name,
            "passed": all(check.passed for check in checks),
            "checks": [row(check) for check in checks],
        }
        for name, checks in tables.items()
    ]
    passed = all(cell["passed"] for cell in cells)
    whole = {"steps": args.steps, "seed": args.seed, "passed": passed, "cells": cells}
    terminal.json(whole)
