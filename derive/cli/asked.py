"""What a command line asks for, read a second time from its words, and compared with what came out.

It knows nothing of the parser: it takes the words as they were typed.  What is printed or written is
held against them, and nothing goes out while a word is left that nothing was held against.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from derive.cli.named import named_in
from derive.errors import CheckError, UsageError, shown

if TYPE_CHECKING:
    from derive.arrays import Array
    from derive.bptt.derivation import Derivation
    from derive.cells.cell import Cell
    from derive.checks.verify import Verifier

ALONE = frozenset(
    "bias no-bias json force ids jacobians list example quiet verbose help version".split()
)  # fmt: skip
"""The options without a value; all others have one."""

SHORT = {"T": "steps", "q": "quiet", "v": "verbose", "h": "help"}
"""The options of one letter, by what they are in full."""

NETWORK = {"activation": "activation", "output-layer": "output_layer", "loss": "loss",
           "initial": "initial"}  # fmt: skip
"""The options of a network whose value is a name, by what they are called on the command line."""

DEFAULTS: dict[str, str] = {
    "steps": "3", "seed": "0", "notation": "source", "lang": "en", "detail": "steps", "as": "plain",
    "dialect": "common", "engine": "auto", "target": "numpy", "label-prefix": "", "tolerance": "1e-6",
    "seeds": "5",
}  # fmt: skip
"""What an option is that nobody gives, as the help of the commands says; others are then not there."""

FEW = 10
"""Steps over which the numbers of every network that ships stay within float64."""

UNCOMPARED: dict[str, str] = {
    "quiet": "it changes what is remarked, and no result",
    "verbose": "it shows progress, and changes no result",
    "help": "the parser answers it itself",
    "version": "the parser answers it itself",
    "force": "it lets files be replaced, which are refused without it; what is in them is the same",
    "check format": "it says in what a handout is tried that is then thrown away",
}
"""Options that nothing is held against, of all commands or of one, and why not."""


class CommandLine:
    """The words of a command line: its command, its other bare words, and its options."""

    def __init__(self, words: Sequence[str] = ()) -> None:
        self.written = tuple(words)
        """All words, as they were typed."""
        bare, self._typed = _read(words)
        self.command, self.words = (bare[0] if bare else ""), bare[1:]
        self._compared: set[str] = set()

    # -- what was typed --------------------------------------------------------------------------

    def given(self, option: str) -> str | None:
        """Return what was typed for an option, None if it was not; the last counts."""
        return self._typed[option][-1] if option in self._typed else None

    def all_given(self, option: str) -> list[str]:
        """Return all that was typed for an option, in order."""
        return self._typed.get(option, [])

    def typed(self, option: str) -> bool:
        """Tell whether an option was typed, with a value or without one."""
        return option in self._typed

    def word(self, place: int) -> str | None:
        """Return the bare word at a place behind the command, None if there are fewer."""
        return self.words[place] if place < len(self.words) else None

    @property
    def files(self) -> list[str]:
        """Return what was typed that may be a file of the user's own."""
        options = (self.given(name) for name in ("cell", "values", "gradients"))
        if self.command == "batch":
            return [*self.words, *named_in(self.words)]
        named = [word for word in self.words if word.endswith(".toml") or self.command == "audit"]
        return [*named, *(text for text in options if text is not None)]

    @property
    def few(self) -> bool:
        """Tell whether so few steps were asked for that a network that ships stays within bounds."""
        return self.meant("steps") <= FEW

    # -- and what came out -----------------------------------------------------------------------

    def require(self, option: str, found: object) -> None:
        """Raise a `CheckError` unless what came out for an option is what was typed, or its default.

        Numbers are compared as numbers.
        """
        typed = self.given(option)
        wanted = DEFAULTS.get(option) if typed is None else typed
        self._compared.add(option)
        if not _means(wanted, found):
            raise self._unlike(f"--{option} {wanted if wanted is not None else 'nothing'}", found)

    def require_set(self, option: str, found: Collection[str]) -> None:
        """Raise a `CheckError` unless names are those typed with commas between, in any order."""
        self._compared.add(option)
        wanted = {part.strip() for part in (self.given(option) or "").split(",")} - {""}
        if wanted != {*found}:
            raise self._unlike(f"--{option} {','.join(sorted(wanted))}", ",".join(sorted(found)))

    def require_there(self, option: str, found: bool) -> None:
        """Raise a `CheckError` unless an option was given where it took effect."""
        self._compared.add(option)
        if found != (option in self._typed):
            raise self._unlike(
                f"--{option}" if not found else f"no --{option}",
                "what is made with it" if found else "what is made without it",
            )

    def compared(self, option: str) -> None:
        """Note that an option was compared with what came out, by whoever calls this."""
        self._compared.add(option)

    def meant(self, option: str) -> int:
        """Return the number that an option means, typed or not."""
        return int(self.given(option) or DEFAULTS[option])

    def require_word(self, place: int, found: object) -> None:
        """Raise a `CheckError` unless the bare word at a place is what came out."""
        self._compared.add(f"word {place}")
        typed = self.word(place)
        if typed is not None and typed != str(found):
            raise self._unlike(typed, found)

    def require_words(self, found: Sequence[str]) -> None:
        """Raise a `CheckError` unless the bare words are what came out, in their order."""
        typed = self.words
        self._compared |= {f"word {n}" for n in range(len(self.words))}
        if typed and typed != [*found]:
            raise self._unlike(" ".join(typed), " ".join(found))

    def require_cell(self, cell: Cell, name: str | None = None) -> None:
        """Raise a `CheckError` unless a network is the one that was named, with the options given.

        ``name`` is that of the network where no bare word is.  The options are looked for in its
        equations.
        """
        typed = name or self.given("cell") or self.word(0) or "elman"
        self._compared |= {"word 0", "cell"} if name is None else {"cell"}
        same = (
            cell.name == typed if cell.written is None else Path(cell.written.path) == Path(typed)
        )
        if not same:
            raise self._unlike(typed, cell.name if cell.written is None else cell.written.path)
        from derive.checks.chosen import require_chosen

        require_chosen(cell, self._options(typed))
        self._compared |= {"bias", "no-bias", *NETWORK}

    def _options(self, cell: str) -> dict[str, object]:
        """Return the options that a network is to have: those typed, and what it is without them."""
        from derive.catalogue import options_of

        wanted: dict[str, object] = {}
        values = self.given("values")
        if values is not None:
            from derive.gradcheck.straight import options

            wanted = options(Path(values))
        elif not cell.endswith(".toml"):
            wanted = options_of(cell)
        for option, key in NETWORK.items():
            if (text := self.given(option)) is not None:
                wanted[key] = text
        if "bias" in self._typed or "no-bias" in self._typed:
            # Both are one: the last counts.
            last = [option for option in self._typed if option in ("bias", "no-bias")][-1]
            wanted["bias"] = last == "bias"
        return wanted

    def require_derivation(self, derivation: Derivation, name: str | None = None) -> None:
        """Raise a `CheckError` unless a derivation is of the network and the steps asked for."""
        self.require_cell(derivation.cell, name)
        self.require_steps(derivation.steps)

    def require_steps(self, found: int) -> None:
        """Raise a `CheckError` unless there are as many steps as were typed, or as a file has rows."""
        values = self.given("values")
        if values is None or self.given("steps") is not None:
            self.require("steps", found)
        if values is not None:
            from derive.gradcheck.straight import rows

            if rows(Path(values)) != found:
                raise self._unlike(values, f"{found} steps")

    def require_verifier(self, verifier: Verifier, name: str | None = None) -> None:
        """Raise a `CheckError` unless a derivation is checked on the data that were asked for."""
        self.require_derivation(verifier.derivation, name)
        for sample in verifier.samples:
            self.require_steps(sample.trace.steps)
            self.require("seed", sample.seed)
        from derive.checks.drawn import require_drawn

        first = verifier.samples[0]
        require_drawn(verifier.samples, first.seed, first.trace.steps)

    def require_taken(self, option: str, arrays: Mapping[str, object], *inside: str) -> None:
        """Raise a `CheckError` unless numbers are those of the file that was typed."""
        from derive.gradcheck.straight import require_taken

        self._compared.add(option)
        text = self.given(option)
        if text is not None:
            require_taken(Path(text), arrays, inside)  # type: ignore[arg-type]

    def require_values(
        self,
        cell: Cell,
        parameters: Mapping[str, Array],
        series: Mapping[str, Array],
        initial: Mapping[str, Array],
    ) -> None:
        """Raise a `CheckError` unless the numbers are those of the file of values, and may be used."""
        from derive.gradcheck.usable import require_usable

        self._compared.add("values")
        text = self.given("values")
        if text is not None:
            require_usable(Path(text), cell, parameters, series, initial)

    def require_command(self, found: str) -> None:
        """Raise a `CheckError` unless this command is carried out, with the limits that were typed."""
        from derive import budgets

        if found != self.command:
            raise self._unlike(self.command, found)
        self._compared.add("limit")
        for text in self._typed.get("limit", ()):
            name, _, number = text.partition("=")
            last = [t for t in self._typed["limit"] if t.partition("=")[0] == name][-1]
            if text == last and budgets.most(name) != int(number):
                raise self._unlike(f"--limit {text}", budgets.most(name))

    def refuse(self, options: Iterable[str], why: str) -> None:
        """Raise a `UsageError` if an option was typed that would do nothing here."""
        for option in options:
            if option in self._typed:
                raise UsageError(f"--{option} has no effect here: {why}")

    def require_all(self) -> None:
        """Raise a `CheckError` if something was typed that nothing was held against yet."""
        typed = [*self._typed, *(f"word {n}" for n in range(len(self.words)))]
        for option in typed:
            if option not in self._compared | UNCOMPARED.keys() and (
                f"{self.command} {option}" not in UNCOMPARED
            ):
                text = self.words[int(option[5:])] if option.startswith("word ") else f"--{option}"
                raise self._unlike(text, "nothing that was compared with it")

    def _unlike(self, wanted: str, found: object) -> CheckError:
        return CheckError(
            f"what was made is not what was asked for: `derive {self.command}` was given "
            f"{shown(wanted)}, and {shown(found)} came out. Nothing is printed or written; this is "
            "a fault of the program, please report it"
        )


def _means(wanted: str | None, found: object) -> bool:
    """Tell whether a text that was typed means what came out."""
    if wanted is None or found is None:
        return wanted is found
    if isinstance(found, int):
        return int(wanted) == found
    if isinstance(found, float):
        return float(wanted) == found
    if isinstance(found, Path):
        return Path(wanted) == found
    if isinstance(found, str):
        return wanted == found
    raise TypeError(f"{found!r} is nothing that was asked for")


def _read(words: Iterable[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Return the bare words of a command line, and what was typed for each option, the last last."""
    bare: list[str] = []
    typed: dict[str, list[str]] = {}
    rest = list(words)

    def note(option: str, text: str) -> None:
        typed[option] = [*typed.pop(option, []), text]

    while rest:
        word = rest.pop(0)
        if word == "--":
            bare += rest
            break
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            note(name, "" if name in ALONE else value if equals else rest.pop(0) if rest else "")
        elif word.startswith("-") and len(word) > 1:
            letters = word[1:]
            while letters:
                name, letters = SHORT.get(letters[0], letters[0]), letters[1:]
                if name in ALONE:
                    note(name, "")
                    continue
                note(name, letters.removeprefix("=") if letters else rest.pop(0) if rest else "")
                letters = ""
        else:
            bare.append(word)
    return bare, typed
