"""Random escalation chains, personal rules and schedules, over a clock change, for properties."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from shared.domain.conditions import Verdict
from shared.domain.configuration import ConfigSnapshot, Rule, Team, User, UserGroup, Webhook
from shared.domain.schedules import Schedule, Shift
from tests.support.build import a_configuration

# The night on which clocks in Europe go from two to three.
BEGIN = datetime(2027, 3, 28, 0, 30, tzinfo=UTC)
PAYLOAD = {"severity": "critical", "count": 3}
USERS = (
    User(id="U1", username="alice", email="alice@x.org", team_ids=("T1",), slack_user_id="S1"),
    User(id="U2", username="bob", team_ids=("T1",)),
    User(id="U3", username="carol", slack_user_id="S3"),
)
# Each with what it says of PAYLOAD.
CONDITIONS = {
    '{{ payload.severity == "critical" }}': True,
    "{{ payload.count > 5 }}": False,
    '{{ labels.severity == "critical" }}': True,
    "{{ alert_group.alerts_count > 1 }}": False,
}
BROKEN = "{{ payload.count + payload.severity }}"


def verdict_on(template: str) -> Verdict:
    """Return what a condition says, by hand."""
    if template == BROKEN:
        message = "unsupported operand type(s) for +: 'int' and 'str'"
        return Verdict(holds=True, failure=message, line=1)
    return Verdict(holds=CONDITIONS[template], said=str(CONDITIONS[template]))


people = st.lists(st.sampled_from(["U1", "U2", "U3", "gone"]), max_size=3)
seconds = st.sampled_from([60, 300, 3600, 14_400, 86_400])
days = st.lists(st.sampled_from(["MO", "TU", "SA", "SU"]), max_size=2, unique=True)
zones = st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "America/New_York"])
schedules = st.sampled_from(["S1", "S2", "gone"])
times = st.sampled_from(["02:30", "09:00", "17:00", "23:45"])


def _step(type: str, **parameters: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"type": st.just(type), "important": st.booleans(), **parameters},
    )


steps = st.one_of(
    _step("wait", duration=seconds),
    _step("notify_persons", persons_to_notify=people),
    _step("notify_person_next_each_time", persons_to_notify_next_each_time=people),
    _step("notify_team_members", team_to_notify=st.sampled_from(["T1", "gone"])),
    _step("notify_user_group", group_to_notify=st.sampled_from(["G1", "gone"])),
    _step("notify_whole_channel"),
    _step("notify_on_call_from_schedule", notify_on_call_from_schedule=schedules),
    _step("notify_next_on_call", schedule=schedules),
    _step("wait_until_on_call", schedule=schedules, max_duration=seconds),
    _step(
        "notify_if_time_from_to",
        notify_if_time_from=times,
        notify_if_time_to=times,
        time_zone=zones,
        weekdays=days,
    ),
    _step("notify_if_not_acknowledged_within", duration=seconds),
    _step("trigger_webhook", action_to_trigger=st.sampled_from(["WH1", "gone"])),
    _step("repeat_escalation"),
    _step("continue_if", continue_if=st.sampled_from(sorted(CONDITIONS)[:2])),
    _step("raise_importance"),
    _step("lower_importance"),
)
ends = st.one_of(
    _step("resolve"),
    _step(
        "notify_if_num_alerts_in_window", num_alerts_in_window=st.just(2), num_minutes_in_window=st.just(5)
    ),
    _step("notify_persons", persons_to_notify=people),
)


@st.composite
def rules(draw: st.DrawFn) -> tuple[Rule, ...]:
    """Any rules of the three, default and important."""
    kinds = st.sampled_from(["notify_by_email", "notify_by_sms", "notify_by_slack", "wait"])
    found: list[Rule] = []
    for user in USERS:
        for important in (False, True):
            for position, type in enumerate(draw(st.lists(kinds, max_size=3))):
                id = f"N{user.id}{important}{position}"
                duration = draw(seconds) if type == "wait" else None
                found.append(
                    Rule(
                        id=id,
                        user_id=user.id,
                        important=important,
                        position=position,
                        type=type,
                        duration=duration,
                    )
                )
    return tuple(found)


@st.composite
def shifts(draw: st.DrawFn) -> tuple[Shift, ...]:
    """A rotation with gaps, now and then with an override over it."""
    zone = draw(zones)
    rotation = Shift(
        id="L1",
        name="rotation",
        type="rolling_users",
        schedule_id="S1",
        time_zone=zone,
        start=f"2027-03-20T{draw(times)}:00",
        duration=draw(st.sampled_from([4, 8, 24])) * 3600,
        frequency="daily",
        rolling_users=(("U1",), ("U2", "U3"), ("U3",)),
        start_rotation_from_user_index=0,
    )
    override = Shift(
        id="O1",
        name="override",
        type="override",
        schedule_id="S1",
        time_zone=zone,
        start=f"2027-03-2{draw(st.integers(7, 9))}T{draw(times)}:00",
        duration=draw(seconds),
        users=("U2",),
    )
    return (rotation, override) if draw(st.booleans()) else (rotation,)


@st.composite
def configurations(draw: st.DrawFn) -> ConfigSnapshot:
    """A chain of up to seven steps, some with a condition, over people, rules and schedules."""
    chain = [*draw(st.lists(steps, max_size=6)), draw(ends)]
    config = a_configuration(
        *chain,
        rules=draw(rules()),
        users=USERS,
        teams=(Team(id="T1", name="ops"),),
        user_groups=(UserGroup(id="G1", name="oncall", slack_user_ids=("S1", "S3")),),
        webhooks=(Webhook(id="WH1", name="ticket", url="http://hook.example/"),),
        schedules=(Schedule(id="S1", name="Primary"), Schedule(id="S2", name="Empty")),
        shifts=draw(shifts()),
    )
    conditions = st.sampled_from([None, None, None, *sorted(CONDITIONS)])
    conditional = tuple(one.model_copy(update={"condition": draw(conditions)}) for one in config.steps)
    fields = {name: getattr(config, name) for name in ConfigSnapshot.model_fields}
    return ConfigSnapshot.model_construct(**fields | {"steps": conditional})
