"""What `make bench` measures runs, and its table says what was measured."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pyperf
import pytest

from benchmarks import bench
from benchmarks.aims import aims
from benchmarks.bench import Row, asked_for, rows, table
from benchmarks.generated import GATES, LOOPS, floor, generated
from benchmarks.generated import differentiated as loop
from benchmarks.page import PAGE, RESULTS, aimed, with_table, written
from benchmarks.symbolic import (
    checked,
    derived,
    differentiated,
    made_again,
    passes,
    terms,
    unrolled,
)
from benchmarks.together import PEAK, add, groups, known
from benchmarks.together import measured as measured_in_turns


def measured(*seconds: float) -> pyperf.Benchmark:
    run = pyperf.Run(seconds, metadata={"name": "made"}, collect_metadata=False)
    return pyperf.Benchmark([run])


def test_a_row_stands_behind_that_with_which_it_is_compared() -> None:
    seen = set[str]()
    for row in rows():
        assert not row.beside or row.beside in seen
        assert row.name not in seen
        seen.add(row.name)
    asked = [row.name for row in asked_for("code of lstm, T = 20, .* float64")]
    assert asked == [
        "matrix products of lstm alone, T = 20, n = 32, B = 16, float64",
        "code of lstm, T = 20, n = 32, B = 16, float64",
    ]


def test_a_row_whose_package_is_not_here_is_listed_and_not_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph = "CasADi's graph of the gradients, T = 100"
    assert graph in [row.name for row in rows()]
    monkeypatch.setattr(bench, "find_spec", lambda name: None)
    assert not asked_for(graph)


def test_rows_that_are_compared_are_measured_in_turns_and_those_that_take_memory_alone() -> None:
    found = [[row.name for row in group] for group in groups("^(check|derive --)")]
    assert ["check elman, T = 3"] in found
    assert ["import sympy", "derive --help", "derive --version"] in found
    calls: list[str] = []
    turns = [Row(name, partial(partial, calls.append, name)) for name in ("a", "b")]
    made = measured_in_turns(turns, 2)
    assert [one.get_name() for one in made] == ["a", "b"]
    assert calls[:3] == ["a", "b", "a"]


def test_values_are_added_to_those_that_are_known(tmp_path: Path) -> None:
    path = tmp_path / "values.json"
    for name, seconds in (("one", 1.0), ("another", 2.0), ("one", 3.0)):
        run = pyperf.Run([seconds], metadata={"name": name}, collect_metadata=False)
        add(path, [pyperf.Benchmark([run])])
    assert {name: one.median() for name, one in known(path).items()} == {"one": 3.0, "another": 2.0}


def test_the_page_is_that_of_the_data_and_the_data_say_nothing_of_a_machine() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert with_table(text, written(known(RESULTS))) == text, "python -m benchmarks.page"
    data = json.loads(RESULTS.read_text(encoding="utf-8"))
    kept = {key for one in data["benchmarks"] for key in one["metadata"]}
    assert kept <= {"name", PEAK}
    assert {"name", *known(RESULTS)} <= {"name", *(row.name for row in rows())}


def test_an_aim_is_reached_where_the_value_is_at_most_the_most() -> None:
    def value(name: str, seconds: float) -> pyperf.Benchmark:
        metadata = {"name": name, PEAK: 100 * 2**20}
        return pyperf.Benchmark([pyperf.Run([seconds], metadata=metadata, collect_metadata=False)])

    names = {name for aim in aims() for name in (aim.row, aim.times) if name}
    assert names <= {row.name for row in rows()}
    for seconds, reached in ((1e-6, "yes"), (1e6, "no")):
        compared = {aim.times for aim in aims()}
        found = {name: value(name, 1.0 if name in compared else seconds) for name in names}
        lines = [
            line
            for aim, line in zip(aims(), aimed(found).splitlines()[2:], strict=True)
            if aim.unit == "s" and aim.row not in compared
        ]
        assert len(lines) > 5
        assert all(line.endswith(f"| {reached} |") for line in lines)


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
    assert unrolled(2) > unrolled(1) > 100
    assert terms("elman", 3) == 6
    made_again("elman", 1)()
    passes("elman", 1)()
    floor(3, 2, 3, 1)()
    generated("gru", 2, 3, 1)()


@pytest.mark.parametrize("library", sorted(LOOPS))
@pytest.mark.parametrize("name", sorted(GATES))
def test_the_loops_of_libraries_have_our_gradients(name: str, library: str) -> None:
    pytest.importorskip(library)
    loop(name, 3, 4, 2, "float64", library)()
