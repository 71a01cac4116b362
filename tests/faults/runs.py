"""What is run with a fault planted: a document written or made anew, or a command.

- ``write DOCUMENT FORMAT``: a document that was made before is written, for ``typst`` as the PDF that
  the embedded typesetter makes.
- ``set DOCUMENT ENGINE``: a document that was made before is written as a PDF, by that typesetter.
- ``make DOCUMENT FORMAT``: the document is made and written.
- ``run WORDS``: a command, with ``{values}``, ``{eight}``, ``{mine}``, ``{claims}``, ``{wrong}``,
  ``{many}``, ``{told}``, ``{tied}``, ``{data}``, ``{out}`` and, of networks with errors, ``{misspelt}``,
  ``{seven}``, ``{large}`` and ``{crowded}`` for files; ``{overflowing}`` are numbers that grow too
  large.

A document is the handout of a cell for T steps, ``elman-2``, or some of its chapters,
``elman-2/example``, with commas between.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from derive.__main__ import main
from derive.bptt.derivation import Derivation
from derive.catalogue import load
from derive.chapters.context import Context
from derive.chapters.handout import CHAPTERS, Handout, build
from derive.chapters.landscape import landscape
from derive.chapters.proof import proof
from derive.chapters.remedies import clipping, remedies, truncated
from derive.checks.verify import Verifier
from derive.document.blocks import Document
from derive.document.text import Text
from derive.errors import DeriveError
from derive.numerics import operations
from derive.numerics.sample import samples
from derive.publishing.publish import write
from derive.render.engine import AUTO, TEX, TYPST
from tests.elman_reference import as_json, numbers

KINDS = ("write", "set", "make", "run")

SECONDS = {"write": 0.8, "set": 4.0, "make": 1.6, "run": 1.0}
"""About what one run of a kind takes of a processor."""

CLAIM = """
[defaults]
cell = "elman"
[[claim]]
id = "slope"
place = "(1)"
says = "The slope."
written = "d(s[t])/d(a[t]) = diag(tanh'(a[t]))"
for = "t=1..T"
"""

MANY = """
[defaults]
cell = "elman"
[[claim]]
id = "residual"
says = "The residual."
written = "grad(L[3], z[3]) = o[3] - y[3]"
[[claim]]
id = "sum"
says = "The sum of all contributions."
written = "d(s[3])/d(W) = sum(k=1..3, prod(j=3..k+1, d(s[j])/d(s[j-1])) * d+(s[k])/d(W))"
[[claim]]
id = "bound"
says = "A bound that is no equation."
written = "norm(d(s[t])/d(s[t-1])) <= norm(W)"
for = "t=2..T"
[[claim]]
id = "held"
cell = "lstm"
says = "With a state held."
written = "d(c[2] | h[1])/d(c[1]) = diag(f[2])"
[[claim]]
id = "power"
says = "A power."
written = "d(s[2])/d(s[1]) = diag(1 - s[2]^2)*W"
[[claim]]
id = "dragged"
says = "A wrong one."
written = "grad(L, V) = sum(t=2..3, (o[t] - y[t])*s[t]')"
[[claim]]
id = "turned"
says = "One that does not fit."
written = "d(s[2])/d(x[2]) = U'*diag(1 - s[2]^2)"
[[claim]]
id = "twisted"
says = "A product that is none."
written = "grad(L[3], s[3]) = W'*(o[3] - y[3])"
[[claim]]
id = "unequal"
says = "A sum that is none."
written = "grad(L, W) = W + U"
[[claim]]
id = "doubled"
says = "A wrong one of two numbers."
written = "L = 2*L[3]"
"""

TOLD = """
source = "Notes"
[texts.notes]
title = "Recurrent networks"
by = "A course"
link = "https://example.org/notes"
[defaults]
cell = "elman"
[[claim]]
id = "weights"
text = "notes"
place = "(7)"
kind = "slip"
says = "The gradient by V."
quote = "dV = d h"
where = { residual = "o[3] - y[3]" }
written = "grad(L[3], V) = residual*s[3]"
right = "grad(L[3], V) = residual*s[3]'"
explanation = "The state must be transposed."
[[claim]]
id = "step"
place = "(9)"
says = "The step Jacobian."
written = "d(s[t])/d(s[t-1]) = W*diag(1 - s[t] .* s[t])"
for = "t=1..T"
condition = "W is a multiple of the identity"
explanation = "The slopes belong to the rows."
when = { numbers = { W = [[0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]] } }
[[claim]]
id = "chain"
says = "The chain rule."
[[claim.reading]]
name = "immediate"
words = "with immediate partials"
written = "d(L[3])/d(W) = sum(k=1..3, d(L[3])/d(s[3]) * d(s[3])/d(s[k]) * d+(s[k])/d(W))"
[[claim.reading]]
name = "total"
written = "d(L[3])/d(W) = sum(k=1..3, d(L[3])/d(s[3]) * d(s[3])/d(s[k]) * d(s[k])/d(W))"
"""

DATA = """
source = "Notes"
[defaults]
cell = "elman"
[[claim]]
id = "start"
says = "It begins at 0."
written = "s[0] = 0*s[0]"
start = "zero"
[[claim]]
id = "sum"
says = "The targets have any sum."
written = "L = sum(t=1..3, L[t])"
targets = "any"
[[claim]]
id = "scaled"
says = "With small weights."
written = "norm(W) <= 1"
scales = { W = 0.01 }
[[claim]]
id = "given"
says = "With weights that are given."
written = "W = W'"
numbers = { W = [[0.5, 0, 0], [0, 0.6, 0], [0, 0, 0.7]], x = 0.5, s0 = [0.1, 0.2, 0.3] }
[[claim]]
id = "function"
says = "With another function."
written = "s[2] = sigmoid(a[2])"
activation = "sigmoid"
[[claim]]
id = "single"
says = "Of single numbers."
written = "s[2] = sigmoid(a[2])"
activation = "sigmoid"
scalar = true
[[claim]]
id = "run"
says = "Of a run."
written = "s[2] = a[2]"
experiment = "linear"
"""

TIED = """
name = "tied"
inputs = { x = "d" }
states = { s = "n" }
equations = '''
a[t] = U*x[t] + W*s[t-1] + b
p[t] = G*x[t] + W*s[t-1] + b_p
v[t] = sigmoid(p[t]) .* tanh(a[t])
s[t] = alpha*s[t-1] + v[t]
z[t] = V*s[t] + c
'''
output = "softmax"
[parameters]
"U G" = "n d"
W = "n n"
"b b_p" = "n"
V = "m n"
c = "m"
[constants]
alpha = 0.1234567
[meanings]
p = "what lets in"
v = "what is new"
"""

NETWORK = """name = "own"
inputs = { x = "d" }
states = { s = "n" }
equations = '''
a[t] = U*x[t] + W*s[t-1]
s[t] = tanh(a[t])
z[t] = V*s[t]
'''
output = "softmax"
[parameters]
U = "n d"
W = "n n"
V = "m n"
"""

NETWORKS = {
    "misspelt": NETWORK.replace("W*s", "Wq*s").replace("V*s", "Vq*s"),
    "seven": NETWORK.replace('"softmax"', "7"),
    "large": NETWORK.replace('"n d"', '"n 40"').replace('"d"', "40"),
    "late": NETWORK.replace("W*s[t-1]", "W*v[t]").replace("z[t] =", "v[t] = s[t-1]\nz[t] ="),
    "cyclic": NETWORK.replace("W*s[t-1]", "W*b[t]").replace(
        "s[t] =", "b[t] = c[t]\nc[t] = a[t]\ns[t] ="
    ),
    "raised": NETWORK.replace("W*s", "W^2*s"),
    "summed": NETWORK.replace("W*s[t-1]", "W*s[t-1] + sum(x[t])"),
    "normed": NETWORK.replace("W*s[t-1]", "W*s[t-1] + norm(x[t])"),
    "clipped": NETWORK.replace("tanh(a[t])", "hardtanh(a[t])"),
    "powered": NETWORK.replace("tanh(a[t])", "pow(a[t], 2)"),
    "tripled": NETWORK.replace('"m n"', '"m 3n"'),
    "gated": NETWORK.replace("s[t] = tanh(a[t])\nz[t] =", "z[t] = tanh(a[t])\ns[t] = z[t]\no[t] ="),
    "lagged": NETWORK.replace("W*s[t-1]", "W*s[t-4]"),
    "crowded": NETWORK + "".join(f'P{n} = "m n p"\n' for n in range(10)),
}
"""Networks with errors: two unknown names, a number for a text, a size, and ten shapes."""

GATE = (
    NETWORK.replace('"own"', '"gate"')
    .replace(
        "a[t] = U*x[t] + W*s[t-1]\ns[t] = tanh(a[t])",
        "g[t] = tanh(U*x[t])\ns[t] = g[t] .* s[t-1] + B*x[t]",
    )
    .replace('W = "n n"', 'B = "n d"')
    .replace('"softmax"', '"linear"')
)
"""A network whose gate is a tanh, so that it takes both signs."""

COURSE = "cell,steps,seed,format,bias\nelman,1,2,md,yes\n"
"""A table of documents."""

WRONG = CLAIM.replace("tanh'(a[t])", "tanh(a[t])")


def refused(run: str, folder: Path, said: Callable[[], str]) -> str | None:
    """Return why a run was refused, None if it was not; ``said`` returns what a command said.

    Whatever else goes wrong is raised: a fault that ends in a traceback was not noticed by a check.
    """
    kind, _, words = run.partition(" ")
    if kind == "run":
        return _commanded(words, folder, said)
    document, _, form = words.partition(" ")
    try:
        made = _made(document) if kind == "make" else handout(document)
        _write(made, document, form, folder / "out")
    except DeriveError as error:
        assert not (folder / "out").exists()
        return str(error)
    return None


def prepare(run: str) -> None:
    """Make, before a fault is planted, what is made once for all runs; forget what others computed."""
    kind, _, words = run.partition(" ")
    if kind in ("write", "set"):
        handout(words.partition(" ")[0])
    else:
        forget()


def forget() -> None:
    """Empty what the program keeps of earlier computations."""
    operations._TAPES.clear()
    for name, module in list(sys.modules.items()):
        # Outlines of letters are costly, and the same for any text.
        if name.startswith("derive.") and not name.startswith("derive.render.drawing"):
            for value in list(vars(module).values()):
                if isinstance(value, functools._lru_cache_wrapper):
                    value.cache_clear()


@cache
def handout(document: str) -> Handout:
    """Return a document, made once."""
    return _made(document)


def _made(document: str) -> Handout:
    network, _, chosen = document.partition("/")
    name, _, steps = network.rpartition("-")
    cell = load(CELLS.get(name, name), **OPTIONS.get(name, {}))
    if chosen in ("", "checks"):
        return build(cell, int(steps), seed=0, more=[chosen] if chosen else [])
    context = Context(Verifier(Derivation(cell, int(steps)), samples(cell, int(steps), 0)), 0)
    more = (clipping, truncated, remedies, landscape, proof)
    chapters = {chapter.__name__: chapter for chapter in (*CHAPTERS, *more)}
    parts = chosen.split(",")
    if "tables" in parts:
        # As where the tables of the checks are asked for.
        parts.remove("tables")
        context.tables = True
    if "first" in parts and "substituted" not in parts:
        # It refers to the sum in which the initial state is a factor, which stands there.
        parts.append("substituted")
    if "substituted" in parts and "direct" not in parts:
        # It refers to the lines on an outer product, which stand there.
        parts.insert(parts.index("substituted"), "direct")
    blocks = [block for part in parts for block in chapters[part](context)]
    title = Text("document.title", {"cell": Text(f"cell.{cell.name}"), "T": int(steps)})
    made = Document(f"{cell.name}-T{steps}", title, None, "en", tuple(blocks))
    context.report.cover(made)
    return Handout(made, context.report)


CELLS = {"goodfellow": "elman", "mse": "elman", "silu": "elman"}
OPTIONS = {"mse": {"output_layer": "linear"}, "silu": {"activation": "silu"}}


def _write(made: Handout, document: str, form: str, out: Path) -> None:
    network, _, _ = document.partition("/")
    name, _, steps = network.rpartition("-")
    notation = "goodfellow" if name == "goodfellow" else "source"
    network_of = (CELLS.get(name, name), int(steps))
    engine = form if form in (TEX, TYPST) else AUTO
    formats = ["pdf"] if form in (TEX, TYPST) else [form]
    write(made, formats, out, notation=notation, network=network_of, engine=engine)


def _times(numbers: Any, factor: float) -> Any:
    """Return the parameters and inputs of a file so many times as large."""
    scaled = {name: (factor * np.array(one)).tolist() for name, one in numbers["params"].items()}
    return {**numbers, "params": scaled, "x": (factor * np.array(numbers["x"])).tolist()}


def _wrong_numbers() -> dict[str, str]:
    """Return files of numbers that must be refused, by what is wrong with them."""
    right = as_json(numbers(3, 4))
    without = {name: value for name, value in right.items() if name != "s0"}
    below = [[-0.5, *row[1:]] for row in right["target"]]
    text = json.dumps(right)
    return {
        "startless": json.dumps(without),
        "unbounded": json.dumps(_times(right, 1e200)),
        "below": json.dumps({**right, "target": below}),
        "uneven": json.dumps({**right, "target": right["target"][:-1]}),
        "wide": json.dumps({**right, "x": [[*row, 1.0] for row in right["x"]]}),
        "flat": json.dumps({"U": [[0.5] * 7]}),
        "unknown": text.replace('"s0"', '"W0"'),
        "unread": '{"x": [1 2]}',
        "twice": text.replace('"x":', '"x": [], "x":'),
        "whole": text.replace(str(right["x"][0][0]), "9007199254740993"),
    }


def _commanded(words: str, folder: Path, said: Callable[[], str]) -> str | None:
    names = ("values.json", "eight.json", "mine.json")
    texts = ("claims.toml", "wrong.toml", "many.toml", "told.toml", "tied.toml", "data.toml")
    files = {name: folder / name for name in (*names, *texts)}
    files["values.json"].write_text(json.dumps(as_json(numbers(3, 4))), encoding="utf-8")
    files["eight.json"].write_text(json.dumps(as_json(numbers(3, 8))), encoding="utf-8")
    mine = {"W": np.full((3, 3), 0.5).tolist()}
    files["mine.json"].write_text(json.dumps(mine), encoding="utf-8")
    files["claims.toml"].write_text(CLAIM, encoding="utf-8")
    files["wrong.toml"].write_text(WRONG, encoding="utf-8")
    files["many.toml"].write_text(MANY, encoding="utf-8")
    files["told.toml"].write_text(TOLD, encoding="utf-8")
    files["tied.toml"].write_text(TIED, encoding="utf-8")
    files["data.toml"].write_text(DATA, encoding="utf-8")
    files["course.csv"] = folder / "course.csv"
    files["course.csv"].write_text(COURSE, encoding="utf-8")
    for name, text in {**NETWORKS, "gate": GATE}.items():
        files[name] = folder / f"{name}.toml"
        files[name].write_text(text, encoding="utf-8")
    files["overflowing"] = folder / "overflowing.json"
    grown = as_json(numbers(3, 4))
    grown["params"] = {
        name: (1e200 * np.array(one)).tolist() for name, one in grown["params"].items()
    }
    files["overflowing"].write_text(json.dumps(grown), encoding="utf-8")
    for name, wrong in _wrong_numbers().items():
        files[name] = folder / f"{name}.json"
        files[name].write_text(wrong, encoding="utf-8")
    named = {path.stem: path for path in files.values()}
    places = {"out": folder / "out", "file": folder / "written.py"}
    status = main(words.format(**named, **places).split())
    # With 2 the words were wrong or a file, and with others something broke.
    return said() if status == 1 else None
