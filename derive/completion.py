"""Scripts that complete `derive` in a shell, written from its parser.

Options, commands and fixed choices come from the parser; names (cells, formats, …) are asked from
the same places as the commands ask them.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable
from dataclasses import dataclass

from derive import notation
from derive.cells import names as cells
from derive.language import languages
from derive.render import formats

NAMES: dict[str, Callable[[], list[str]]] = {
    "cell": cells,
    "notation": notation.names,
    "lang": lambda: list(languages()),
    "format": lambda: list(formats()),
}
"""What an argument takes, by its destination; the rest takes its choices, a file or anything."""

FOLDERS, FILES = ("out",), ("values", "gradients")


@dataclass(frozen=True)
class Argument:
    """One argument of a command: its flags (none if positional) and what may follow."""

    flags: tuple[str, ...]
    help: str
    takes_value: bool
    words: tuple[str, ...]
    path: str

    @property
    def open(self) -> bool:
        """Whether anything may follow, so that nothing can be offered."""
        return self.takes_value and not self.words and not self.path


def arguments_of(parser: argparse.ArgumentParser) -> list[Argument]:
    """The arguments of a parser, in order, without its commands."""
    found = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction) or action.help == argparse.SUPPRESS:
            continue
        words = tuple(str(choice) for choice in action.choices or ())
        if action.dest in NAMES:
            words = tuple(NAMES[action.dest]())
        path = "folder" if action.dest in FOLDERS else "file" if action.dest in FILES else ""
        found.append(
            Argument(
                tuple(action.option_strings), _line(action.help), action.nargs != 0, words, path
            )
        )
    return found


def commands_of(parser: argparse.ArgumentParser) -> dict[str, tuple[str, argparse.ArgumentParser]]:
    """The commands of a parser: what each is for, and its own parser."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: _line(choice.help) for choice in action._choices_actions}
            return {name: (helps.get(name, ""), sub) for name, sub in action.choices.items()}
    return {}


def _line(text: str | None) -> str:
    # A default in the help, "%(default)s", says nothing while completing.
    return " ".join((text or "").split(" (default")[0].split())


def bash(parser: argparse.ArgumentParser) -> str:
    """The script for bash."""
    commands = commands_of(parser)
    cases = []
    for name, (_, sub) in commands.items():
        arguments = arguments_of(sub)
        flags = [flag for argument in arguments for flag in argument.flags]
        first = [word for a in arguments if not a.flags for word in a.words]
        cases.append(f"    {name}) words={shlex.quote(' '.join(flags + first))} ;;")
        for argument in arguments:
            if argument.flags and argument.takes_value:
                tests = "|".join(f"{name}:{flag}" for flag in argument.flags)
                cases.insert(0, f"    {tests}) {_bash_value(argument)} ;;")
    values = [case for case in cases if ":-" in case.split(")")[0]]
    plain = [case for case in cases if case not in values]
    top = [flag for argument in arguments_of(parser) for flag in argument.flags]
    return _BASH.format(
        commands="|".join(commands),
        top=shlex.quote(" ".join([*top, *commands])),
        values="\n".join(values),
        words="\n".join(plain),
    )


def _bash_value(argument: Argument) -> str:
    if argument.path:
        kind = "-d" if argument.path == "folder" else "-f"
        return f'mapfile -t COMPREPLY < <(compgen {kind} -- "$now"); compopt -o filenames; return'
    words = shlex.quote(" ".join(argument.words))
    return f'mapfile -t COMPREPLY < <(compgen -W {words} -- "$now"); return'


_BASH = """\
# bash completion for derive: eval "$(derive completion bash)"
_derive() {{
  local now=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} command= words= word
  COMPREPLY=()
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case $word in {commands}) command=$word; break ;; esac
  done
  case $command:$before in
{values}
  esac
  case $command in
    '') words={top} ;;
{words}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$now")
}}
complete -F _derive derive
"""


def zsh(parser: argparse.ArgumentParser) -> str:
    """The script for zsh."""
    commands = commands_of(parser)
    described = [f"      {_zsh_quoted(f'{_colons(n)}:{_colons(h)}')}" for n, (h, _) in commands.items()]
    cases = [
        f"    {name})\n      _arguments {' '.join(_zsh_specs(sub))} ;;"
        for name, (_, sub) in commands.items()
    ]
    return _ZSH.format(
        top=" ".join(_zsh_specs(parser)), commands="\n".join(described), cases="\n".join(cases)
    )


def _zsh_specs(parser: argparse.ArgumentParser) -> list[str]:
    specs = []
    for argument in arguments_of(parser):
        if argument.path:
            action = "_files -/" if argument.path == "folder" else "_files"
        else:
            action = f"({' '.join(argument.words)})" if argument.words else " "
        value = f":{_zsh_plain(argument.flags[-1].lstrip('-')) if argument.flags else 'name'}:{action}"
        if not argument.flags:
            specs.append(_zsh_quoted(f"::{_zsh_plain(argument.help)}:{action}"))
        for flag in argument.flags:
            said = f"{flag}[{_zsh_plain(argument.help)}]"
            specs.append(_zsh_quoted(said + (value if argument.takes_value else "")))
    return specs


def _zsh_plain(text: str) -> str:
    return "".join(sign for sign in text if sign not in "[]:'\\")


def _colons(text: str) -> str:
    return text.replace(":", " ")


def _zsh_quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


_ZSH = """\
#compdef derive
# zsh completion for derive: eval "$(derive completion zsh)"
_derive() {{
  local context state line
  typeset -A opt_args
  _arguments -C {top} '1: :->command' '*:: :->rest' && return
  case $state in
  command)
    local -a commands=(
{commands}
    )
    _describe command commands ;;
  rest)
    case $words[1] in
{cases}
    esac ;;
  esac
}}
compdef _derive derive
"""


def fish(parser: argparse.ArgumentParser) -> str:
    """The script for fish."""
    lines = ["# fish completion for derive: derive completion fish | source", "complete -c derive -f"]
    commands = commands_of(parser)
    lines += [_fish_line(a, "__fish_use_subcommand") for a in arguments_of(parser)]
    for name, (help, sub) in commands.items():
        lines.append(f"complete -c derive -n __fish_use_subcommand -a {name} -d {_fish_quoted(help)}")
        inside = f"__fish_seen_subcommand_from {name}"
        lines += [line for a in arguments_of(sub) if (line := _fish_line(a, inside))]
    return "\n".join(lines) + "\n"


def _fish_line(argument: Argument, condition: str) -> str:
    line = f"complete -c derive -n {_fish_quoted(condition)}"
    if not argument.flags and not argument.words:
        return ""
    for flag in argument.flags:
        line += f" -l {flag[2:]}" if flag.startswith("--") else f" -s {flag[1:]}"
    if argument.flags and argument.takes_value:
        line += " -r"
    if argument.path:
        line += " -a '(__fish_complete_directories)'" if argument.path == "folder" else " -F"
    if argument.words:
        line += f" -a {_fish_quoted(' '.join(argument.words))}"
    return f"{line} -d {_fish_quoted(argument.help)}"


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


SHELLS: dict[str, Callable[[argparse.ArgumentParser], str]] = {"bash": bash, "fish": fish, "zsh": zsh}
