"""What may stand next on the command line, told to the shells by argcomplete.

It imports none of SymPy, NumPy and matplotlib: who presses a key waits for the answer.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from argcomplete.completers import BaseCompleter, FilesCompleter, SuppressCompleter
from argcomplete.finders import CompletionFinder
from argcomplete.shell_integration import shellcode

from derive.catalogue import names as cells
from derive.cli.arguments import TARGETS
from derive.document.language import languages
from derive.render import formats
from derive.render.engine import ENGINES
from derive.typesetting import notation

SHELLS = {
    "bash": 'In ~/.bashrc: eval "$(derive completion bash)"',
    "fish": "In ~/.config/fish/completions/derive.fish: derive completion fish | source",
    "zsh": 'In ~/.zshrc, after compinit: eval "$(derive completion zsh)"',
}
"""Where the code belongs that a shell is to read."""

IDS = Path(__file__).with_name("ids.txt")
"""The ids of all equations, by `make ids`: to derive them takes seconds."""


def ids() -> list[str]:
    """Return the ids of the equations of the networks that ship, for three steps."""
    return IDS.read_text(encoding="utf-8").split()


class NameCompleter(BaseCompleter):
    """Completes names: from where they are, one or several with commas between."""

    def __init__(self, find: Callable[[], Iterable[str]], listed: bool = False) -> None:
        self.find, self.listed = find, listed

    def __call__(self, *, prefix: str, **_: object) -> list[str]:
        """Return all that may follow, with what stands before the last comma put before it."""
        before = prefix[: prefix.rfind(",") + 1] if self.listed else ""
        return [before + name for name in self.find()]


class Networks(BaseCompleter):
    """Completes a network: one that ships, or a file."""

    def __call__(self, *, prefix: str, **kwargs: object) -> list[str]:
        """Return the names and the files; folders only where something was typed, for there are many."""
        return [*cells(), *FilesCompleter("toml", directories=bool(prefix))(prefix)]


COMPLETERS: Mapping[str, NameCompleter | Networks | FilesCompleter] = {
    "cell": Networks(),
    "id": NameCompleter(ids),
    "notation": NameCompleter(notation.names),
    "lang": NameCompleter(languages),
    "format": NameCompleter(formats, listed=True),
    "engine": NameCompleter(lambda: ENGINES),
    "target": NameCompleter(lambda: TARGETS),
    "file": FilesCompleter("toml"),
    "values": FilesCompleter(("json", "npz")),
    "gradients": FilesCompleter(("json", "npz")),
    "out": FilesCompleter(),
}
"""What completes an argument, by its destination; the rest are their choices, or anything."""


TAKEN = {"file": ["toml"], "values": ["json", "npz"], "gradients": ["json", "npz"], "out": []}
"""How files end that an argument may name; any where none is said."""

SEVERAL = ("format",)
"""Of which arguments several may be named, with commas between."""


def script(shell: str) -> str:
    """Return the code that a shell reads to have the words of `derive` completed."""
    return f"# {SHELLS[shell]}\n{shellcode(['derive'], shell=shell)}"


def require_completers() -> None:
    """Raise a `CheckError` unless names that are offered are those of what an argument may be.

    They are looked up here by the files of each kind, and asked for as a shell would: where nothing
    stands yet, and behind a comma where several may be named.
    """
    from derive.cli.same import require_same
    from derive.cli.written import FORMATS
    from derive.resources import templates_root

    networks = sorted(path.stem for path in (templates_root() / "zoo").glob("*.toml"))
    ids = IDS.read_text(encoding="utf-8").splitlines()
    for name in networks:
        require_same(f"whether {name} has ids", any(id.startswith(f"{name}-") for id in ids), True)
    require_same(
        "the networks that are offered",
        sorted({*COMPLETERS["cell"](prefix="")} & {*networks}),
        networks,
    )
    unlike = {*COMPLETERS["id"](prefix="")}.symmetric_difference(ids)
    require_same("which ids are offered, or left out, alone", sorted(unlike)[:3], [])
    for argument, endings in TAKEN.items():
        completer = COMPLETERS[argument]
        found = completer.allowednames if isinstance(completer, FilesCompleter) else ["no file"]
        require_same(f"the files that are offered for {argument}", found, endings)
    wanted = {"format": sorted(FORMATS), "engine": ["auto", "tex", "typst"]}
    wanted["target"] = ["jax", "numba", "numpy", "torch"]
    for argument in ("notation", "lang"):
        wanted[argument] = sorted(
            path.stem for path in (templates_root() / argument).glob("*.toml")
        )
    for argument, names in wanted.items():
        completer = COMPLETERS[argument]
        require_same(f"what is offered for {argument}", sorted(completer(prefix="")), names)
        first = f"{names[0]}," if argument in SEVERAL else ""
        behind = sorted(completer(prefix=f"{names[0]},"))
        require_same(
            f"what is offered behind {names[0]},", behind, [first + name for name in names]
        )


def answer(parser: argparse.ArgumentParser) -> None:
    """Tell the shell that asks, in the environment, what may stand next in its line, and leave."""
    _attach(parser)
    require_completers()
    finder = CompletionFinder()
    finder(parser, always_complete_options=False, default_completer=SuppressCompleter())


def _attach(parser: argparse.ArgumentParser) -> None:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                _attach(inner)
        elif action.dest in COMPLETERS:
            vars(action)["completer"] = COMPLETERS[action.dest]
