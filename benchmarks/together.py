"""The rows of `make bench`, those that are compared in turns: ``python -m benchmarks.together -o FILE``.

Rows beside each other run in one process, a round of all of them after another, so that what else
the machine does falls on all. Seconds are those of the processor, children counted. A row that
derives or checks has a process of its own, whose peak of memory is kept. FILE is data of pyperf, and
keeps the rows that are not measured again; ``python -m benchmarks.page`` makes the page of it.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pyperf

from benchmarks.bench import THREADS, Row, Work, asked_for, rows, table

LEAST = 0.02
"""Seconds of a value at least: what is faster is repeated for one."""

ENOUGH = 4.0
"""Seconds of a row, after which there are no more rounds."""

PEAK = "mem_max_rss"
"""Pyperf's name of the most memory that a process had, in bytes."""


def groups(word: str) -> list[list[Row]]:
    """Return the rows that are asked for, those together that are compared in turns."""
    found: dict[str, list[Row]] = {}
    for row in asked_for(word):
        key = row.name if row.alone else row.beside or row.name
        found.setdefault(key, []).append(row)
    return list(found.values())


def seconds() -> float:
    """Return the seconds of the processor that this process and its children have taken."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _value(work: Work, loops: int) -> float:
    begun = seconds()
    for _ in range(loops):
        work()
    return (seconds() - begun) / loops


def measured(group: Sequence[Row], rounds: int) -> list[pyperf.Benchmark]:
    """Return the values of rows that are compared, after a first call of each that is not kept."""
    work = [row.ready() for row in group]
    first = [_value(one, 1) for one in work]
    loops = [max(1, int(LEAST / (value + 1e-9))) for value in first]
    # What takes long is measured once, as nobody waits for it twice.
    values: list[list[float]] = [[value] if value > ENOUGH else [] for value in first]
    for _ in range(rounds):
        for one, count, found in zip(work, loops, values, strict=True):
            if sum(found) * count < ENOUGH:
                found.append(_value(one, count))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return [
        pyperf.Benchmark(
            [pyperf.Run(found, metadata={"name": row.name, PEAK: peak}, collect_metadata=False)]
        )
        for row, found in zip(group, values, strict=True)
    ]


def main() -> None:
    """Measure each group in a process, and print the table."""
    os.environ.update(dict.fromkeys(THREADS, "1"))
    # One thread of JAX too, on one core.
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    parser = argparse.ArgumentParser(description="Measure rows in turns.")
    parser.add_argument("--only", default="", help="what stands in the rows, as an expression")
    parser.add_argument("--rounds", type=int, default=7, help="values of each row, at most")
    parser.add_argument("--group", help=argparse.SUPPRESS)
    parser.add_argument("-o", "--output", type=Path, required=True, help="the file of all values")
    args = parser.parse_args()
    if args.group is not None:
        group = next(g for g in groups(args.only) if g[0].name == args.group)
        add(args.output, measured(group, args.rounds))
        return
    for group in groups(args.only):
        words = ["--group", group[0].name, "--rounds", str(args.rounds), "-o", str(args.output)]
        command = [sys.executable, "-m", "benchmarks.together", "--only", args.only, *words]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            print(f"{group[0].name}: {done.stderr.splitlines()[-1:]}", file=sys.stderr)
    found = known(args.output)
    print("\n".join(table([(row, found[row.name]) for row in rows() if row.name in found])))


def known(path: Path) -> dict[str, pyperf.Benchmark]:
    """Return what was measured before, by the names of the rows."""
    if not path.exists():
        return {}
    suite = pyperf.BenchmarkSuite.load(str(path))
    return {bench.get_name(): bench for bench in suite.get_benchmarks()}


def add(path: Path, found: Sequence[pyperf.Benchmark]) -> None:
    """Write the values with those that are known; the file is whole at every time."""
    every = known(path) | {bench.get_name(): bench for bench in found}
    with tempfile.TemporaryDirectory(dir=path.resolve().parent) as folder:
        whole = Path(folder) / path.name
        pyperf.BenchmarkSuite(list(every.values())).dump(str(whole))
        whole.replace(path)


if __name__ == "__main__":
    main()
