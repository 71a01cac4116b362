"""One word per thing: names of classes, aliases and types, and who may use a private name."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests import ROOT
from tools.any_share import counted, share

MOST_ANY = 0.08
"""The typed models of the field say Any in 2 to 8 % of their annotations."""

HOOKS = {"_eval_transpose", "_entry", "_latex", "_sympystr", "_op_priority", "_repr_mimebundle_"}
"""Names that SymPy and notebooks give, and look for in any class."""


def sources() -> dict[str, str]:
    package = ROOT / "derive"
    return {
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", "."): path.read_text(
            encoding="utf-8"
        )
        for path in sorted(package.rglob("*.py"))
    }


# One name, one thing


def names_of_types(tree: ast.Module) -> Iterator[str]:
    """Yield the classes of a module, wherever they stand, and its aliases of types."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias":
            yield ast.unparse(node.target)
    for node in tree.body:
        # CamelCase = Annotated[…] or A | B is an alias as well, though it does not say so.
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if re.fullmatch(r"_?[A-Z]\w*[a-z]\w*", name) and not isinstance(node.value, ast.Call):
                yield name


def twice(modules: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the names that stand for several things, with the modules that define them."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for module, source in modules.items():
        for name in names_of_types(ast.parse(source)):
            found[name].append(module)
    return {name: where for name, where in found.items() if len(where) > 1}


def test_no_name_of_a_class_or_alias_stands_twice() -> None:
    # The checker of certificates is a program of its own: nothing of derive can be confused with it.
    own = {name: text for name, text in sources().items() if name != "derive.proving.checker"}
    assert len(own) == len(sources()) - 1
    assert not twice(own)


@pytest.mark.parametrize(
    "source",
    [
        "class Line: pass",
        "def f():\n    class Line: pass",
        "class Line(Protocol): pass",
        "Line: TypeAlias = int",
        "Line = dict[str, int]",
        "Line = int | str",
    ],
)
def test_a_name_that_stands_twice_is_seen(source: str) -> None:
    assert twice({"a": "class Line: pass", "b": source}) == {"Line": ["a", "b"]}


def test_tables_and_variables_are_no_aliases() -> None:
    source = "LINES = [1]\nlines = dict[str, int]\nLine = make()"
    assert not twice({"a": source, "b": source})


@pytest.mark.parametrize("alias", [r"NDArray\[", r"Callable\[\[str\], None\]$"])
def test_arrays_and_progress_have_one_alias_each(alias: str) -> None:
    found = [
        module
        for module, source in sources().items()
        if re.search(rf'^\w+(?:: TypeAlias)? = "?{alias}', source, re.M)
    ]
    assert found in (["derive.arrays"], ["derive.progress"])


# Any


def test_few_annotations_say_any() -> None:
    some, every, where = share()
    assert every > 4000
    assert some / every < MOST_ANY, where.most_common(10)


def test_any_is_counted_where_it_stands() -> None:
    source = (
        "def f(a: Any, *b: list[Any], c: int = 0, **d: Any) -> Any: ...\nx: dict[str, Any] = {}\n"
    )
    assert counted(source) == (5, 6)
    assert counted("A: TypeAlias = Callable[[Any], int]\nB: TypeAlias = int\n") == (1, 2)
    assert counted("def f(a, b: Anything): ...\n# Any\n") == (0, 1)


# Private names


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name != "_" and name not in HOOKS


def defined(tree: ast.Module) -> set[str]:
    """Return the private names that a module gives: to functions, classes, variables, attributes."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
                found.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)  # in __slots__
    return set(filter(is_private, found))


def own_names(tree: ast.Module) -> Iterator[tuple[str, set[str], set[str]]]:
    """Yield each class with its bases and the private names that it gives to or reads of itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            names = {n.name for n in ast.walk(node) if isinstance(n, ast.FunctionDef)}
            names |= {
                n.attr
                for n in ast.walk(node)
                if isinstance(n, ast.Attribute) and ast.unparse(n.value) in ("self", "cls")
            }
            bases = {ast.unparse(base).split("[")[0].split(".")[-1] for base in node.bases}
            yield node.name, bases, set(filter(is_private, names))


def borrowed(modules: Mapping[str, str]) -> list[str]:
    """Return the uses of a private name outside of the module that it belongs to.

    An import of it; an attribute of something else than self that only another module gives; and
    one of self that a class of another module, from which it inherits, has for itself.
    """
    trees = {module: ast.parse(source) for module, source in modules.items()}
    given = {module: defined(tree) for module, tree in trees.items()}
    everywhere = set().union(*given.values())
    classes = {
        name: (module, bases, names)
        for module, tree in trees.items()
        for name, bases, names in own_names(tree)
    }
    found = []
    for module, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module in modules:
                found += [f"{module}: import {a.name}" for a in node.names if is_private(a.name)]
            elif isinstance(node, ast.Attribute) and is_private(node.attr):
                other = node.attr in everywhere - given[module]
                if other and ast.unparse(node.value) not in ("self", "cls"):
                    found.append(f"{module}: {ast.unparse(node)}")
    for name, (module, bases, names) in classes.items():
        waiting = set(bases)
        while waiting:
            base = waiting.pop()
            home, further, theirs = classes.get(base, (module, set(), set()))
            waiting |= further
            if home != module:
                found += [f"{module}: {name}.{shared} of {base}" for shared in names & theirs]
    return found


def test_no_module_uses_a_private_name_of_another() -> None:
    assert not borrowed(sources())


HOME = "def _given(): pass\nclass Box:\n    def __init__(self):\n        self._inside = 1\n"


@pytest.mark.parametrize(
    "source",
    [
        "from home import _given",
        "import home\nhome._given()",
        "def f(box):\n    return box._inside",
        "def f(box):\n    box._inside = 2",
        "from home import Box\nclass Other(Box):\n    def f(self):\n        return self._inside",
        "from home import Box\nclass Other(Box):\n    def _inside(self): pass",
        "import home\nclass Other(home.Box[int]):\n    def _inside(self): pass",
    ],
)
def test_a_borrowed_private_name_is_seen(source: str) -> None:
    assert borrowed({"home": HOME, "guest": source})


@pytest.mark.parametrize(
    "source",
    [
        "def _given(): pass\n_given()",
        "class Other:\n    def __init__(self):\n        self._inside = 1\n"
        "    def f(self, other):\n        return other._inside",
        "from elsewhere import _other",
        "from home import Box\nclass Other(Box):\n    def _eval_transpose(self): pass",
    ],
)
def test_a_private_name_of_its_own_is_no_fault(source: str) -> None:
    assert not borrowed({"home": HOME, "guest": source})


# Types for users


USED = """
import derive

made: derive.Derivation = derive.derivation("elman", steps=3)
equation: derive.Equation = made["elman-grad-W-terms-3"]
text: str = derive.latex(equation)
check: derive.Check = derive.check(made, equation)
passed: bool = check.passed
error: float = check.error
version: str = derive.__version__
"""

MISUSED = {
    "derive.derivation(3)": "arg-type",
    "derive.derivation('elman', steps='3')": "arg-type",
    "number: int = derive.latex(derive.derivation('elman', steps=3)['elman-grad-W'])": "assignment",
    "derive.check(derive.derivation('elman', steps=3), 'elman-grad-W').holds": "attr-defined",
    "derive.derivate('elman')": "attr-defined",
}


def type_checked(folder: Path, source: str) -> tuple[str, int]:
    """Return what mypy says of a user's program, and its exit status."""
    from mypy import api

    program = folder / "program.py"
    program.write_text(source, encoding="utf-8")
    # SymPy has no types; a user says so as we do.
    settings = folder / "mypy.ini"
    settings.write_text(
        f"[mypy]\nmypy_path = {ROOT}\n[mypy-sympy.*]\nignore_missing_imports = True\n",
        encoding="utf-8",
    )
    said, failed, status = api.run(
        [
            "--strict", "--follow-imports=silent", "--no-error-summary",
            f"--config-file={settings}", f"--cache-dir={folder / 'cache'}", str(program),
        ]
    )  # fmt: skip
    assert not failed
    return said, status


def test_a_program_that_uses_the_library_is_typed(tmp_path: Path) -> None:
    assert (ROOT / "derive" / "py.typed").is_file()
    assert type_checked(tmp_path, USED) == ("", 0)
    # All wrong lines in one run, as it takes a while to read the package.
    wrong = "import derive\n" + "\n".join(MISUSED)
    said, status = type_checked(tmp_path, wrong)
    assert status == 1
    found = re.findall(r"program\.py:(\d+): error: .*\[([\w-]+)\]", said)
    assert found == [(str(n), kind) for n, kind in enumerate(MISUSED.values(), 2)]
