# SPDX-License-Identifier: Apache-2.0
"""Small line charts as SVG, by hand: a page in a repository needs no plotting library.

A picture is a row of panels, a panel has lines, and a line has points. Vertical scales start at 0,
so that heights can be compared. Lines can be distinguished without colours, because the second
system's lines are dashed differently and have their names at the side.
"""
import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 330, 264          # of a panel
LEFT, RIGHT, TOP, BOTTOM = 48, 14, 34, 72
COLOURS = {"hearsay": "#0b6e99", "Serf": "#c4572b"}
INK, FAINT = "#333", "#ddd"


def step(top):
    """A round distance of at most 5 ticks up to the top."""
    raw = top / 5 or 1
    power = 10 ** math.floor(math.log10(raw))
    return next(power * nice for nice in (1, 2, 2.5, 5, 10) if raw <= power * nice)


def text(x, y, words, anchor="middle", size=11, colour=INK):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" '
            f'fill="{colour}">{escape(words)}</text>')


def line(x1, y1, x2, y2, colour):
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{colour}"/>'


class Panel:
    """lines: [(system, label, dash, [(x, y)])]. `tenfold`: each ten times as many is as far to the
    right."""

    def __init__(self, title, unit, lines, tenfold=False):
        self.title, self.unit, self.tenfold = title, unit, tenfold
        self.lines = [(s, label, dash, [p for p in points if p[1] != math.inf])
                      for s, label, dash, points in lines]
        points = [p for *_, some in self.lines for p in some]
        self.right = max((x for x, _ in points), default=1) * 1.06
        high = max((y for _, y in points), default=0) * 1.02 or 1  # a line at 0 must be visible
        self.step = step(high)
        self.top = self.step * math.ceil(high / self.step)
        self.xs = sorted({x for x, _ in points})

    def share(self, x):
        """Of the width, from the left."""
        if not self.tenfold:
            return x / self.right
        first = min(self.xs, default=1) / 2
        return math.log(max(x, first) / first) / math.log(2 * max(self.xs, default=1) / first)

    def at(self, x, y):
        return (LEFT + self.share(x) * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM - y / self.top * (HEIGHT - TOP - BOTTOM))

    def axes(self):
        parts = [text(LEFT - 36, 18, self.title + (f", {self.unit}" if self.unit else ""), "start",
                      13)]
        for index in range(round(self.top / self.step) + 1):
            x, y = self.at(0, index * self.step)
            parts += [line(x, y, WIDTH - RIGHT, y, FAINT),
                      text(x - 5, y + 4, f"{index * self.step:g}", "end")]
        for value in self.xs:
            x, y = self.at(value, 0)
            parts += [line(x, y, x, y + 4, INK), text(x, y + 16, f"{value:g}")]
        parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM + 30, "agents"))
        return parts

    def legend(self):
        """Under the panel, two lines per row."""
        parts = []
        for index, (system, label, dash, _) in enumerate(self.lines):
            x, y = LEFT + index % 2 * (WIDTH - LEFT - RIGHT) / 2, HEIGHT - 22 + index // 2 * 14
            parts.append(f'<path d="M{x:.1f} {y - 4}h18" stroke="{COLOURS[system]}" '
                         f'stroke-width="2" stroke-dasharray="{dash}"/>')
            parts.append(text(x + 22, y, label, "start", 10))
        return parts

    def curves(self):
        parts = []
        for system, _, dash, points in self.lines:
            places = [self.at(x, y) for x, y in sorted(points)]
            if places:
                path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
                parts.append(f'<path d="{path}" fill="none" stroke="{COLOURS[system]}" '
                             f'stroke-width="2" stroke-dasharray="{dash}"/>')
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{COLOURS[system]}"/>'
                      for x, y in places]
        return parts

    def draw(self):
        return "\n".join([*self.axes(), *self.curves(), *self.legend()])


def picture(panels, title, maker="bench report"):
    """One SVG of panels side by side."""
    width = WIDTH * len(panels)
    body = "\n".join(f'<g transform="translate({WIDTH * index} 0)">\n{panel.draw()}\n</g>'
                     for index, panel in enumerate(panels))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" '
            f'width="{width}" height="{HEIGHT}" font-family="sans-serif" role="img">\n'
            f'<!-- SPDX-License-Identifier: Apache-2.0; made by tools/bench/{maker} -->\n'
            f'<title>{escape(title)}</title>\n<rect width="{width}" height="{HEIGHT}" '
            f'fill="#fff"/>\n{body}\n</svg>\n')
