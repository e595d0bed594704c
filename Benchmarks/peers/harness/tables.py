"""Medians and ranges, and how they read."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Spread:
    """Median, least and greatest."""

    median: float
    least: float
    greatest: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        """The spread of some values, one at least."""
        return cls(median(values), min(values), max(values))

    def text(self, digits: int) -> str:
        """Like `121 [107–139]`."""
        numbers = (self.median, self.least, self.greatest)
        middle, least, greatest = (f"{number:.{digits}f}" for number in numbers)
        return f"{middle} [{least}–{greatest}]"

    def json(self) -> dict[str, float]:
        """As JSON."""
        return {"median": self.median, "min": self.least, "max": self.greatest}


def markdown(header: list[str], rows: list[list[str]]) -> str:
    """A table whose first column is text and the others numbers."""
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
