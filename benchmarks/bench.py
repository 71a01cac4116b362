"""What `make bench` measures, side by side in one run, with pyperf: ``python -m benchmarks.bench``.

Each row is compared with another one of its run: a median, the spread (from the first to the third
quartile, as a part of the median), and the ratio of the medians. ``-o FILE`` keeps all values, as
data; ``--only WORD`` measures the rows in whose name that word stands; pyperf's own options, as
``--fast``, are there too.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

import pyperf

Work: TypeAlias = Callable[[], object]

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""One each, as threads that wait for another of a busy machine are no work; set before NumPy comes."""


@dataclass(frozen=True)
class Row:
    """What is measured, made ready when it is its turn, and the row with which it is compared."""

    name: str
    ready: Callable[[], Work]
    beside: str = ""


def rows() -> Iterator[Row]:
    """Yield all rows; one that others are compared with stands before them."""
    yield from _symbolic()
    yield from _generated()
    yield from _commands()


def asked_for(word: str) -> list[Row]:
    """Return the rows in whose name a word stands, and those with which they are compared."""
    found = [row for row in rows() if word in row.name]
    beside = {row.beside for row in found}
    return [row for row in rows() if word in row.name or row.name in beside]


def _symbolic() -> Iterator[Row]:
    from benchmarks.symbolic import checked, derived, differentiated

    for T in (3, 5):
        scalar = f"sympy.diff of the loss with one unit, T = {T}"
        yield Row(scalar, _with(differentiated, T))
        yield Row(f"derive and print elman, T = {T}", _with(derived, "elman", T), scalar)
    three = "derive and print elman, T = 3"
    for T in (30, 1000):
        yield Row(f"derive and print elman, T = {T}", _with(derived, "elman", T), three)
    yield Row("derive and print lstm, T = 3", _with(derived, "lstm", 3), three)
    first = "check elman, T = 3"
    yield Row(first, _with(checked, "elman", 3))
    for T in (30, 300):
        yield Row(f"check elman, T = {T}", _with(checked, "elman", T), first)
    yield Row("check lstm, T = 3", _with(checked, "lstm", 3), first)


def _generated() -> Iterator[Row]:
    from benchmarks.generated import GATES, SIZES, floor, generated

    for name, gates in GATES.items():
        for T, n, B in SIZES:
            size = f"T = {T}, n = {n}, B = {B}"
            alone = f"matrix products of {name} alone, {size}"
            yield Row(alone, partial(floor, gates, T, n, B))
            yield Row(f"code of {name}, {size}", partial(generated, name, T, n, B), alone)


def _commands() -> Iterator[Row]:
    bare = "import sympy"
    yield Row(bare, _with(_run, "-c", "import sympy"))
    for words in (["--help"], ["--version"], ["show", "elman-grad-W-sum"]):
        yield Row(
            f"derive {' '.join(words)}",
            _with(_run, "-m", "derive", *words),
            bare,
        )
    markdown = "handout of elman, T = 3, md"
    yield Row(markdown, _with(_handout, "md"))
    for other in ("latex", "pdf --engine typst", "pdf --engine tex"):
        yield Row(
            f"handout of elman, T = 3, {other}",
            _with(_handout, other),
            markdown,
        )


def _with(function: Callable[..., object], *values: object) -> Callable[[], Work]:
    """Return what makes ready a call of a function that needs nothing but its values."""
    return lambda: partial(function, *values)


def _handout(form: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        words = ["handout", "elman", "--steps", "3", "--out", folder, "--format", *form.split()]
        _run("-m", "derive", *words)


def _run(*words: str) -> None:
    subprocess.run([sys.executable, *words], check=True, capture_output=True)


def table(found: Sequence[tuple[Row, pyperf.Benchmark]]) -> list[str]:
    """Return the rows as lines: median, spread, and the ratio to the row beside which each stands."""
    medians = {row.name: made.median() for row, made in found}
    widest = max((len(name) for name in medians), default=0)
    lines = [f"{'':{widest}}  {'median':>10}  {'spread':>6}  {'ratio':>7}"]
    for row, made in found:
        quartiles = made.percentile(75) - made.percentile(25)
        ratio = f"{made.median() / medians[row.beside]:.3g}" if row.beside in medians else ""
        lines.append(
            f"{row.name:{widest}}  {_seconds(made.median()):>10}  "
            f"{quartiles / made.median():>6.0%}  {ratio:>7}".rstrip()
        )
    return lines


def _seconds(value: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3)):
        if value * factor >= 1:
            return f"{value * factor:.3g} {unit}"
    return f"{value * 1e6:.3g} µs"


def main() -> None:
    """Measure, and print the table."""
    os.environ.update(dict.fromkeys(THREADS, "1"))
    runner = pyperf.Runner(processes=3, values=5, warmups=1, add_cmdline_args=_handed_on)
    runner.argparser.add_argument("--only", default="", help="a word of the rows to be measured")
    args = runner.parse_args()
    found: list[tuple[Row, pyperf.Benchmark]] = []
    for row in asked_for(args.only):
        # A process that measures makes ready what it measures, and nothing else.
        work: list[Work] = []

        def once(row: Row = row, work: list[Work] = work) -> None:
            if not work:
                work.append(row.ready())
            work[0]()

        made = runner.bench_func(row.name, once)
        if made is not None and not args.worker:
            found.append((row, made))
    if found:
        print("\n".join(["", *table(found)]))
        if args.output:
            print(f"all values: {Path(args.output).name}")


def _handed_on(command: list[str], args: argparse.Namespace) -> None:
    if args.only:
        command.extend(["--only", args.only])


if __name__ == "__main__":
    main()
