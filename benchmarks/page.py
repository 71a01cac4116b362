"""The page of what was measured, made of its data: ``python -m benchmarks.page``.

Writes the tables of docs/performance.md from benchmarks/results.json.  What it says besides stands
in the page; a test reads that its tables are those of the data.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import pyperf

from benchmarks.aims import Aim, aims
from benchmarks.bench import Row, readable, rows
from benchmarks.generated import AGREE, GATES, LOOPS, SIZES
from benchmarks.together import PEAK, known

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results.json"
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- what benchmarks/page.py writes -->", "<!-- and this is its end -->"

Found: TypeAlias = Mapping[str, pyperf.Benchmark]


def _median(name: str, found: Found) -> float:
    return float(statistics.median(found[name].get_values()))


def _megabytes(name: str, found: Found) -> float:
    return float(found[name].get_metadata()[PEAK]) / 2**20


def _lines(head: str, lines: Iterable[Sequence[str]]) -> str:
    cells = head.split("|")
    right = [":--", *["--:"] * (len(cells) - 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in [cells, right, *lines])


def aimed(found: Found) -> str:
    """Return the aims, each with what was measured and whether that reaches it."""

    def line(aim: Aim) -> list[str]:
        text: Callable[[float], str]
        if aim.unit == "MB":
            most, text = f"{aim.most:g} MB", "{:.0f} MB".format
        elif aim.times:
            most, text = f"{aim.most:g} times `{aim.times}`", "{:.2f} times".format
        else:
            most, text = readable(aim.most), readable
        if aim.row not in found or (aim.times and aim.times not in found):
            return [aim.row, most, "not measured", ""]
        value = _megabytes(aim.row, found) if aim.unit == "MB" else _median(aim.row, found)
        if aim.times:
            value /= _median(aim.times, found)
        return [aim.row, most, text(value), "yes" if value <= aim.most else "no"]

    return _lines("what|at most|measured|reached", map(line, aims()))


def of_code(found: Found) -> str:
    """Return generated code beside its matrix products and beside libraries, size by size.

    A library's column is how many times as long it takes as the code.
    """
    lines = []
    for name in GATES:
        for T, n, B in SIZES:
            for dtype in AGREE:
                size = f"T = {T}, n = {n}, B = {B}, {dtype}"
                code, floor = f"code of {name}, {size}", f"matrix products of {name} alone, {size}"
                if code in found and floor in found:
                    beside = [f"plain loop of {name} by {one}, {size}" for one in LOOPS]
                    beside.append(f"code of {name} for numba, {size}")
                    spent = _median(code, found)
                    times = [
                        f"{_median(b, found) / spent:.2f}" if b in found else "" for b in beside
                    ]
                    functions = f"as many tanh as {name} has functions alone, {size}"
                    shares = [
                        f"{_median(part, found) / spent:.2f}" if part in found else ""
                        for part in (floor, functions)
                    ]
                    lines.append([f"{name}, {size}", readable(spent), *shares, *times])
    return _lines("|".join(CODE), lines)


CODE = (
    "code of",
    "it takes",
    "share of its products",
    "of as many tanh",
    "torch.autograd",
    "jax.jit",
    "our code for Numba",
)


def table(all_rows: Iterable[Row], found: Found) -> str:
    """Return the measured rows but for code, each beside the row that it is compared with."""
    lines = []
    for row in all_rows:
        if row.name in found and " B = " not in row.name:
            values, median = found[row.name].get_values(), _median(row.name, found)
            spread = (
                f"{(max(values) - min(values)) / median:.0%}" if len(values) > 1 else "one value"
            )
            memory = f"{_megabytes(row.name, found):.0f} MB" if row.alone else ""
            ratio = f"{median / _median(row.beside, found):.3g}" if row.beside in found else ""
            lines.append([row.name, readable(median), spread, memory, ratio, row.beside])
    return _lines("row|median|spread|memory|ratio|to", lines)


def written(found: Found) -> str:
    """Return all that the page says of the data."""
    return "\n\n".join([
        "## Aims", aimed(found),
        "## Generated code", "How many times as long others take; more than 1 is slower than our NumPy.",
        of_code(found), "## All other rows", table(rows(), found),
    ])  # fmt: skip


def with_table(page: str, made: str) -> str:
    """Return a page with the table in its place."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n\n{made}\n\n{END}{rest.split(END)[1]}"


def main() -> None:
    """Write the page."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_table(page, written(known(RESULTS))), encoding="utf-8")


if __name__ == "__main__":
    main()
