"""What is left of a delivery when its alert group is wiped: nothing that an alert said, everything that was done."""

from __future__ import annotations

from shared.domain.delivery import Delivery, DeliveryState, requested
from shared.domain.delivery_reports import why_not_settled
from shared.domain.erased_deliveries import ERASED, erased, is_to_be_erased
from shared.domain.model import GroupRun
from shared.domain.webhook_record import RunRecord
from tests.support.outgoing import NOON, a_card, a_group, page_requested, webhook_requested

GROUP = a_group(title="s3cr3t", labels={"customer": "s3cr3t"}, key="s3cr3t")
CARD = a_card(title="s3cr3t", message="s3cr3t")


def test_a_page_keeps_who_was_told_how_and_when_and_nothing_of_its_card():
    row = requested(page_requested(GROUP, card=CARD), "email:example.org", NOON)
    assert row.event.group.title == "s3cr3t"

    after = erased(row, GROUP.id)

    assert "s3cr3t" not in after.model_dump_json()
    assert (after.event.group.id, after.event.group.title) == (GROUP.id, None)
    assert (after.subject_id, after.channel, after.created_at) == ("U-alice", "email", NOON)
    assert not is_to_be_erased(after)


def test_a_webhook_call_keeps_its_status_and_nothing_of_request_and_answer():
    record = RunRecord(
        method="PUT", url="/s3cr3t", headers={"x": "s3cr3t"}, data="s3cr3t", event={"a": "s3cr3t"}
    )
    row = _called(
        record=record, content="s3cr3t", url="/s3cr3t", status_code=201, attempts=1, handle="HTTP 201"
    )

    after = erased(row, GROUP.id)

    assert "s3cr3t" not in after.model_dump_json()
    assert after.record == RunRecord(method="PUT", event=ERASED)
    assert (after.status_code, after.attempts, after.reason) == (201, 1, "")


def test_what_a_template_said_in_the_place_of_a_call_is_erased_too():
    row = _called(reason="the trigger template said 's3cr3t'", attempts=0, finished_at=NOON)

    assert erased(row, GROUP.id).reason == ERASED


def test_of_a_digest_about_several_groups_the_card_goes_and_the_others_stay_named():
    other = a_group(key="other", title="Other")
    digest = (GroupRun(id=other.id, run=1), GroupRun(id=GROUP.id, run=1))
    row = requested(page_requested(other, card=CARD, digest=digest), "email:example.org", NOON)

    after = erased(row, GROUP.id)

    assert "s3cr3t" not in after.model_dump_json()
    assert after.event.group.title == "Other"


def test_the_word_that_a_group_was_wiped_is_not_erased():
    wiped = GROUP.model_copy(update={"wiped_at": NOON})

    assert not is_to_be_erased(requested(page_requested(wiped), "email:example.org", NOON))


def test_what_was_erased_cannot_be_sent_again():
    row = erased(_called(state=DeliveryState.FAILED), GROUP.id)

    assert why_not_settled(row, "resend") == "what the delivery said was erased with its alert group"


def _called(**fields: object) -> Delivery:
    event = webhook_requested(GROUP, details={"note": "s3cr3t"})
    return requested(event, "webhook:WH-1", NOON).model_copy(update=fields)
