"""A run goes on where the one before it was, where the integration wants that and something was left to do."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from services.escalator.drafting import Drafting
from shared.domain.configuration import ConfigSnapshot, Integration, Rule
from shared.domain.escalation import Escalation, Known, begin, follow, wake
from shared.domain.escalation_run import NOTHING_KNOWN
from shared.domain.group_settings import GroupSettings, ResumeSettings
from shared.domain.states import act, expire_silence
from shared.events import Event, GroupRendered, GroupUnacknowledged, GroupUnsilenced, NotificationRequested
from shared.store.escalations import Stored
from tests.support.build import NOON, a_configuration, a_group, an_action, minute, notify, wait
from tests.unit.domain.test_escalation import rendered

RULES = (
    Rule(id="1", user_id="U1", position=0, type="notify_by_email"),
    Rule(id="2", user_id="U1", position=1, type="wait", duration=900),
    Rule(id="3", user_id="U1", position=2, type="notify_by_sms"),
    Rule(id="4", user_id="U2", type="notify_by_email"),
)


def configured(how: Literal["start", "continue"], *steps: dict[str, Any]) -> ConfigSnapshot:
    """Return a configuration whose integration wants runs to go on so."""
    resumes = ResumeSettings(after_silence=how, after_unacknowledge=how)
    integration = Integration(
        id="C1", name="x", type="webhook", token_digest="", groups=GroupSettings(escalation_resumes=resumes)
    )
    return a_configuration(*steps, rules=RULES, integrations=(integration,))


def pages(events: list[Event]) -> list[tuple[str, str]]:
    """Return who is paged, and how."""
    return [(one.user_id, one.channel) for one in events if isinstance(one, NotificationRequested)]


def again(
    config: ConfigSnapshot, action: str, back_at: float, known: Known = NOTHING_KNOWN
) -> tuple[Escalation, list[Event]]:
    """Let a chain begin at noon, take the group away from it after 2 minutes and give it back later."""
    first, _ = begin(rendered(), config, NOON)
    assert first is not None
    taken, _ = act(an_action(action, delay_s=60), a_group(), minute(2))
    stopped, _ = follow(rendered(taken), first, config, minute(2))
    if action == "silence":
        back, _ = expire_silence(taken, minute(back_at))
        change = GroupUnsilenced.type
    else:
        back, _ = act(an_action("unacknowledge", id="second"), taken, minute(back_at))
        change = GroupUnacknowledged.type
    event: GroupRendered = rendered(back, change=change)
    drafts = Drafting({stopped.id: Stored(stopped)}, 2, config, minute(back_at), known).decide([event])
    draft = drafts["IGROUP:2"]
    assert draft.after is not None
    return draft.after, [one for _, one in draft.events]


@pytest.mark.parametrize("action", ["silence", "acknowledge"])
def test_it_goes_on_where_it_was_and_waits_no_longer_than_it_would_have(action: str):
    config = configured("continue", notify("U1"), wait(10), notify("U2"))

    after, events = again(config, action, 4)
    _, later = wake(after, config, minute(10))
    _, last = wake(after, config, minute(15))

    assert pages(events) == []
    assert after.due_at == minute(10)
    assert pages(later) == [("U2", "email")]
    assert ("U1", "sms") in pages(last)


def test_what_has_passed_meanwhile_is_due_at_once():
    config = configured("continue", notify("U1"), wait(10), notify("U2"))

    _, events = again(config, "acknowledge", 60)

    assert sorted(pages(events)) == [("U1", "sms"), ("U2", "email")]


def test_by_default_it_begins_at_the_start():
    config = configured("start", notify("U1"), wait(10), notify("U2"))

    _, events = again(config, "acknowledge", 4)

    assert pages(events) == [("U1", "email")]


def test_when_nothing_was_left_to_do_somebody_is_reached_all_the_same():
    config = configured("continue", notify("U2"))

    _, events = again(config, "acknowledge", 4)

    assert pages(events) == [("U2", "email")]
