"""What `make bench` measures runs, and its table says what was measured."""

from __future__ import annotations

import pyperf

from benchmarks.bench import Row, asked_for, rows, table
from benchmarks.generated import floor, generated
from benchmarks.symbolic import checked, derived, differentiated


def measured(*seconds: float) -> pyperf.Benchmark:
    run = pyperf.Run(seconds, metadata={"name": "made"}, collect_metadata=False)
    return pyperf.Benchmark([run])


def test_a_row_stands_behind_that_with_which_it_is_compared() -> None:
    seen = set[str]()
    for row in rows():
        assert not row.beside or row.beside in seen
        assert row.name not in seen
        seen.add(row.name)
    asked = [row.name for row in asked_for("lstm, T = 20")]
    assert asked == [
        "matrix products of lstm alone, T = 20, n = 32, B = 16",
        "code of lstm, T = 20, n = 32, B = 16",
    ]


def test_the_table_says_medians_spread_and_ratios() -> None:
    def nothing() -> None:
        return None

    first, other = Row("one", lambda: nothing), Row("another", lambda: nothing, "one")
    lines = table([(first, measured(1.0, 2.0, 3.0)), (other, measured(0.5, 0.5, 0.5))])
    assert [line.split() for line in lines] == [
        ["median", "spread", "ratio"],
        ["one", "2", "s", "50%"],
        ["another", "500", "ms", "0%", "0.25"],
    ]


def test_the_work_of_the_rows_runs() -> None:
    assert derived("elman", 2) > 1000
    assert checked("elman", 1) > 10
    assert differentiated(2) > differentiated(1) > 100
    floor(3, 2, 3, 1)()
    generated("gru", 2, 3, 1)()
