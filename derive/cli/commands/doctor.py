"""Says what this machine has of what is needed, and the command that gets what is missing."""

from __future__ import annotations

import argparse

from derive.cli.terminal import Terminal

HELP = "say what is installed and how to get what is missing"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: it has no arguments."""


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Write the findings; 1 if something is missing."""
    from derive.cli.doctor import main_doctor

    return main_doctor(terminal.out)
