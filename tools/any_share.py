"""How many annotations of `derive` say Any: a parameter, a return value, an attribute counts as one."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "derive"


def written(source: str) -> Iterator[str]:
    """Yield the annotations of a module, as text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            a = node.args
            every = (*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg)
            found = [arg.annotation for arg in every if arg is not None] + [node.returns]
            yield from (ast.unparse(one) for one in found if one is not None)
        elif isinstance(node, ast.AnnAssign):
            said = ast.unparse(node.annotation)
            # What an alias stands for is said once, and would be hidden by it everywhere else.
            yield ast.unparse(node.value) if said == "TypeAlias" and node.value else said


def counted(source: str) -> tuple[int, int]:
    """Return how many annotations of a module say Any, and how many there are."""
    found = list(written(source))
    return sum(bool(re.search(r"\bAny\b", one)) for one in found), len(found)


def share(package: Path = PACKAGE) -> tuple[int, int, Counter[str]]:
    """Return the numbers of `counted` for all modules of a package, and where Any stands."""
    some, every, where = 0, 0, Counter[str]()
    for path in sorted(package.rglob("*.py")):
        said, all_of_it = counted(path.read_text(encoding="utf-8"))
        some, every = some + said, every + all_of_it
        where[path.relative_to(package).as_posix()] += said
    return some, every, where


if __name__ == "__main__":
    some, every, where = share()
    lines = [f"{count:5} {name}" for name, count in where.most_common() if count]
    print("\n".join([*lines, f"{some} of {every} annotations say Any: {some / every:.1%}"]))
