"""The bulk lane takes what is above an integration's share, and nothing else."""

from __future__ import annotations

from services.receiver.lanes import BULK, Lanes


def test_a_quiet_integration_stays_in_the_normal_lane_beside_a_flooding_one() -> None:
    lanes = Lanes(share_per_s=10)
    flood = [lanes.lane_of("loud", 1, now_s=100 + n / 100) for n in range(200)]
    assert flood.count("") == 50
    assert flood[50:] == [BULK] * 150
    assert lanes.lane_of("quiet", 1, now_s=102) == ""


def test_a_body_of_many_alerts_counts_as_many() -> None:
    assert Lanes(share_per_s=10).lane_of("loud", 51, now_s=1) == BULK


def test_the_normal_lane_is_back_five_seconds_after_a_flood() -> None:
    lanes = Lanes(share_per_s=10)
    lanes.lane_of("loud", 1000, now_s=100)
    assert lanes.lane_of("loud", 1, now_s=104.9) == BULK
    assert lanes.lane_of("loud", 1, now_s=105.1) == ""


def test_integrations_that_fell_silent_are_forgotten() -> None:
    lanes = Lanes(share_per_s=10)
    for second in range(100):
        lanes.lane_of(f"one-{second}", 1, now_s=second)
    assert len(lanes._totals) <= 6
