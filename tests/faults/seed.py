"""The seed by which faults are chosen for `make test`: of the environment, or the commit."""

from __future__ import annotations

import os
import subprocess
from functools import cache

from tests import ROOT

VARIABLE = "FAULTS_SEED"


@cache
def seed() -> str:
    """Return the seed: what the environment says, or the commit; without one, always the same."""
    given = os.environ.get(VARIABLE)
    if given:
        return given
    command = ["git", "rev-parse", "--short=12", "HEAD"]
    try:
        found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "no-commit"
    return found.stdout.strip()
