"""How long it takes to derive, print and check: ``python -m benchmarks.horizon``.

The work that is checked grows with the square of the horizon up to the most places at which an
equation is checked, and linearly beyond.
"""

from __future__ import annotations

import argparse
import time

from derive.bptt.derivation import derive
from derive.catalogue import load, names
from derive.checks.proof import prove
from derive.checks.verify import Verifier
from derive.numerics.sample import samples
from derive.typesetting.printing import Printer


def main() -> None:
    """Measure, and print a row for each number of steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cell", default="elman", choices=names())
    parser.add_argument("--steps", type=int, nargs="+", default=[3, 10, 30, 100, 300, 1000])
    parser.add_argument("--slowest", type=int, default=0, help="also list the slowest checks")
    args = parser.parse_args()
    cell = load(args.cell)
    print(f"{'T':>5} {'equations':>9} {'derive':>8} {'print':>8} {'check':>8}  seconds")
    for steps in args.steps:
        start = time.perf_counter()
        equations = list(derive(cell, steps).equations())
        derived = time.perf_counter()
        printer = Printer(dialect="latex")
        for equation in equations:
            printer.display(equation)
        printed = time.perf_counter()
        verifier = Verifier(derive(cell, steps), samples(cell, steps, 0))
        spent = []
        for equation in equations:
            begun = time.perf_counter()
            verifier.require(equation)
            spent.append((time.perf_counter() - begun, equation.id))
        checked = time.perf_counter() - printed
        print(
            f"{steps:>5} {len(equations):>9} {derived - start:>8.2f} {printed - derived:>8.2f} "
            f"{checked:>8.2f}",
            flush=True,
        )
        for seconds, id in sorted(spent, reverse=True)[: args.slowest]:
            print(f"{'':>6}{seconds:.2f}  {id}")
    begun = time.perf_counter()
    proof = prove(cell, 2)
    print(f"exact proof at T = 2: {proof.entries} entries, {time.perf_counter() - begun:.2f} s")


if __name__ == "__main__":
    main()
