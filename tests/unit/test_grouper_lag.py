"""Alerts that are handled late are a sign that more are waiting; the sign fades."""

from __future__ import annotations

from datetime import timedelta

from services.grouper.lag import BEHIND, BELIEVED, Lag
from tests.support.build import NOON, routed


def test_an_old_alert_is_a_sign_of_a_backlog_for_a_while():
    lag = Lag()
    lag.note([routed("fresh", at=NOON)], NOON + BEHIND)
    assert not lag.is_behind(NOON + BEHIND)

    late = NOON + BEHIND + timedelta(seconds=1)
    lag.note([routed("fresh", at=late), routed("old", at=NOON)], late)

    assert lag.is_behind(late)
    assert not lag.is_behind(late + BELIEVED)
