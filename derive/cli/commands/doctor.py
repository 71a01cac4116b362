"""Says what this machine has of what is needed, and the command that gets what is missing."""

from __future__ import annotations

import argparse
import io

from derive.cli.terminal import Terminal

HELP = "say what is installed and how to get what is missing"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: it has no arguments."""


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Write the findings; 1 if something is missing."""
    from derive.cli.diagnosed import require_diagnosed
    from derive.cli.doctor import main_doctor

    said = io.StringIO()
    status = main_doctor(said)
    with terminal.read_back(lambda lines: require_diagnosed(lines, status)):
        for line in said.getvalue().splitlines():
            terminal.say(line)
    return status
