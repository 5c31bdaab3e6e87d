"""The judge of `make prove`: every message finds its rows, and one too many finds none."""

from __future__ import annotations

from dataclasses import replace

from shared.events import derived_id
from tests.chaos.proof.arrivals import Arrival, Attribution, Row

ROW = Row(
    id="r1", channel="sms", person="carol", group_id="G1", run=1, state="sent", reason="", handle="SM1",
    bundle=None, created_at=1.0, checked_at=2.0,
)  # fmt: skip


def rows(*found: Row) -> dict[str, Row]:
    return {one.id: one for one in found}


def bundle(*found: Row) -> str:
    return derived_id("bundle", *sorted(one.id for one in found))


def ids(attribution: Attribution) -> list[str]:
    return sorted(page.row.id for page in attribution.pages)


def test_a_message_that_comes_twice_counts_twice_for_its_row():
    twice = [Arrival("sms", "carol", at, "r1", f"SM{at:.0f}") for at in (1.0, 2.0)]

    assert ids(Attribution.of(rows(ROW), twice)) == ["r1", "r1"]


def test_a_bundle_is_all_of_its_rows_whether_recorded_or_cut_off_while_they_were():
    recorded, lost = (replace(ROW, id=id, bundle="b") for id in ("r1", "r2"))
    lost = replace(lost, state="unknown", handle="")
    arrival = Arrival("sms", "carol", 3.0, bundle(recorded, lost), "SM1")

    assert ids(Attribution.of(rows(recorded, lost), [arrival])) == ["r1", "r2"]


def test_a_bundle_that_its_rows_do_not_make_is_a_stranger():
    """Two senders made two messages of overlapping rows: the ledger knows of the later one alone."""
    some = [replace(ROW, id=id, bundle="b") for id in ("r1", "r2", "r3")]
    arrivals = [
        Arrival("sms", "carol", 3.0, bundle(*some[:2]), "SM0"),
        Arrival("sms", "carol", 4.0, bundle(*some), "SM1"),
    ]

    attribution = Attribution.of(rows(*some), arrivals)

    assert [one.handle for one in attribution.strangers] == ["SM0"]


def test_a_push_without_record_is_the_page_of_unknown_outcome_and_the_next_one_a_stranger():
    lost = replace(ROW, channel="ntfy", state="unknown", handle="")
    pushes = [Arrival("ntfy", "carol", at, handle=f"msg{at:.0f}", group_id="G1") for at in (1.0, 2.0)]

    attribution = Attribution.of(rows(lost), pushes)

    assert ids(attribution) == ["r1"]
    assert attribution.strangers == pushes[1:]


def test_a_message_to_somebody_else_is_a_stranger():
    attribution = Attribution.of(rows(ROW), [Arrival("sms", "dave", 1.0, "r1", "SM1")])

    assert (attribution.pages, len(attribution.strangers)) == ([], 1)


def test_a_recorded_message_of_a_bundle_is_found_beside_many_rows_of_it_that_were_cut_off_in_another():
    recorded = [replace(ROW, id=id, bundle="b", state="delivered", handle="SM2") for id in ("r1", "r2")]
    lost = [replace(ROW, id=f"u{n}", bundle="b", state="unknown", handle="") for n in range(5)]
    arrivals = [
        Arrival("sms", "carol", 3.0, bundle(*lost), "SM1"),
        Arrival("sms", "carol", 4.0, bundle(*recorded), "SM2"),
    ]

    attribution = Attribution.of(rows(*recorded, *lost), arrivals)

    assert attribution.strangers == []
    assert ids(attribution) == sorted(one.id for one in (*recorded, *lost))


def test_two_messages_of_one_bundle_that_were_both_cut_off_are_told_apart_by_their_moments():
    first = [
        replace(ROW, id=f"a{n}", bundle="b", state="unknown", handle="", checked_at=1.0) for n in range(4)
    ]
    second = [replace(one, id=f"b{n}", checked_at=2.0) for n, one in enumerate(first)]
    arrivals = [Arrival("sms", "carol", at, bundle(*some)) for at, some in ((1.0, first), (2.0, second))]

    attribution = Attribution.of(rows(*first, *second), arrivals)

    assert attribution.strangers == []
    assert len(attribution.pages) == 8
