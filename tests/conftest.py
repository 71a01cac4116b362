"""Random examples: drawn anew on each machine, and the same ones each time where CI is set."""

from __future__ import annotations

import os

from hypothesis import settings

# A submission is judged by what it changed, not by the luck of a draw; people's runs go on looking.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
