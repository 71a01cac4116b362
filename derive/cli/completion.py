"""What may stand next on the command line, and the lines by which shells ask for it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from derive.catalogue import names as cells
from derive.document.language import languages
from derive.render import formats
from derive.typesetting import notation


@dataclass(frozen=True)
class Candidate:
    """A word, and what it is for."""

    word: str
    help: str = ""


def _ids() -> Iterable[str]:
    # The only names that take SymPy, a moment, to find.
    from derive.api import derivation

    return [equation.id for name in cells() for equation in derivation(name)]


NAMES: dict[str, Callable[[], Iterable[str]]] = {
    "cell": cells,
    "id": _ids,
    "notation": notation.names,
    "lang": languages,
    "format": formats,
}
"""Where the names come from that an argument takes, by its destination."""

SEPARATOR = {"format": ","}
"""Of arguments that are lists."""


def candidates(parser: argparse.ArgumentParser, words: Sequence[str]) -> list[Candidate]:
    """Return what the last word may become, given the words before it; none where a file may stand.

    The words are those after the program's name; the last is the one being written, maybe empty.
    """
    *before, now = words or ("",)
    commands = _commands(parser)
    command = next((word for word in before if word in commands), None)
    inside = parser if command is None else commands[command][1]
    flag, sign, value = now.partition("=")
    if sign and flag.startswith("--"):
        taken = _values(_taking(inside, flag), value)
        return [Candidate(f"{flag}={candidate.word}", candidate.help) for candidate in taken]
    previous = _taking(inside, before[-1]) if before else None
    if previous is not None:
        return _values(previous, now)
    if now.startswith("-"):
        return [c for c in _flags(inside) if c.word.startswith(now)]
    if command is None:
        found = [Candidate(name, said) for name, (said, _) in commands.items()]
        return [c for c in found if c.word.startswith(now)]
    positional = [a for a in inside._actions if not a.option_strings]
    return [c for action in positional for c in _values(action, now)]


def _commands(parser: argparse.ArgumentParser) -> dict[str, tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            said = {choice.dest: choice.help or "" for choice in action._choices_actions}
            return {name: (said.get(name, ""), sub) for name, sub in action.choices.items()}
    return {}


def _taking(parser: argparse.ArgumentParser, flag: str) -> argparse.Action | None:
    """Return the argument of a flag that takes a value."""
    for action in parser._actions:
        if flag in action.option_strings and action.nargs != 0:
            return action
    return None


def _values(action: argparse.Action | None, now: str) -> list[Candidate]:
    if action is None:
        return []
    names = NAMES[action.dest]() if action.dest in NAMES else action.choices or ()
    separator = SEPARATOR.get(action.dest)
    head = ""
    if separator is not None and separator in now:
        head = now.rpartition(separator)[0] + separator
    return [Candidate(head + str(n)) for n in names if (head + str(n)).startswith(now)]


def _flags(parser: argparse.ArgumentParser) -> list[Candidate]:
    return [
        # A default, "%(default)s", is of no use here.
        Candidate(flag, (action.help or "").split(" (default")[0])
        for action in parser._actions
        for flag in action.option_strings
    ]


SCRIPTS = {
    "bash": """\
# In ~/.bashrc: eval "$(derive completion bash)"
_derive() {
  local IFS=$'\\n'
  COMPREPLY=($(derive completion words -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f 1))
}
complete -o default -F _derive derive
""",
    "fish": """\
# In ~/.config/fish/completions/derive.fish: derive completion fish | source
function __derive_words
    set -l before (commandline -opc)
    set -l found (derive completion words -- $before[2..] (commandline -ct) 2>/dev/null)
    if set -q found[1]
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c derive -f -a '(__derive_words)'
""",
    "zsh": """\
# In ~/.zshrc, after compinit: eval "$(derive completion zsh)"
_derive() {
  local -a found
  found=(${(f)"$(derive completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( $#found )); then
    # _describe wants word:help, and the colons in them escaped.
    found=("${(@)found//:/\\:}")
    found=("${(@)found//$'\t'/:}")
    _describe derive found
  else
    _files
  fi
}
compdef _derive derive
""",
}
