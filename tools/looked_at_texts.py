"""Prints the table of texts of the language files: `derive/document/texts.txt`, made anew.

Whoever renews it has read what is new, for each network and option for which it is said.
"""

from __future__ import annotations

from derive.document.language import digest, languages, texts
from derive.resources import templates_root


def main() -> None:
    """Print under each language by what its texts are known."""
    for code in languages():
        print(f"[{code}]")
        for key, text in texts(templates_root() / "lang" / f"{code}.toml"):
            print(f"{digest(text)}  {key}")


if __name__ == "__main__":
    main()
