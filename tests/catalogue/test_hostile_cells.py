"""Cell files that nobody should write: none of them ends in a traceback, or in a long wait."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from derive import budgets
from derive.__main__ import main

SECONDS = 12
"""For one run; the machine of the tests may be busy."""

FRAME = '''\
inputs = {{ x = "d" }}
states = {{ s = "n" }}
equations = """
{equations}
"""
[parameters]
{parameters}
'''
SHAPES = 'W = "n n"\nU = "n d"\nV = "m n"'
STEP = "s[t] = tanh(W*s[t-1] + U*x[t])"
OUT = "z[t] = V*s[t]"


def cell(equations: str = f"{STEP}\n{OUT}", parameters: str = SHAPES) -> str:
    return FRAME.format(equations=equations, parameters=parameters)


def chained(line: str, count: int = 25) -> str:
    rows = ["a1[t] = tanh(W*s[t-1] + U*x[t])"]
    rows += [line.format(new=f"a{n}", old=f"a{n - 1}") for n in range(2, count + 1)]
    return cell("\n".join([*rows, f"s[t] = a{count}[t]", OUT]))


def step(formula: str) -> str:
    return cell(f"s[t] = {formula}\n{OUT}")


def sized(size: str) -> str:
    return cell().replace('"n n"', f'"{size} {size}"').replace('"n d"', f'"{size} d"').replace(
        '"m n"', f'"m {size}"'
    ).replace('s = "n"', f's = "{size}"')  # fmt: skip


def named(name: str) -> str:
    """Return a cell with a parameter of that name."""
    return cell(f"s[t] = tanh({name}*s[t-1] + U*x[t])\n{OUT}").replace(
        'W = "n n"', f'{name} = "n n"'
    )


def quoted(name: str) -> str:
    return named(name).replace(f'{name} = "n n"', f'"{name}" = "n n"')


def run(*argv: str) -> tuple[int, str]:
    """Return the exit status and what was printed as an error; within the time."""
    err = io.StringIO()
    began = time.process_time()
    with contextlib.redirect_stderr(err), contextlib.redirect_stdout(io.StringIO()):
        status = main(list(argv))
    took = time.process_time() - began
    # A handout, which a check that passes has made too, has figures and experiments, which take their
    # time whatever the cell; what is refused is refused soon.
    made = status == 0 or argv[0] != "check"
    assert took < (10 * SECONDS if made else SECONDS), f"{took:.1f} s"
    assert status in (0, 1, 2)
    said = err.getvalue()
    assert len(said) < 4000
    assert all(c.isprintable() or c == "\n" for c in said), said
    for word in ("<ast", "Traceback", "pydantic", "object at 0x", "Warning"):
        assert word not in said, said
    return status, said


BIG = "9e99*(9e99*(9e99*(9e99*(W*s[t-1] + U*x[t]))))"

GROWN = "9e99*ones(n) + W*s[t-1] + U*x[t]"

# name: the file, and what the message says
REFUSED: dict[str, tuple[str | bytes, str]] = {
    "power": (step("9^9999999999*s[t-1]"), "--limit"),
    "powers": (step("2^50^50^50*s[t-1]"), "--limit exponent="),
    "exponent": (step("1e99999999*s[t-1]"), "--limit exponent="),
    "digits": (step(f"{'9' * 4400}*s[t-1]"), "--limit digits="),
    "signs": (step("- " * 2000 + "s[t-1]"), "--limit formula-nesting="),
    "more signs": (step("- " * 5000 + "s[t-1]"), "--limit formula-characters="),
    "parentheses": (step("(" * 500 + "s[t-1]" + ")" * 500), "--limit formula-nesting="),
    "index": (step("s[" + "(" * 500 + "t" + ")" * 500 + "]"), "--limit formula-nesting="),
    "index power": (step("s[t*t*t-1]"), "numbers only"),
    "sum": (step("sum(k=1..1000000000, s[t-1])"), "--limit sum-range="),
    "terms": (step(" + ".join(["s[t-1]"] * 450)), "--limit formula-size="),
    "doubling": (chained("{new}[t] = {old}[t] + {old}[t]"), "--limit paths="),
    "products": (chained("{new}[t] = {old}[t] .* {old}[t]"), "--limit paths="),
    "functions": (chained("{new}[t] = tanh({old}[t]) + {old}[t]"), "--limit paths="),
    "parameters": (
        cell(parameters=SHAPES + "".join(f'\nP{n} = "n n"' for n in range(2000))), "--limit names="
    ),
    "size": (sized("3000"), "--limit size="),
    "sum of sizes": (
        sized("20+n+n+n+n+n+n+n").replace("x = \"d\"", "x = \"n\"").replace(" d", " n"),
        "--limit size=",
    ),
"digits of a size": (sized("9" * 30), "--limit size="),
    "size and one": (sized("n+1"), "the size n stands in sums only"),
    "constant": (cell() + f"[constants]\nc = {'1' * 5000}", "too many digits"),
    "large constant": (cell() + "[constants]\nc = 1e300", "--limit exponent="),
    "nan": (cell() + "[constants]\nc = nan", "expected a finite number"),
    "kind": ("equations = 1", "equations is the number 1; expected a text"),
    "list": (cell().replace('{ x = "d" }', "[1, 2]"), "inputs is a list"),
    "date": (cell().replace('x = "d"', "x = 2020-01-01"), "x in inputs is the date"),
    "false date": (cell().replace('x = "d"', "x = 2020-13-01"), "not TOML"),
    "truth": (cell().replace('x = "d"', "x = true"), "x in inputs is true; expected a size"),
    "tables": (cell() + "\n[parameters.a.b.c]\n", "a in parameters is a table"),
    "lists": ("a = " + "[" * 3000 + "]" * 3000, "--limit nesting="),
    "braces": ("a = " + "{a=" * 3000 + "1" + "}" * 3000, "--limit nesting="),
    "dots": (".".join("a" * 2000) + " = 1", "--limit nesting="),
    "lines": ("a = [\n" + "[\n" * 3000 + "]\n" * 3001, "nest"),
    "twice": (cell() + '\nW = "n n"', "not TOML"),
    "empty": (b"", "the key 'equations' is missing"),
    "no state": (
        'inputs = { x = "d" }\nequations = "z[t] = V*x[t]"\n[parameters]\nV = "m d"',
        "nothing is handed from step to step",
    ),
    "nul": (b"\0" * 10, "not TOML"),
    "latin-1": ("title = 'é'".encode("latin-1"), "line 1, column 10: the byte 0xe9 is not UTF-8"),
    "bytes": (bytes(range(128, 256)), "is not UTF-8"),
    "utf-16": (cell().encode("utf-16"), "is not UTF-8"),
    "escape": ('"\\u001b[31m" = 1', "unknown key '\\x1b[31m'"),
    "direction": ('"\\u202eabc" = 1', "\\u202e"),
    "long key": (f'{"k" * 100_000} = 1', "unknown key"),
    "no recurrence": (step("tanh(U*x[t])").replace('W = "n n"\n', ""), "nothing recurs"),
    "title": (cell().replace("inputs", 'title = "a\\nb"\ninputs', 1), "printed, on one line"),
    "name": (cell().replace("inputs", 'name = "../x"\ninputs', 1), "name is the text '../x'"),
    "nothing felt": (
        cell(f"q[t] = softmax(W*s[t-1])\ns[t] = tanh(mean(q[t])*U*x[t])\n{OUT}"),
        "the gradient by W is 0 but for rounding",
    ),
    "overflow": (step(BIG), "--limit exponent="),
    "overflows": (
        cell(f"a[t] = {GROWN}\nb[t] = 9e99*a[t]\nq[t] = 9e99*b[t]\ns[t] = 9e99*q[t]\n{OUT}"),
        "beyond what float64 holds",
    ),
    "call": (step("__import__('os')*s[t-1]"), "column"),
    "no rule": (step("norm(W)*tanh(s[t-1] + U*x[t])"), "'norm' is no function of a step"),
    "underscores": (named("h__x"), "two underscores at most"),
    "indices": (named("a_b_c_d"), "two underscores at most"),
    "dunder": (named("__class__"), "two underscores at most"),
    "start": (named("s0"), "the initial state of s"),
    "step": (named("s_1"), "would print as s at the step 1"),
    "step t": (named("x_t"), "would print as x at the step t"),
    "step t1": (named("s_t1"), "would print as s at the step t1"),
    "letter": (quoted("变"), "is not a name: use letters"),
    "Greek": (quoted("α"), "write alpha"),
    "accent": (quoted("h̃"), "write htilde"),
    "long name": (named("a" * 41), "--limit name-characters="),
    "size of time": (cell().replace('"m n"', '"t n"'), "the size 't' stands for a time index"),
    "size and name": (cell().replace('"m n"', '"W n"'), "'W' is a size and cannot be a quantity"),
    **{f"taken {n}": (named(n), "stands for") for n in "T t k j L y I d".split()},
    "form": (named("softmax"), "is a function"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_the_reason(case: str, tmp_path: Path) -> None:
    text, said = REFUSED[case]
    path = tmp_path / "mine.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    status, message = run("check", str(path), "-T", "2")
    assert said in message, message
    assert status in (1, 2)


ODD_NAMES = (
    "class lambda None np float print any rows values sizes data grads forward T_a t_in "
    "alpha pi htilde W_in W_12 e i self dtype residual initial B Array size_of softplus_slope X1"
).split()


def odd_names() -> str:
    """Return a cell with parameters of all those names."""
    sum_of = " + ".join(f"{n}*s[t-1]" for n in ODD_NAMES)
    shapes = SHAPES.replace('W = "n n"', f'"{" ".join(ODD_NAMES)}" = "n n"')
    return cell(f"s[t] = tanh({sum_of} + U*x[t])\n{OUT}", shapes)


ACCEPTED: dict[str, str | bytes] = {
    "names": odd_names(),
    "sizes": cell().replace('"m n"', '"class n"').replace('"n d"', '"n lambda"').replace(
        '{ x = "d" }', '{ x = "lambda" }'
    ),
    "states": cell().replace("s[t", "class[t").replace("{ s = ", "{ class = "),
    "inputs": cell().replace("x[", "rows[").replace("x = ", "rows = "),
    "residual": cell().replace("s[t", "residual[t").replace("{ s = ", "{ residual = "),
    "numbers": sized("3"),
    "mark": b"\xef\xbb\xbf" + cell().encode(),
    "windows": cell().replace("\n", "\r\n").encode(),
    "cubes": cell(f"{STEP}\nq[t] = s[t].*s[t].*s[t]\nz[t] = V*q[t]"),
    "grows": cell(f"{STEP}\na[t] = 1000*s[t] .* s[t]\nz[t] = 1000*V*a[t]"),
    "softmax": step("softmax(W*s[t-1] + U*x[t])"),
    "twice": cell(f"{STEP}\nz[t] = V*s[t] + V*(s[t] .* s[t])"),
    "past the state": cell(f"{STEP}\nq[t] = U*x[t] + s[t]\nz[t] = V*q[t]"),
    "input of the output": cell(
        f"{STEP}\nz[t] = V*s[t] + Q*u[t]", SHAPES + '\nQ = "m d"'
    ).replace('x = "d"', 'x = "d", u = "d"'),
}  # fmt: skip


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted_by_every_command(case: str, tmp_path: Path) -> None:
    text = ACCEPTED[case]
    path = tmp_path / "mine.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert_works(path, tmp_path)


def assert_works(path: Path, folder: Path) -> None:
    """Every command takes it, and the code that is printed for it checks itself."""
    for argv in (
        ("check", str(path), "-T", "2"),
        ("code", str(path), "--out", str(folder / "code.py")),
        ("handout", str(path), "-T", "2", "--format", "md", "--out", str(folder)),
    ):
        status, message = run(*argv)
        assert status == 0, message
    names: dict[str, Any] = {"__name__": "generated"}
    exec((folder / "code.py").read_text(encoding="utf-8"), names)
    assert names["check"]() < 1e-9


def test_files_that_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder.toml").mkdir()
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "device.toml").symlink_to("/dev/zero")
    (tmp_path / "circle.toml").symlink_to(tmp_path / "circle.toml")
    (tmp_path / "large.toml").write_text("#" * 300_000, encoding="utf-8")
    (tmp_path / "linked.toml").symlink_to(tmp_path / "large.toml")
    # A name in an abstract space would need no file, but the path of one may be too long.
    server = socket.socket(socket.AF_UNIX)
    monkeypatch.chdir(tmp_path)
    server.bind("socket.toml")
    try:
        for name in ("folder", "pipe", "device", "circle", "linked", "socket", "none", "a\0b"):
            status, said = run("check", f"{name}.toml")
            assert status == 2
            assert ("file" in said) or "\0" in name
    finally:
        server.close()
    assert "--limit cell-bytes=" in run("check", "linked.toml")[1]


def test_limits_can_be_raised(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(step(" + ".join(["s[t-1]"] * 25 + ["tanh(W*s[t-1] + U*x[t])"])), "utf-8")
    lower = ("check", str(path), "-T", "1", "--limit", "formula-size=9")
    status, said = run(*lower)
    assert status in (1, 2)
    assert "expected at most 9 operations" in said
    assert "--limit formula-size=NUMBER" in said
    # The last one counts, and nothing is left of it for the next command.
    assert run(*lower, "--limit", "formula-size=99")[0] == 0
    assert run(*lower[:-2])[0] == 0
    for given, said in (
        ("siz=9", "did you mean size?"),
        ("size", "expected a whole number"),
        ("size=-1", "expected a whole number"),
        (f"size={'9' * 5000}", "expected a whole number"),
    ):
        status, message = run("check", str(path), "--limit", given)
        assert status == 2
        assert said in message


def test_every_limit_says_why() -> None:
    for name, budget in budgets.BUDGETS.items():
        assert name == budget.name
        assert budget.most > 0
        assert budget.unit
        assert budget.why
