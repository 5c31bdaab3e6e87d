"""How long the jobs of one call to a template worker may keep each other waiting."""

from __future__ import annotations

from collections import Counter

# An integration whose jobs take so long on average, once they took so long together, is slow.
SLOW_JOB_S = 0.01
SLOW_SUM_S = 0.1


class Patience:
    """What the jobs of one call may cost each other: an integration that is slow is not tried a second time.

    After `left_s` of slow jobs only the integrations in `quick`, which had a quick job before, are tried at all.
    """

    def __init__(self, left_s: float, quick: set[int]) -> None:
        self._left_s = left_s
        self._quick = quick
        self._slow: set[int] = set()
        self._spent_s: dict[int, float] = {}
        self._jobs: Counter[int] = Counter()

    def ends_for(self, reference: int) -> bool:
        """Whether a job of this definition is handed back untried."""
        return reference in self._slow or (self._left_s < 0 and reference not in self._quick)

    def overrun(self, reference: int) -> None:
        """A job of it used up its time."""
        self._slow.add(reference)
        self._quick.discard(reference)

    def took(self, reference: int, took_s: float) -> None:
        """Count one job; many that are nearly too slow are as bad as one that is."""
        self._jobs[reference] += 1
        spent_s = self._spent_s[reference] = self._spent_s.get(reference, 0.0) + took_s
        if took_s > SLOW_JOB_S:
            self._left_s -= took_s
        if spent_s > SLOW_SUM_S and spent_s > SLOW_JOB_S * self._jobs[reference]:
            self.overrun(reference)
        elif took_s < SLOW_JOB_S:
            self._quick.add(reference)
