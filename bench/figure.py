"""What a figure is, whether it meets its goal, and how it compares with the calibration loop.

A figure file is `bench/<group>/<name>.py`. Its docstring is the method, in plain words. It has
`async def measure() -> dict[str, Figure]`, which seeds what it needs in a folder of its own.
"""

import hashlib
import math
import operator
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

COMPARE = {"<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt}
SECONDS = {"s": 1.0, "ms": 1e-3, "µs": 1e-6}


@dataclass(frozen=True)
class Figure:
    """A measured number. `unit` is s, ms, µs, anything per second (`redeems/s`), B, MB …;
    `goal` reads like `<= 22`, or is empty when there is none.
    """

    value: float
    unit: str
    goal: str = ""

    def holds(self) -> bool | None:
        """Tell whether the goal is met; None without a goal.

        Raises:
            ValueError: the goal cannot be read.
        """
        if not self.goal:
            return None
        sign, _, bound = self.goal.partition(" ")
        if sign not in COMPARE:
            raise ValueError(f"a goal reads like '<= 22', not {self.goal!r}")
        return bool(COMPARE[sign](self.value, float(bound)))

    def ratio(self, loop: float) -> float | None:
        """Compare with the calibration loop, which took `loop` seconds.

        A time becomes a number of loops; a rate becomes how much happens during one loop. Both
        say the same on a machine twice as fast. A size has no ratio.
        """
        if self.unit in SECONDS:
            return round(self.value * SECONDS[self.unit] / loop, 6)
        if self.unit.endswith("/s"):
            return round(self.value * loop, 6)
        return None

    def written(self, loop: float) -> dict[str, Any]:
        """Return what is printed of the figure."""
        return {
            "value": float(f"{self.value:.6g}"),
            "unit": self.unit,
            "goal": self.goal or None,
            "holds": self.holds(),
            "ratio": self.ratio(loop),
        }


def calibration_loop(rounds: int = 5) -> float:
    """Return the seconds of a fixed mix of hashing and counting: the best of some rounds."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        digest, total = b"", 0
        for number in range(20_000):
            digest = hashlib.sha256(digest + number.to_bytes(4, "big")).digest()
            total += digest[0]
        best = min(best, time.perf_counter() - start)
        assert total > 0
    return best


def share(values: Sequence[float], part: float) -> float:
    """Return the value that so large a part of them does not exceed (0.95 for p95)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]
