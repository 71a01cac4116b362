"""Every sentence that the code names is in the language files, and each of theirs is named.

A key stands in the code as a text, as the arguments of a function that joins them, or as a text with
one part open.  What may stand in an open part is enumerated here, from the tables of the program.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import pytest

from derive.audit import Verdict, shipped
from derive.calculus.activations import usable
from derive.calculus.losses import LOSSES
from derive.catalogue import load as load_cell
from derive.catalogue import names
from derive.cells.cell import INITIAL
from derive.cells.describe import (
    _of_reads,
    parameter_role,
    role_among_all,
    series_role,
    trained,
)
from derive.chapters import memory, remedies
from derive.chapters.audit import KINDS
from derive.checks.verify import METHODS
from derive.document.beside import CHAPTER
from derive.document.factors import kind_of
from derive.document.language import languages, load
from derive.expressions.equation import Kind
from derive.gradientflow import learning, measure, outcomes
from derive.numerics.initialisation import MATRICES
from derive.publishing.panelmeant import _CURVES
from tests import ROOT

KEYS = load("en").keys
TABLES = "|".join(sorted({key.split(".")[0] for key in KEYS}))
KEY = re.compile(rf"(?:{TABLES})(?:\.[A-Za-z][\w-]*)+")
OPEN = re.compile(rf"(?:{TABLES})\.")


def keys_in(tree: ast.AST) -> Iterator[str]:
    """Yield the keys of a program, those with open parts with ``{…}`` in them as they stand."""
    parts: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts |= {id(part) for part in node.values}
            key = "".join(map(_opened, node.values))
            if OPEN.match(key):
                yield key
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in JOINED:
            parts |= {id(argument) for argument in node.args}
            yield from JOINED[ast.unparse(node.func)](*map(ast.literal_eval, node.args))
        elif isinstance(node, ast.Constant) and id(node) not in parts:
            # What a key is joined from has been seen: a tree is walked from the top down.
            key = str(node.value)
            if KEY.fullmatch(key):
                yield key


def _opened(part: ast.expr) -> str:
    if isinstance(part, ast.FormattedValue):
        return f"{{{ast.unparse(part.value)}}}"
    return str(ast.literal_eval(part))


def _heads(table: str, *columns: str) -> list[str]:
    return [f"{table}.{column}" for column in columns]


def _word(name: str) -> list[str]:
    return [f"ui.{name}"]


JOINED: dict[str, Callable[..., list[str]]] = {
    "heads": _heads, "speaker.word": _word, "plain.word": _word,
}  # fmt: skip
"""Calls that make keys of their arguments, by how they are written."""


def strings_of(function: Callable[..., object]) -> set[str]:
    """Return the texts in the body of a function: what it may return."""
    (tree,) = ast.parse(inspect.getsource(function)).body
    assert isinstance(tree, ast.FunctionDef)
    body = chain.from_iterable(ast.walk(statement) for statement in tree.body[1:])
    return {n.value for n in body if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def verdicts() -> set[tuple[str, str]]:
    """Return all that a run's verdict may say, each with why."""
    tree, name = ast.parse(inspect.getsource(measure)), measure.Asymptotics.__name__
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and ast.unparse(n.func) == name]
    made = [[a.value for a in call.args if isinstance(a, ast.Constant)] for call in calls]
    return {(str(says), str(why[0]) if why else "none") for says, *why in made}


def claimed() -> Iterator[str]:
    for file in shipped():
        for claim in file.claims:
            words = ["says", "explanation", *(f"reading-{r.name}" for r in claim.readings)]
            for word in words + (["condition"] if claim.when is not None else []):
                yield f"{file.name}.{claim.id}.{word}"


CAPTIONED = ("figure", "table", "algorithm")
OF_VERDICT = {verdict.value for verdict in Verdict} - {"conditional", "value"}

FILLINGS: dict[str, Iterable[str]] = {
    "cell.{cell.name}": names(),
    "cell.{network[0]}": names(),
    "claims.{claims.name}.{claim.id}.{key}": claimed(),
    "claims.{claims.name}.{finding.claim.id}.{key}": claimed(),
    "claims.{claims.name}.{finding.claim.id}.reading-{name}": claimed(),
    "heading.audit.{kind}": KINDS,
    "kind.{check.kind.name.lower()}": [kind.name.lower() for kind in Kind],
    "kind.{check.kind.value}": [kind.value for kind in Kind],
    "label.learning.{name}": [method.name for method in learning.METHODS],
    "label.learning.{method.name}": [method.name for method in learning.METHODS],
    "label.learning.{o.method.name}": [method.name for method in learning.METHODS],
    "label.memory.{kind}": (*memory.BESIDE, "this", "opened"),
    "label.memory.{cell.name}": memory.BESIDE,
    "label.remedies.{kind}": remedies.INITIAL,
    "landscape.activation.{name}": usable(),
    "landscape.activation.{other}": usable(),
    "landscape.activation.{row.activation}": usable(),
    "landscape.matrix.{kind}": MATRICES,
    "landscape.matrix.{row.matrix}": MATRICES,
    "landscape.matrix_named.{row.matrix}": MATRICES,
    "landscape.verdict.{verdict.says}": {says for says, _ in verdicts()},
    "method.{check.method}": METHODS,
    "method.{method}": METHODS,
    "prose.audit.{finding.verdict.value}": OF_VERDICT,
    "prose.audit.{'holds' if one.trial.holds else 'fails'}": ("holds", "fails"),
    "prose.checks.{method}": METHODS,
    "prose.conventions.start_{cell.initial}": INITIAL,
    "prose.conventions.start_{cell.initial}{'_several' * (len(cell.handed) > 1)}": [
        f"{kind}{several}" for kind in INITIAL for several in ("", "_several")
    ],
    "prose.flow.{'own_none' if grown else 'own_undefined'}": ("own_none", "own_undefined"),
    "prose.given.{cell.initial}": INITIAL,
    "prose.{kind}.question": ["matrices", "summary"],
    "prose.loss.{cell.loss.name}": [loss.name for loss in LOSSES.values()],
    "prose.remark.{remark}": [*(r for name in names() for r in load_cell(name).remarks)],
    "ui.factor.{self.kind}": strings_of(kind_of),
    "ui.step.{name}": ("back", "next", "close"),
    "ui.{name}.title": CHAPTER,
    "symbol.parameter.{role}": strings_of(parameter_role)
    | strings_of(role_among_all)
    | strings_of(_of_reads)
    | strings_of(trained),
    "symbol.{kind}_gate": {
        kind for name in names() for kind in load_cell(name).gate_kinds.values()
    },
    "symbol.called.{called}": {
        called for name in names() for called in load_cell(name).called.values()
    },
    "symbol.{role}": strings_of(series_role),
    "table.learning.{name}": outcomes.COLUMNS,
    "ui.elsewhere.{label.kind}": CAPTIONED,
    "ui.elsewhere.{named[0]}": CAPTIONED,
    "ui.{name}": [],  # by the calls of `word`
    "ui.{table}.{label.kind}": [
        *(f"reference.{kind}" for kind in ("equation", *CAPTIONED, "section")),
        *(f"label.{kind}" for kind in CAPTIONED),
    ],
    "verdict.audit.{finding.verdict.value}": [verdict.value for verdict in Verdict],
    "verdict.{verdict.says}.{verdict.because}": [".".join(pair) for pair in verdicts()],
    "ui.live.{_CURVES[curve]}": _CURVES.values(),
}
"""What may stand in the open parts; of two, both with the dots between them."""


def filled(key: str) -> Iterator[str]:
    """Yield the keys that one with open parts stands for: from the first to the last is one part."""
    if "{" not in key:
        yield key
        return
    start, _, rest = key.partition("{")
    for filling in FILLINGS[key]:
        yield start + filling + rest.rpartition("}")[2]


def sources() -> dict[str, set[str]]:
    """Return the keys of each module, by its path."""
    return {
        str(path.relative_to(ROOT)): set(keys_in(ast.parse(path.read_text(encoding="utf-8"))))
        for path in sorted((ROOT / "derive").rglob("*.py"))
    }


def differences(keys: frozenset[str], found: dict[str, set[str]]) -> list[str]:
    """Return what is named and not there, and what is there and not named."""
    named = {full: where for where, some in found.items() for key in some for full in filled(key)}
    missing = [f"{where} names {key}" for key, where in named.items() if key not in keys]
    return sorted(missing) + sorted(f"nothing names {key}" for key in keys - named.keys())


def test_open_parts_are_enumerated_where_they_occur() -> None:
    found = {key for keys in sources().values() for key in keys if "{" in key}
    assert found == FILLINGS.keys()


@pytest.mark.parametrize("code", languages())
def test_every_key_has_its_sentence_and_every_sentence_its_key(code: str) -> None:
    assert not differences(load(code).keys, sources())


PROGRAM = '''
Prose("prose.loss.none")
heads("table", "symbol", "nonsense")
speaker.word("nothing")
printer.glyphs.word("log")
Text(f"cell.{cell.name}")
"""prose.network.intro is no key in a text of several words"""
'''


def test_what_the_code_names_is_found() -> None:
    assert set(keys_in(ast.parse(PROGRAM))) == {
        "prose.loss.none", "table.symbol", "table.nonsense", "ui.nothing", "cell.{cell.name}",
    }  # fmt: skip


def test_a_missing_sentence_and_an_idle_one_are_noticed() -> None:
    found = {"here.py": {"cell.{cell.name}", "prose.loss.none"}}
    keys = frozenset({*(f"cell.{name}" for name in names()[1:]), "prose.idle"})
    assert differences(keys, found) == [
        f"here.py names cell.{names()[0]}",
        "here.py names prose.loss.none",
        "nothing names prose.idle",
    ]
