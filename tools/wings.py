"""The wings of `derive` as its source has them: their floors, imports and sentences."""

from __future__ import annotations

import ast
import configparser
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Wings:
    """The parts of a package: packages are wings, single files stand between or below them.

    ``floors`` are from the top down, as the contract has them; ``imports`` is what each part
    imports of the others; ``sentences`` what each is for; ``files`` the parts that are one file.
    """

    floors: tuple[tuple[str, ...], ...]
    imports: dict[str, frozenset[str]]
    sentences: dict[str, str]
    files: frozenset[str]

    def floor_of(self, part: str) -> int:
        """Return the number of the floor of a part, counted from the top."""
        return next(n for n, floor in enumerate(self.floors) if part in floor)

    def reached(self, part: str) -> frozenset[str]:
        """Return all that a part imports, also by way of others."""
        found: set[str] = set()
        waiting = [part]
        while waiting:
            new = self.imports[waiting.pop()] - found
            found |= new
            waiting += sorted(new)
        return frozenset(found)

    def direct(self, part: str) -> list[str]:
        """Return the imports of a part that no other import of it implies, in alphabetical order."""
        imported = self.imports[part]
        implied = frozenset[str]().union(*(self.reached(other) for other in imported))
        return sorted(imported - implied)


def read(root: Path, package: str = "derive") -> Wings:
    """Return the wings of the package in a folder that has an `.importlinter` beside it.

    Raises ValueError where the floors of the contract and the source disagree: a part that has no
    floor, a floor for a part that is not there, or an import that does not go down.
    """
    floors = contract(root / ".importlinter")
    parts = {
        path.stem: path
        for path in sorted((root / package).iterdir())
        if not path.stem.startswith("_")
        and (path.suffix == ".py" or (path / "__init__.py").exists())
    }
    listed = [part for floor in floors for part in floor]
    if sorted(listed) != sorted(parts):
        apart = sorted(set(listed) ^ set(parts)) or sorted(
            {p for p in listed if listed.count(p) > 1}
        )
        raise ValueError(f".importlinter and {package}/ differ in {', '.join(apart)}: "
                         "expected a floor for each part, and one only")  # fmt: skip
    imports = {
        part: frozenset(other for file in _sources(path) for other in _imported(file, package))
        & (parts.keys() - {part})
        for part, path in parts.items()
    }
    wings = Wings(
        floors,
        imports,
        {part: sentence(path) for part, path in parts.items()},
        frozenset(part for part, path in parts.items() if path.is_file()),
    )
    _refuse_ways_up(wings)
    return wings


def contract(path: Path) -> tuple[tuple[str, ...], ...]:
    """Return the floors of the layers contract in a file, from the top down."""
    parser = configparser.ConfigParser()
    parser.read(path, encoding="utf-8")
    (section,) = (s for s in parser.values() if s.get("type") == "layers")
    lines = section["layers"].split("\n")
    return tuple(tuple(re.split(r"[\s|]+", line.strip())) for line in lines if line.strip())


def sentence(path: Path) -> str:
    """Return the first sentence of the docstring of a file, or of a folder's `__init__.py`."""
    source = path / "__init__.py" if path.is_dir() else path
    said = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    return re.split(r"(?<=\.)\s|:?\n\n|\Z", re.sub(r"(?<!\n)\n(?!\n)", " ", said))[0]


def _sources(path: Path) -> list[Path]:
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _imported(source: Path, package: str) -> Iterator[str]:
    """Yield what a file imports of its package; late imports and those for types count as well."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            first, _, rest = name.partition(".")
            if first == package and rest:
                yield rest.partition(".")[0]


def _refuse_ways_up(wings: Wings) -> None:
    for part, imported in wings.imports.items():
        for other in sorted(imported):
            if wings.floor_of(other) <= wings.floor_of(part):
                raise ValueError(
                    f"{part} imports {other}, which .importlinter puts on no floor below it: "
                    "move what is imported, or the wing"
                )
