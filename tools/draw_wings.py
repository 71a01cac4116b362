"""The wings of `derive` as a picture made from its imports: ``python -m tools.draw_wings``.

Writes docs/pictures/wings.svg and the table of the wings in docs/architecture.md.  The same source
gives the same bytes.
"""

from __future__ import annotations

import sys
import textwrap
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import escape

from tools.floorplan import Edge, Plan, plan
from tools.wings import Wings, read

ROOT = Path(__file__).resolve().parent.parent
PICTURE = Path("docs/pictures/wings.svg")
PAGE = Path("docs/architecture.md")

# The way of a derivation through the house.  Who imports whom must agree with it, so that a wing
# that is cut off from its neighbour is noticed; the last step is a call down.
FLOW = ("cells", "bptt", "checks", "chapters", "publishing", "render")

MARGIN, PITCH, BAND, BOX = 20, 84, 66, 50
WORDS = 36  # characters in a line of a box, in the widest usual font
PILL, PILL_PITCH = 24, 34

# No variables: some viewers do not know them.
LIGHT = """
.paper { fill: #ffffff } .band { fill: #f3f5f8 }
.box { fill: #ffffff; stroke: #c5ccd6 } .way .box { fill: #e8f0fe; stroke: #3b6fd4 }
.line { stroke: #98a3b3 } .flow { stroke: #3b6fd4 } .head, .badge { fill: #3b6fd4 }
.name, .key { fill: #1b2330 } .said, .floor { fill: #566172 } .count { fill: #ffffff }
"""
DARK = """
.paper { fill: #0f141b } .band { fill: #18202a }
.box { fill: #222c39; stroke: #445164 } .way .box { fill: #1c3157; stroke: #7eacff }
.line { stroke: #6d7b8f } .flow { stroke: #7eacff } .head, .badge { fill: #7eacff }
.name, .key { fill: #e8edf4 } .said, .floor { fill: #a9b5c4 } .count { fill: #0f141b }
"""
SHARED = """
text { font-family: system-ui, "Segoe UI", Helvetica, Arial, sans-serif; text-anchor: middle }
.name { font-size: 14px; font-weight: 600 } .said { font-size: 10.5px }
.small { font-size: 12px; font-weight: 400 } .count { font-size: 11px; font-weight: 700 }
.floor, .key { font-size: 11px; text-anchor: start }
.line, .flow { fill: none; stroke-width: 1.2 } .flow { stroke-width: 2.6 }
"""


def draw(wings: Wings) -> str:
    """Return the picture; ValueError where the way of a derivation is not in the imports."""
    _refuse_missing_links(wings)
    upper = _upper(wings)
    shown = {part for floor in upper for part in floor}
    lines = {(p, q) for p in shown for q in wings.direct(p) if q in shown}
    flow = {(p, q) if q in wings.imports[p] else (q, p) for p, q in _steps()}
    house = plan(upper, lines | flow, heavy=flow)
    width = house.width + 2 * MARGIN + 24
    top = MARGIN + PITCH * len(upper)
    below = wings.floors[len(upper) :]
    height = top + 34 + PILL_PITCH * len(below) + 52
    body = [
        *_bands(upper, width),
        *(_line(house, edge) for edge in house.edges if (edge.above, edge.below) not in flow),
        *(_flow_line(house, edge) for edge in house.edges if (edge.above, edge.below) in flow),
        *(_box(house, wings, part) for floor in upper for part in floor),
        *_ground(below, width, top),
        *_legend(width, height - 40),
    ]
    return "\n".join([*_head(width, height), *body, "</svg>", ""])


def table(wings: Wings) -> str:
    """Return the table of the wings, from the top floor down."""
    rows = ["| wing | what it is for |", "|:--|:--|"]
    for floor in wings.floors:
        for part in floor:
            link = f"../derive/{part}.py" if part in wings.files else f"../derive/{part}/"
            rows.append(f"| [`{part}`]({link}) | {wings.sentences[part].replace('``', '`')} |")
    return "\n".join(rows)


def with_table(page: str, wings: Wings) -> str:
    """Return a page with its table of the wings renewed, which stands between two comments."""
    before, begin, rest = page.partition("<!-- wings -->\n")
    _, end, after = rest.partition("<!-- end of wings -->")
    if not begin or not end:
        raise ValueError(f"{PAGE}: expected a line <!-- wings --> and one <!-- end of wings -->")
    return f"{before}{begin}{table(wings)}\n{end}{after}"


def _upper(wings: Wings) -> list[tuple[str, ...]]:
    """Return the floors down to the lowest that has a package; below are files, which all may use."""
    last = max(n for n, floor in enumerate(wings.floors) if set(floor) - wings.files)
    return list(wings.floors[: last + 1])


def _steps() -> list[tuple[str, str]]:
    return list(pairwise(FLOW))


def _refuse_missing_links(wings: Wings) -> None:
    for p, q in _steps():
        if q not in wings.imports.get(p, ()) and p not in wings.imports.get(q, ()):
            raise ValueError(
                f"a derivation goes from {p} to {q}, but neither imports the other: "
                "correct FLOW in tools/draw_wings.py"
            )


def _head(width: int, height: int) -> list[str]:
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-labelledby="wings-title wings-desc">',
        '<title id="wings-title">The wings of derive</title>',
        '<desc id="wings-desc">Floors of boxes, each a wing that imports only from floors below. '
        f"A thick line goes from {escape(' to '.join(FLOW))}.</desc>",
        f"<style>{SHARED}{LIGHT}@media (prefers-color-scheme: dark) {{{DARK}}}</style>",
        f'<rect class="paper" width="{width}" height="{height}" rx="10"/>',
    ]


def _bands(upper: list[tuple[str, ...]], width: int) -> list[str]:
    found = []
    for n, floor in enumerate(upper):
        y = MARGIN + PITCH * n
        found.append(
            f'<rect class="band" data-floor="{" ".join(floor)}" x="{MARGIN // 2}" y="{y}" '
            f'width="{width - MARGIN}" height="{BAND}" rx="8"/>'
        )
        found.append(f'<text class="floor" x="{MARGIN - 2}" y="{y + 15}">{len(upper) - n}</text>')
    return found


def _place(house: Plan, part: str) -> tuple[float, float]:
    """Return the middle of a box."""
    return house.x[part] + MARGIN + 24, MARGIN + PITCH * house.floor[part] + BAND / 2


def _path(house: Plan, edge: Edge) -> str:
    """Return the way of a line: straight through a floor that it only passes, curved between floors."""
    left, top = _place(house, edge.above)
    words = [f"M{left:g} {top + BOX / 2:g}"]
    y = top + BOX / 2
    floor = house.floor[edge.above]
    for x in (*edge.lanes, house.x[edge.below]):
        floor += 1
        middle = MARGIN + PITCH * floor + BAND / 2
        x, end = x + MARGIN + 24, middle - BOX / 2
        words.append(f"C{left:g} {(y + end) / 2:g} {x:g} {(y + end) / 2:g} {x:g} {end:g}")
        left, y = x, middle + BOX / 2
        if floor < house.floor[edge.below]:
            words.append(f"V{y:g}")
    return " ".join(words)


def _line(house: Plan, edge: Edge) -> str:
    name = f"{edge.above} imports {edge.below}"
    return f'<path class="line" d="{_path(house, edge)}"><title>{name}</title></path>'


def _flow_line(house: Plan, edge: Edge) -> str:
    up = (edge.below, edge.above) in _steps()
    x, y = _place(house, edge.above if up else edge.below)
    tip, back = (y + BOX / 2, 9) if up else (y - BOX / 2, -9)
    head = f"M{x:g} {tip:g} l-5.5 {back} h11 z"
    return (
        f'<path class="flow" d="{_path(house, edge)}"><title>{edge.above} imports {edge.below}'
        f'</title></path>\n<path class="head" d="{head}"/>'
    )


def _box(house: Plan, wings: Wings, part: str) -> str:
    x, y = _place(house, part)
    wide = house.wide
    said = _wrapped(wings.sentences[part].rstrip(".").replace("`", ""))
    lines = [f'<text class="name" x="{x:g}" y="{y - (7 if len(said) > 1 else 2):g}">{part}</text>']
    for n, line in enumerate(said):
        below = y + (7 if len(said) > 1 else 14) + 12 * n
        lines.append(f'<text class="said" x="{x:g}" y="{below:g}">{escape(line)}</text>')
    if part in FLOW:
        left = x - wide / 2
        lines.append(f'<circle class="badge" cx="{left:g}" cy="{y - BOX / 2:g}" r="9"/>')
        count = FLOW.index(part) + 1
        lines.append(f'<text class="count" x="{left:g}" y="{y - BOX / 2 + 4:g}">{count}</text>')
    kind = "wing way" if part in FLOW else "wing"
    size = f'width="{wide}" height="{BOX}"'
    rect = f'<rect class="box" x="{x - wide / 2:g}" y="{y - BOX / 2:g}" {size} rx="7"/>'
    return "\n".join([f'<g class="{kind}" data-part="{part}">', rect, *lines, "</g>"])


def _wrapped(text: str) -> list[str]:
    """Return the fewest lines that the text needs, with as little difference in length as can be."""
    count = len(textwrap.wrap(text, WORDS))
    tries = (textwrap.wrap(text, width) for width in range(1, WORDS + 1))
    return next(lines for lines in tries if len(lines) <= count and max(map(len, lines)) <= WORDS)


def _ground(below: tuple[tuple[str, ...], ...], width: int, top: int) -> list[str]:
    """Return the floors of single files: small boxes, and no lines, as there would be one to each."""
    height = 30 + PILL_PITCH * len(below)
    found = [
        f'<rect class="band" x="{MARGIN // 2}" y="{top}" width="{width - MARGIN}" '
        f'height="{height}" rx="8"/>',
        f'<text class="key" x="{MARGIN}" y="{top + 18}">Single files, which every wing may import, '
        "and which import only from the rows below them</text>",
    ]
    for n, floor in enumerate(below):
        y, step = top + 28 + PILL_PITCH * n, 124
        found.append(f'<g data-floor="{" ".join(floor)}">')
        for i, part in enumerate(floor):
            x = width / 2 + step * (i - (len(floor) - 1) / 2)
            found.append(
                f'<rect class="box" x="{x - 54:g}" y="{y}" width="108" height="{PILL}" rx="12"/>'
                f'<text class="name small" x="{x:g}" y="{y + 16}">{part}</text>'
            )
        found.append("</g>")
    return found


def _legend(width: int, y: int) -> list[str]:
    middle = width // 2
    return [
        f'<path class="flow" d="M{MARGIN} {y + 14} h34"/>'
        f'<path class="head" d="M{MARGIN + 42} {y + 14} l-10 -5.5 v11 z"/>',
        f'<text class="key" x="{MARGIN + 52}" y="{y + 18}">the way of a derivation, in six steps'
        "</text>",
        f'<path class="line" d="M{middle} {y + 14} h42"/>',
        f'<text class="key" x="{middle + 52}" y="{y + 18}">the upper wing imports the lower; '
        "imports that others imply are left out</text>",
    ]


def main() -> int:
    """Write the picture and the table; the exit status."""
    try:
        wings = read(ROOT)
        picture = draw(wings)
        page = with_table((ROOT / PAGE).read_text(encoding="utf-8"), wings)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    (ROOT / PICTURE).write_text(picture, encoding="utf-8")
    (ROOT / PAGE).write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
