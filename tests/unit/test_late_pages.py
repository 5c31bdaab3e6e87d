"""The judge of `make prove`: a page is late when its own last look at the group came after the answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from tests.chaos.proof import verdict
from tests.chaos.proof.arrivals import Page, Row
from tests.chaos.proof.cut_off import CutOff
from tests.chaos.proof.people import Taken
from tests.chaos.proof.verdict import Verdict

ANSWERED = Taken("G1", "acknowledge", run=1, answered_at=10.0)
ROW = Row(
    id="r1", channel="webhook", person="erin", group_id="G1", run=1, state="sent", reason="", handle="",
    bundle=None, created_at=1.0, checked_at=9.9,
)  # fmt: skip


class Sending:
    """The ledger: one row that is being sent, looked at last at some instant."""

    def __init__(self, looked_at: float) -> None:
        self.deliveries = self
        self._looked_at = datetime.fromtimestamp(looked_at, UTC)

    def find(self, *_: Any) -> list[dict[str, Any]]:
        return [{"_id": ROW.id, "checked_at": self._looked_at}]


def judged(row: Row, arrived_at: float, cut_off: CutOff | None = None) -> Verdict:
    evidence: Any = SimpleNamespace(
        people=SimpleNamespace(taken=[ANSWERED]),
        pages=[Page(row, arrived_at)],
        cut_off=cut_off or CutOff(stored=None),
    )
    found = Verdict()
    verdict._late_pages(evidence, found)
    return found


def test_a_page_that_looked_before_the_answer_and_arrived_after_it_crossed_it():
    found = judged(ROW, 10.1)

    assert (found.crossing, found.late_pages) == (1, [])


def test_a_page_that_looked_after_the_answer_is_late():
    found = judged(replace(ROW, checked_at=10.05), 10.1)

    assert found.late_pages == [
        "group G1 run 1: erin was paged by webhook 100 ms after acknowledge; it was looked at 50 ms after"
    ]


def test_a_page_that_never_looked_is_late():
    (found,) = judged(replace(ROW, checked_at=None), 10.1).late_pages

    assert found.endswith("no look at it is known")


def test_a_page_of_a_later_run_is_not_late():
    assert judged(replace(ROW, run=2, checked_at=10.05), 10.1) == Verdict()


def test_the_look_of_a_repeat_that_sent_nothing_does_not_make_the_first_try_late():
    cut_off = CutOff(Sending(looked_at=9.9))
    cut_off.note(10.2, "kill notifier-*")

    found = judged(replace(ROW, state="cancelled", checked_at=12.0), 10.1, cut_off)

    assert (found.crossing, found.late_pages) == (1, [])


def test_a_repeat_that_arrives_after_the_answer_is_late_although_the_first_try_was_not():
    cut_off = CutOff(Sending(looked_at=9.9))
    cut_off.note(10.2, "kill notifier-*")

    assert len(judged(replace(ROW, checked_at=12.0), 12.1, cut_off).late_pages) == 1
