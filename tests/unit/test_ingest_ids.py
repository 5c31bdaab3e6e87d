"""Alert ids: the same request makes the same alert, and a sender can compute its id."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ingest import Refused, alert_id, alerts_of, idempotency_key, numbered_id
from shared.integrations.integration_type import Part

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_the_id_follows_from_integration_and_key_by_the_documented_formula() -> None:
    assert alert_id("CABC", "my-key") == str(uuid.uuid5(uuid.NAMESPACE_URL, "tocsin:CABC/my-key"))
    assert alert_id("CABC", "my-key", 2) == str(uuid.uuid5(uuid.UUID(alert_id("CABC", "my-key")), "2"))


@given(st.sets(st.tuples(st.sampled_from(["CA", "CB"]), st.text(max_size=5), st.integers(0, 3)), max_size=20))
def test_different_alerts_have_different_ids(alerts: set[tuple[str, str, int]]) -> None:
    assert len({alert_id(*one) for one in alerts}) == len(alerts)


def test_the_alerts_of_one_body_keep_their_order_in_time_and_their_ids() -> None:
    first = str(uuid.uuid4())
    alerts = alerts_of([Part("a"), Part("b")], "CABC", first, NOON)
    assert [(one.id, one.payload, one.received_at) for one in alerts] == [
        (first, "a", NOON),
        (numbered_id(first, 1), "b", NOON + timedelta(microseconds=1)),
    ]


def test_a_key_is_taken_from_the_header_before_the_cloudevent() -> None:
    assert idempotency_key({"Idempotency-Key": " k ", "ce-id": "1", "ce-source": "/s"}) == "k"


def test_a_cloudevent_is_known_by_its_source_and_id_together() -> None:
    assert idempotency_key({"ce-id": "1", "ce-source": "/s"}) == "/s 1"
    assert idempotency_key({"ce-id": "1"}) == "1"


def test_no_header_or_a_blank_one_is_no_key() -> None:
    assert idempotency_key({}) is None
    assert idempotency_key({"Idempotency-Key": "  "}) is None


def test_a_key_that_is_too_long_is_refused() -> None:
    with pytest.raises(Refused, match="longer"):
        idempotency_key({"Idempotency-Key": "x" * 256})
