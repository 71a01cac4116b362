"""The tests, in the wings of what they test; what belongs to no wing stands beside them."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
