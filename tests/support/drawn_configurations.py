"""Configurations with every kind of object and every field, made as clients make them, for property tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from services.api.resources import (
    chains,
    contact_points,
    event_subscriptions,
    on_call_shifts,
    rules,
    schedules,
    steps,
    teams,
    users,
    webhooks,
)
from services.api.resources.desk import Desk
from shared.domain.configuration import Chain, Integration, StepConfig, Team, User, UserGroup, Webhook
from shared.domain.configuration_draft import TABLE_OF, Declared, Draft, Tables
from shared.domain.people import OnCallReminders
from shared.domain.schedules import WEEKDAYS, Schedule, Shift
from shared.domain.webhook_triggers import TRIGGERS
from tests.support.drawing import NOW, ZONES, flags, odd, secret, some, tools
from tests.support.drawn_integrations import DrawnIntegrations


@st.composite
def configurations(draw: Any) -> Tables:
    """Return one: objects of every kind, some owned by a set, some referring to what is gone."""
    desk = Desk(Draft(Tables()), tools())
    DrawnConfiguration(draw, desk).everything()
    return desk.draft.tables(1)


class DrawnConfiguration(DrawnIntegrations):
    """Draws one configuration into a draft."""

    def everything(self) -> None:
        for one in range(2):
            self.desk.draft.put(UserGroup(id=f"G{one}", name="Same name"))
        self.desk.draft.put(UserGroup(id="G9", name="Database people"))
        people = (self.user, self.team, self.webhook)
        for make in (*people, self.schedule, self.chain, self.integration, self.window, self.events):
            for _ in range(self.draw(st.integers(1, 2))):
                make()
        self.namesakes()
        self.gone()
        self.owners()

    def user(self) -> None:
        draw = self.draw
        row = self.create(
            users,
            users.UserBody,
            username=self.name(),
            name=draw(odd),
            email=draw(st.sampled_from(["", "a@example.org"])),
            role=draw(st.sampled_from(users.ROLES)),
            timezone=draw(st.sampled_from(ZONES)),
            phone_number=draw(st.sampled_from([None, "+4930123456"])),
            slack=draw(st.sampled_from([None, {"user_id": "U123456", "team_id": "T1"}])),
        )
        kinds = {"telegram": "777", "ntfy": "my-topic", "webhook": "https://h.example.org/x"}
        points = []
        for kind in draw(st.lists(st.sampled_from(sorted(kinds)), max_size=3)):
            address = kinds[kind] + str(len(points))
            point = contact_points.made(
                self.desk, contact_points.checked_kind(kind), address, declared=draw(flags)
            )
            verified = NOW if draw(flags) else None
            points.append(point.model_copy(update={"verified_at": verified}))
        vouched_for = row.model_copy(update={"contact_points": tuple(one for one in points if one.declared)})
        channel = draw(st.sampled_from(["email", "sms", "telegram"]))
        before = draw(st.sampled_from([(), (900,), (3600, 86_400)])) if vouched_for.contact(channel) else ()
        reminders = OnCallReminders(before=before, channel=channel)
        changed = {"contact_points": tuple(points), "on_call_reminders": reminders}
        self.desk.draft.put(row.model_copy(update=changed))
        hours = {"from_time": "08:00", "to_time": "22:00", "time_zone": "Europe/Berlin", "weekdays": ["MO"]}
        for important in (False, True):
            for kind in draw(
                st.lists(st.sampled_from(["notify_by_sms", "wait", "notify_by_email"]), max_size=4)
            ):
                wait = {"duration": draw(st.integers(60, 86_400))} if kind == "wait" else {}
                quiet = {"only_between": draw(st.sampled_from([None, hours]))} if kind != "wait" else {}
                body = rules.RuleBody.model_validate({**wait, **quiet, "type": kind}, strict=False)
                body = body.model_copy(update={"user_id": row.id, "important": important})
                rules.create(self.desk, body)

    def team(self) -> None:
        reminder = {"remind_after": self.draw(st.sampled_from([None, 0, 600])), "unacknowledge_after": 300}
        self.create(
            teams,
            teams.TeamBody,
            name=self.name(),
            email=self.draw(some),
            avatar_url=self.draw(odd),
            members=self.some_of(User),
            acknowledge_reminder=self.draw(st.sampled_from([None, reminder])),
        )

    def webhook(self) -> None:
        draw = self.draw
        self.create(
            webhooks,
            webhooks.WebhookBody,
            name=self.name(),
            url="https://example.org/{{ alert_group_id }}",
            is_webhook_enabled=draw(flags),
            team_id=self.team_id(),
            trigger_type=draw(st.sampled_from(list(TRIGGERS))),
            http_method=draw(st.sampled_from(webhooks.METHODS)),
            forward_all=draw(flags),
            **{name: draw(some) for name in ("headers", "data", "trigger_template", "username", "preset")},
            **{name: draw(st.none() | secret) for name in ("password", "authorization_header")},
            signing_secret=draw(st.sampled_from([None, "whsec_" + "QUJD" * 11])),
        )

    def events(self) -> None:
        draw = self.draw
        self.create(
            event_subscriptions,
            event_subscriptions.EventSubscriptionBody,
            name=self.name(),
            url=draw(st.sampled_from(["https://bot.example.org/x?y=z", "http://10.0.0.1:8080"])),
            is_enabled=draw(flags),
            team_id=self.team_id(),
            types=draw(st.sampled_from([None, ["group"], ["group.resolved.v1", "notification"]])),
            integration_ids=self.some_of(Integration),
            start=draw(st.sampled_from([None, "beginning", "82674A1C33000000012B0229296E04"])),
            batch_size=draw(st.integers(1, 500)),
            signing_secret=draw(st.sampled_from([None, "whsec_" + "QUJD" * 11])),
        )

    def schedule(self) -> None:
        draw = self.draw
        shared = [self.shift(None) for _ in range(draw(st.integers(0, 2)))]
        kind = draw(st.sampled_from(schedules.TYPES))
        url = st.sampled_from([None, "https://calendar.example.org/x"])
        row = self.create(
            schedules,
            schedules.ScheduleBody,
            name=self.name(),
            type=kind,
            team_id=self.team_id(),
            time_zone=draw(st.sampled_from(ZONES)),
            ical_url_primary=draw(url),
            ical_url_overrides=draw(url),
            enable_web_overrides=draw(flags),
            shifts=[one.id for one in shared],
            slack={"channel_id": draw(some), "user_group_id": draw(some)},
            **{name: draw(st.sampled_from(allowed)) for name, allowed in schedules.NOTICES.items()},
        )
        if kind == "web":
            for _ in range(draw(st.integers(0, 2))):
                self.shift(row.id)
            over = {
                "type": "override",
                "start": "2026-03-05T00:00:00",
                "duration": 60,
                "users": self.some_of(User),
            }
            self.create(
                on_call_shifts, on_call_shifts.ShiftBody, name="Nobody's business", schedule=row.id, **over
            )

    def shift(self, schedule_id: str | None) -> Shift:
        draw = self.draw
        kind = draw(st.sampled_from(["single_event", "recurrent_event", "rolling_users"]))
        people = self.some_of(User)
        row: Shift = self.create(
            on_call_shifts,
            on_call_shifts.ShiftBody,
            name="Nights" if schedule_id is not None else self.name(),
            type=kind,
            schedule=schedule_id,
            team_id=self.team_id(),
            time_zone=draw(st.none() | st.sampled_from(ZONES)),
            level=draw(st.integers(0, 3)),
            start="2026-03-02T09:00:00",
            rotation_start=draw(st.sampled_from([None, "2026-03-03T09:00:00"])),
            until=draw(st.sampled_from([None, "2027-03-03T09:00:00"])),
            duration=draw(st.integers(1, 86_400)),
            frequency=draw(st.sampled_from(["daily", "weekly"])),
            interval=draw(st.sampled_from([None, 1])),
            week_start=draw(st.sampled_from([None, "SU"])),
            by_day=draw(st.sampled_from([None, ["MO"], list(WEEKDAYS)])),
            by_month=draw(st.sampled_from([None, [1, 2, 3, 4]])),
            users=people,
            rolling_users=[people, []],
            start_rotation_from_user_index=draw(st.integers(0, 1)),
        )
        bounds = {"effective_from": NOW if draw(flags) else None, "ended_at": NOW + timedelta(days=1)}
        bounded = row.model_copy(update=bounds) if draw(flags) else row
        self.desk.draft.put(bounded)
        return bounded

    def chain(self) -> None:
        chain = self.create(chains, chains.ChainBody, name=self.name(), team_id=self.team_id())
        made = []
        for fields in self.draw(st.lists(st.sampled_from(self.kinds_of_steps()), max_size=5)):
            condition = self.draw(st.sampled_from([None, "{{ true }}"]))
            important = self.draw(flags)
            more = {"escalation_chain_id": chain.id, "condition": condition, "important": important}
            made.append(self.create(steps, steps.StepBody, **fields, **more))
        for one in made[::2]:
            if self.draw(flags):
                steps.remove(self.desk, one)

    def kinds_of_steps(self) -> list[dict[str, Any]]:
        schedule = self.one_of(Schedule)
        hours = {"notify_if_time_from": "09:00", "notify_if_time_to": "17:30", "time_zone": "Asia/Kolkata"}
        return [
            {"type": "wait", "duration": 600},
            {"type": "notify_persons", "persons_to_notify": self.some_of(User)},
            {"type": "notify_person_next_each_time", "persons_to_notify_next_each_time": self.some_of(User)},
            {"type": "notify_team_members", "team_to_notify": self.one_of(Team)},
            {"type": "notify_user_group", "group_to_notify": self.one_of(UserGroup)},
            {"type": "notify_on_call_from_schedule", "notify_on_call_from_schedule": schedule},
            {"type": "notify_next_on_call", "schedule": schedule},
            {"type": "wait_until_on_call", "schedule": schedule, "max_duration": 3600},
            {"type": "trigger_webhook", "action_to_trigger": self.one_of(Webhook)},
            {"type": "continue_if", "continue_if": "{{ true }}"},
            {"type": "notify_if_time_from_to", **hours, "weekdays": ["MO"]},
            {"type": "notify_if_num_alerts_in_window", "num_alerts_in_window": 3, "num_minutes_in_window": 9},
            {"type": "repeat_escalation"},
        ]

    def namesakes(self) -> None:
        """Teams may use each other's names, and name what nobody's is named."""
        for model in (Chain, Schedule):
            for row in self.desk.draft.all(model)[:1]:
                taken = {one.team_id for one in self.desk.draft.find(model, "name", row.name)}
                for team in self.desk.draft.all(Team):
                    if team.id not in taken:
                        copied = {"id": self.desk.new_id(model), "team_id": team.id, "shift_ids": ()}
                        fields = {name: one for name, one in copied.items() if name in model.model_fields}
                        urls = {name: None for name in schedules.URLS if name in model.model_fields}
                        self.desk.draft.put(row.model_copy(update={**fields, **urls}))
        chain = self.create(chains, chains.ChainBody, name=self.name())
        for schedule in self.desk.draft.all(Schedule):
            more = {"escalation_chain_id": chain.id, "type": "notify_next_on_call", "schedule": schedule.id}
            self.create(steps, steps.StepBody, **more)

    def gone(self) -> None:
        """Remove what steps and webhooks refer to; they keep the ids of what is gone."""
        rows = self.desk.draft.all(Webhook)
        filtered = tuple(self.some_of(Integration)) + tuple(self.draw(st.sampled_from([[], ["CGONE"]])))
        self.desk.draft.put(rows[0].model_copy(update={"integration_filter": filtered}))
        if self.draw(flags) and len(rows) > 1:
            webhooks.remove(self.desk, rows[-1])
        hooks = [one for one in self.desk.draft.all(StepConfig) if one.type == "trigger_webhook"]
        assert all(one.parameters["action_to_trigger"] for one in hooks)

    def owners(self) -> None:
        for model in (User, Chain, Integration, Schedule):
            for row in self.desk.draft.all(model):
                owner = self.draw(st.sampled_from([None, "default", "payments"]))
                if owner is not None:
                    self.desk.draft.put(Declared(id=f"{TABLE_OF[model]}/{row.id}", set=owner))
