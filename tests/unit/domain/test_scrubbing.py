"""What a wiped group's alerts said is nowhere in its journal, and other groups' records stay as they are."""

from __future__ import annotations

import orjson
import pytest

from shared.bus import wire
from shared.domain.scrubbing import scrubbed
from shared.domain.wiped_cards import wiped_cards
from shared.events import BY_TYPE
from tests.support.build import ALICE, NOON, a_group
from tests.support.samples import ALERT, GROUP, PROVENANCE, SAMPLES

ALERTS = {ALERT.id}
SAID = ("DiskFull", "größe", "critical", "90 %", "graphs.example", "prometheus.example")


@pytest.mark.parametrize("type", sorted(SAMPLES))
def test_no_record_of_a_wiped_group_says_what_its_alerts_said_and_each_can_still_be_read(type: str):
    envelope = orjson.loads(wire.encode(SAMPLES[type], PROVENANCE))

    after = scrubbed(envelope, GROUP.id, ALERTS, notes=True)

    data = orjson.dumps(after["data"]).decode()
    assert [one for one in SAID if one in data] == []
    assert isinstance(wire.event_of(after), BY_TYPE[type])
    assert {name: after[name] for name in after if name != "data"} == {
        name: envelope[name] for name in envelope if name != "data"
    }


@pytest.mark.parametrize("type", sorted(SAMPLES))
def test_records_of_other_groups_stay_as_they_are(type: str):
    envelope = orjson.loads(wire.encode(SAMPLES[type], PROVENANCE))

    assert scrubbed(envelope, "IOTHER", {"another"}, notes=True) == envelope


def test_notes_stay_after_a_wipe():
    envelope = orjson.loads(wire.encode(SAMPLES["group.note_added.v1"], PROVENANCE))

    kept = scrubbed(envelope, GROUP.id, ALERTS, notes=False)
    gone = scrubbed(envelope, GROUP.id, ALERTS, notes=True)

    assert (kept["data"]["note"]["text"], gone["data"]["note"]["text"]) == ("the disk was full", "")


def test_a_wiped_group_is_shown_as_wiped_by_whom_in_every_medium():
    group = a_group(wiped_at=NOON, wiped_by=ALICE)

    cards = wiped_cards(group, ("web", "slack"))

    assert {one.title for one in cards.values()} == {"Alert group #1 was wiped by alice"}
