"""Charts as plain geometry in the unit square: bars for a series, drawn by the server as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# The share of its place that a bar takes, and the least height of one that is not nothing.
FULL, LEAST = 0.8, 0.01


@dataclass(frozen=True)
class Bar:
    """One bar: where it stands (shares of width and height), what it says."""

    x: float
    y: float
    width: float
    height: float
    words: str
    tone: str = ""


@dataclass(frozen=True)
class Chart:
    """A series of upright bars, with the words of its first, last and highest value."""

    bars: tuple[Bar, ...]
    first: str
    last: str
    highest: str


def upright(values: Sequence[float | None], labels: Sequence[str], words: Sequence[str]) -> Chart:
    """Return a chart; None is no bar. `labels` say where a value stands, `words` how much it is."""
    top = max((one for one in values if one), default=0.0)
    place = 1 / max(len(values), 1)
    bars = [
        Bar(
            x=(position + (1 - FULL) / 2) * place,
            y=1 - height,
            width=place * FULL,
            height=height,
            words=f"{labels[position]}: {words[position]}",
        )
        for position, value in enumerate(values)
        if value and (height := max(value / top, LEAST))
    ]
    highest = words[list(values).index(top)] if top else ""
    return Chart(tuple(bars), labels[0] if labels else "", labels[-1] if labels else "", highest)


def share(value: float, top: float) -> float:
    """Return how much of the longest bar a lying bar takes, 0 to 1."""
    return max(value / top, LEAST) if value and top else 0.0
