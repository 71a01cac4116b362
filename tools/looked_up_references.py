"""Prints the table of texts that may be cited: `derive/chapters/references.txt`, made anew.

Whoever renews it has looked up each where it appeared: its authors, title, place, year and doi.
"""

from __future__ import annotations

import tomllib

from derive.chapters.references import FILE, reference_digest
from derive.resources import templates_root


def main() -> None:
    """Print by what each text is known, and its key."""
    tables = tomllib.loads((templates_root() / FILE).read_text(encoding="utf-8"))
    for key, table in tables.items():
        print(f"{reference_digest(table)}  {key}")


if __name__ == "__main__":
    main()
