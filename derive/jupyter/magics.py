"""The commands of a notebook, ``%bptt`` and ``%%bptt``."""

from __future__ import annotations

import shlex
import tempfile
from keyword import iskeyword
from pathlib import Path

from IPython.core.error import UsageError as NotebookError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class

from derive.embedding.asked import of_words, require_asked
from derive.embedding.parts import parts
from derive.embedding.request import CODE, NETWORK, SELECTING, SETTING, request
from derive.errors import DeriveError, UsageError
from derive.jupyter.display import register
from derive.jupyter.line import shown_below
from derive.jupyter.reading import require_typed
from derive.jupyter.shown import Shown
from derive.suggest import suggestion

MODULE = "cell"
"""What a network that is typed in a notebook is called unless it says so itself."""


@magics_class
class BpttMagics(Magics):
    """``%bptt elman --steps 3 --eq ID`` shows parts of a derivation.

    ``%%bptt --steps 3`` takes the equations of a network, as in a file, from the cell below it.
    """

    @line_cell_magic
    def bptt(self, line: str, cell: str | None = None) -> Shown:
        """Return what is shown; what is wrong is said without a traceback."""
        try:
            words = shlex.split(line)
            named, options = _options(words)
            with shown_below(self.shell):
                if cell is None:
                    return _made(named, options, words)
                return self._typed(named, options, cell, words)
        except DeriveError as error:
            raise NotebookError(f"bptt: {error}") from error
        except ValueError as error:
            raise NotebookError(f"bptt: {error}; the line is {line!r}") from error

    def _typed(self, named: str, options: dict[str, str], text: str, words: list[str]) -> Shown:
        name = named or MODULE
        if not name.isidentifier() or iskeyword(name):
            raise UsageError(
                f"the name of the network is {name!r}: expected letters and digits, and no word of "
                "Python, as the derivation gets this name here"
            )
        with tempfile.TemporaryDirectory(prefix="derive-") as folder:
            path = Path(folder) / f"{name}.toml"
            path.write_text(text, encoding="utf-8")
            try:
                shown = _made(str(path), options, [str(path), *_behind(words)])
            except DeriveError as error:
                # The notebook has no such file: what is named is the cell, and no command reads it.
                said = str(error).replace(f" `derive list {path}` shows all", "")
                raise UsageError(said.replace(str(path), f"%%bptt {name}")) from error
        if self.shell is not None:
            self.shell.user_ns[name] = shown.derivation
            require_typed(self.shell.user_ns.get(name), text)
        return shown


def _behind(words: list[str]) -> list[str]:
    """Return the words of a line without the name of the network, which stands before all options."""
    return words[1:] if words and not words[0].startswith("--") else words


def _made(cell: str, options: dict[str, str], words: list[str]) -> Shown:
    wanted = request(cell, options, Path())
    shown = Shown(wanted, parts(wanted))
    require_asked(*of_words(words), shown.request, shown.parts, Path())
    # Derived and checked here, so that an error is one of this line and not of its display.
    _ = shown.forms
    return shown


def _options(words: list[str]) -> tuple[str, dict[str, str]]:
    """Return the network's name and the options of a line."""
    known = (*SELECTING, CODE, *SETTING, *NETWORK)
    named, options, rest = "", dict[str, str](), list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            if named:
                raise UsageError(f"'{word}' is one word too many; options begin with --")
            named = word
            continue
        option, equals, value = word[2:].partition("=")
        if option == CODE:
            options[CODE] = ""
            continue
        if option not in known:
            near = suggestion(f"--{option}", [f"--{one}" for one in known])
            raise UsageError(f"no option --{option}: {near}")
        if not equals:
            if not rest:
                raise UsageError(f"the option --{option} has no value")
            value = rest.pop(0)
        # An option that is given twice names more: --eq A --eq B.
        before = options.get(option)
        options[option] = f"{before} {value}" if before and option in SELECTING else value
    return named, options


def load(shell: InteractiveShell) -> None:
    """Register the commands, and what looks at all that is shown."""
    register(shell)
    shell.register_magics(BpttMagics)
