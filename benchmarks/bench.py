"""What `make bench` measures, side by side in one run, with pyperf: ``python -m benchmarks.bench``.

Each row is compared with another one of its run: a median, the spread (from the first to the third
quartile, as a part of the median), and the ratio of the medians. ``-o FILE`` keeps all values, as
data; ``--only WORD`` measures the rows whose name has that word; pyperf's own options, as
``--fast``, are there too.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

import pyperf

Work: TypeAlias = Callable[[], object]

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""One each, as threads that wait for another of a busy machine are no work; set before NumPy comes."""


ALONE = ("derive and print", "check ", "sympy.diff", "CasADi", "all T", "forward passes", "SymPy")
"""How the names of rows begin that take memory, or are faster the second time in a process."""


@dataclass(frozen=True)
class Row:
    """What is measured, made ready when it is its turn, and the row with which it is compared."""

    name: str
    ready: Callable[[], Work]
    beside: str = ""
    needs: str = ""
    """A package that may not be installed; then the row is left out."""

    @property
    def alone(self) -> bool:
        """Tell whether it takes memory that is of interest, and so a process of its own."""
        return self.name.startswith(ALONE)


def rows() -> Iterator[Row]:
    """Yield all rows, also those whose packages are not here; what others are beside comes first."""
    yield from _symbolic()
    yield from _generated()
    yield from _commands()


PASSES = "forward passes that a check of elman runs, T = 300"
"""The row that shows what a check at many steps is made of."""


def asked_for(word: str) -> list[Row]:
    """Return the rows whose name has a word, a regular expression, and those beside them."""
    here = [row for row in rows() if not row.needs or find_spec(row.needs) is not None]
    found = [row for row in here if re.search(word, row.name)]
    names = {row.name for row in found} | {row.beside for row in found}
    return [row for row in here if row.name in names]


def _symbolic() -> Iterator[Row]:
    from benchmarks.symbolic import (
        checked,
        derived,
        differentiated,
        graphed,
        made_again,
        passes,
        terms,
        unrolled,
    )

    for T in (3, 5, 6):
        scalar = f"sympy.diff of the loss with one unit, T = {T}"
        yield Row(scalar, _with(differentiated, T))
        yield Row(f"derive and print elman, T = {T}", _with(derived, "elman", T), scalar)
        two = f"sympy.diff of the loss with two units, T = {T}"
        if T < 6:
            yield Row(two, _with(unrolled, T))
    for cell in ("elman", "lstm"):
        few = f"derive and print {cell}, T = 3"
        if cell == "lstm":
            yield Row(few, _with(derived, cell, 3))
        made = f"SymPy makes the expressions of {cell} again, T = 3"
        yield Row(made, partial(made_again, cell, 3), few)
        for T in (100, 1000, 10_000):
            long = f"derive and print {cell}, T = {T}"
            yield Row(long, _with(derived, cell, T), few)
            if cell == "elman":
                graph = f"CasADi's graph of the gradients, T = {T}"
                yield Row(graph, _with(graphed, T), long, "casadi")
    yield Row("all T(T+1)/2 terms of elman, T = 100", _with(terms, "elman", 100))
    for cell, steps in (("elman", (3, 30, 300, 1000)), ("lstm", (3, 30, 300))):
        beside = ""
        for T in steps:
            name = f"check {cell}, T = {T}"
            yield Row(name, _with(checked, cell, T), beside)
            beside = beside or name
            if (cell, T) == ("elman", 300):
                yield Row(PASSES, partial(passes, cell, T), name)


def _generated() -> Iterator[Row]:
    from benchmarks.generated import (
        AGREE,
        APPLIED,
        GATES,
        LOOPS,
        SIZES,
        applied,
        differentiated,
        floor,
        generated,
    )
    from derive.codegen.target import NUMPY_MODULE, TARGETS

    others = [target for target in TARGETS.values() if target is not NUMPY_MODULE]
    for name, gates in GATES.items():
        for T, n, B in SIZES:
            for dtype in AGREE:
                size = f"T = {T}, n = {n}, B = {B}, {dtype}"
                alone = f"matrix products of {name} alone, {size}"
                yield Row(alone, partial(floor, gates, T, n, B, dtype))
                if dtype == "float64":
                    functions = f"as many tanh as {name} has functions alone, {size}"
                    yield Row(functions, partial(applied, APPLIED[name], T, n, B), alone)
                yield Row(
                    f"code of {name}, {size}", partial(generated, name, T, n, B, dtype), alone
                )
                for library in LOOPS:
                    made = partial(differentiated, name, T, n, B, dtype, library)
                    yield Row(f"plain loop of {name} by {library}, {size}", made, alone, library)
                for target in others if dtype == "float64" else ():
                    made = partial(generated, name, T, n, B, target=target.name)
                    code = f"code of {name} for {target.name}, {size}"
                    yield Row(code, made, alone, target.package)


def _commands() -> Iterator[Row]:
    bare = "import sympy"
    yield Row(bare, _with(_run, "-c", "import sympy"))
    for words in (["--help"], ["--version"], ["show", "elman-grad-W-sum"]):
        yield Row(f"derive {' '.join(words)}", _with(_run, "-m", "derive", *words), bare)
    compiled = "its two passes of xelatex alone"
    yield Row(compiled, _compiling)
    yield Row("handout of elman, T = 3, pdf by tex", _with(_handout, "pdf --engine tex"), compiled)
    markdown = "handout of elman, T = 3, md"
    yield Row(markdown, _with(_handout, "md"), bare)
    for other in ("latex", "html", "pdf --engine typst"):
        yield Row(f"handout of elman, T = 3, {other}", _with(_handout, other), markdown)
    yield Row("handout of elman, T = 3, md, again", partial(_again, "md"), markdown)


def _with(function: Callable[..., object], *values: object) -> Callable[[], Work]:
    """Return what makes ready a call of a function that needs nothing but its values."""
    return lambda: partial(function, *values)


def _handout(form: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        words = ["handout", "elman", "--steps", "3", "--out", folder, "--format", *form.split()]
        _run("-m", "derive", *words)


def _again(form: str) -> Work:
    """Return the same handout once more, into the folder where it stands."""
    folder = tempfile.mkdtemp()
    words = ["handout", "elman", "--steps", "3", "--out", folder, "--format", *form.split()]
    _run("-m", "derive", *words)
    return lambda: _run("-m", "derive", *words)


def _compiling() -> Work:
    """Return the compile of a handout's source by nothing but its typesetter."""
    folder = Path(tempfile.mkdtemp())
    _run("-m", "derive", "handout", "elman", "--out", str(folder), "--format", "latex")
    source = next(folder.rglob("*.tex"))
    command = ["xelatex", "-halt-on-error", "-interaction=batchmode", source.name]

    def passes() -> None:
        for _ in range(2):
            subprocess.run(command, cwd=source.parent, check=True, capture_output=True)

    return passes


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
            f"{row.name:{widest}}  {readable(made.median()):>10}  "
            f"{quartiles / made.median():>6.0%}  {ratio:>7}".rstrip()
        )
    return lines


def readable(value: float) -> str:
    """Return seconds in their unit, three digits of them."""
    for unit, factor in (("s", 1.0), ("ms", 1e3)):
        if value * factor >= 1:
            return f"{value * factor:.3g} {unit}"
    return f"{value * 1e6:.3g} µs"


def main() -> None:
    """Measure, and print the table."""
    os.environ.update(dict.fromkeys(THREADS, "1"))
    runner = pyperf.Runner(processes=3, values=5, warmups=1, add_cmdline_args=_handed_on)
    runner.argparser.add_argument(
        "--only", default="", help="what stands in the rows, as an expression"
    )
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
