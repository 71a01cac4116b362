"""What the doctor says, read back and looked up a second time, in other ways."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from derive.cli.same import require_same, unlike
from derive.cli.streams import visible
from derive.resources import tex_table

_ROW = re.compile(
    r"(?P<mark>ok|missing) +(?P<name>\S+(?: [\d.]+)?)  +(?P<use>.*?)(?:  +(?P<found>\S.*))?"
)


def require_diagnosed(lines: Sequence[str], status: int) -> None:
    """Raise a `CheckError` unless lines say of each thing that is needed whether it is there."""
    rows = [found for found in map(_ROW.fullmatch, lines) if found]
    tex = _tex()
    names, packages = [row["name"] for row in rows], _packages()
    # In a folder of sources that was never installed nothing says what it needs.
    if packages:
        wanted = [f"Python {_least()}", *packages, *(name for _, name, _, _ in tex)]
        require_same("what is needed", sorted(names), sorted(wanted))
    known = {name: (kind, package, use) for kind, name, package, use in tex}
    missing: dict[bool, set[str]] = {False: set(), True: set()}
    for row in rows:
        name, there = row["name"], row["found"]
        require_same(f"whether {name} is there", row["mark"] == "ok", there is not None)
        kind, package, use = known.get(name, ("package", name, row["use"]))
        require_same(f"what {name} is for", row["use"].strip(), use.strip())
        if name.startswith("Python "):
            require_same("the version of Python", there, platform.python_version())
            continue
        _require_found(kind, name, there)
        if there is None:
            missing[kind != "package"].add(package)
    lost = sum(row["mark"] == "missing" for row in rows)
    require_same("the exit status", status, int(lost > 0))
    _require_advice(lines[len(rows) :], lost, missing)


def _require_advice(rest: Sequence[str], lost: int, missing: dict[bool, set[str]]) -> None:
    """Compare how to get what is missing."""
    if not lost:
        require_same("the last line", [*rest], ["Nothing is missing."])
        return
    require_same("how much is missing", rest[1], f"{lost} missing. To get what is missing:")
    commands = [line.strip() for line in rest[2:] if line.startswith("  ")]
    wanted = []
    if missing[False]:
        wanted.append(f"{sys.executable} -m pip install {' '.join(sorted(missing[False]))}")
    if missing[True]:
        before = "sudo apt-get update && sudo apt-get install -y --no-install-recommends"
        wanted.append(f"{before} {' '.join(sorted(missing[True]))}")
    require_same("the commands", commands, [visible(command) for command in wanted])
    told = any(
        line.startswith("Markdown and figures need none of this, and Typst") for line in rest
    )
    require_same("whether only TeX is missing", told, not missing[False])


def _least() -> str:
    return metadata.metadata("derive")["Requires-Python"].removeprefix(">=")


def _packages() -> list[str]:
    """Return the packages that the installed project asks for, without those of extras."""
    try:
        named = [text for text in metadata.requires("derive") or () if "extra ==" not in text]
    except metadata.PackageNotFoundError:
        return []
    return [re.split(r"[^\w.-]", text)[0] for text in named]


def _tex() -> list[list[str]]:
    from derive.publishing.fixed import require_tex_table

    lines = tex_table().read_text(encoding="utf-8").splitlines()
    require_tex_table(lines)
    return [line.split(maxsplit=3) for line in lines if line.strip() and line[0] != "#"]


def _require_found(kind: str, name: str, there: str | None) -> None:
    if kind == "package":
        _require_installed(name, there)
    elif kind == "program":
        folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
        paths = [os.path.join(folder, name) for folder in folders if folder]
        found = next((p for p in paths if os.path.isfile(p) and os.access(p, os.X_OK)), None)
        require_same(f"where {name} is", there, None if found is None else visible(found))
    elif there is not None and not (Path(there).name == name and Path(there).is_file()):
        raise unlike(f"where {name} is", there, "a file of that name")


def _require_installed(name: str, there: str | None) -> None:
    """Compare a version with the name of the folder in which a package says what it is."""
    pattern = re.compile(rf"{re.escape(name)}-(.+)\.(?:dist|egg)-info", re.IGNORECASE)
    versions = {
        found[1]
        for folder in map(Path, sys.path)
        if folder.is_dir()
        for found in map(pattern.fullmatch, os.listdir(folder))
        if found
    }
    if there is None:
        require_same(f"whether {name} is there", bool(versions), False)
    elif versions and there not in versions:
        raise unlike(f"the version of {name}", there, " or ".join(sorted(versions)))
