"""What users of Terraform's provider for OnCall configure: of each resource every field, and a change of it."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from shared.domain.webhook_triggers import TRIGGERS
from tests.integration.api.clients.terraform import Config
from tests.integration.api.clients.terraform_resources import MEDIA
from tests.integration.api.clients.world import World

# By the name of a case: the resource, what is configured, what it is changed to.
Case = tuple[str, Config, Config]
BARE_ROUTE: Config = {"default_route": {}}
ROUTE: Config = {
    "routing_type": "jinja2",
    "routing_regex": "{{ payload.severity == 'critical' }}",
    "position": 0,
}
HOOK: Config = {
    "url": "https://hooks.example.org/{{ alert_group_id }}",
    "trigger_type": "escalation",
    "http_method": "POST",
    "is_webhook_enabled": True,
}
SHIFT: Config = {"start": "2026-01-05T09:00:00", "duration": 43_200}
EVENT: Config = {**SHIFT, "type": "single_event"}


def cases(world: World) -> dict[str, Case]:
    """Return every case with the ids of a world."""
    return {
        "a chain": ("escalation_chain", {"name": "a"}, {"name": "b", "team_id": world["team"]}),
        **_integrations(world),
        **_routes(world),
        **_steps(world),
        **_shifts(world),
        **_schedules(world),
        **_webhooks(world),
        **_rules(world),
    }


def _integrations(world: World) -> dict[str, Case]:
    bare: Config = {"name": "bare", "type": "alertmanager", **BARE_ROUTE}
    slack = {"channel_id": world["channel"], "enabled": True}
    off = {"id": None, "enabled": False}
    labels = [{"id": key, "key": key, "value": value} for key, value in (("env", "prod"), ("service", "db"))]
    dynamic = [{"id": "severity", "key": "severity", "value": "{{ payload.labels.severity }}"}]
    whole: Config = {
        "name": "whole",
        "type": "grafana_alerting",
        "team_id": world["team"],
        "templates": _templates(),
        "default_route": {
            "escalation_chain_id": world["chain"],
            "slack": slack,
            "telegram": off,
            "msteams": {"id": None, "enabled": True},
        },
        "labels": labels,
        "dynamic_labels": dynamic,
    }
    less: Config = {
        **whole,
        "team_id": "",
        "templates": {"resolve_signal": "{{ payload.ok }}\n", "slack": {"title": "{{ payload.title }}"}},
        "default_route": {"escalation_chain_id": world["other_chain"], "slack": {**slack, "enabled": False}},
        "labels": [],
        "dynamic_labels": [],
    }
    return {
        "an integration with nothing set": ("integration", bare, {**bare, "name": "bare too"}),
        "an integration with everything set": ("integration", whole, less),
        "templates that are taken away": ("integration", {**bare, "templates": _templates()}, bare),
    }


def _templates() -> Config:
    texts: Config = {
        "grouping_key": "{{ payload.key }}",
        "resolve_signal": "{{ payload.state == 'ok' }}",
        "acknowledge_signal": "{{ payload.seen }}",
        "source_link": "{{ payload.url }}",
    }
    for name, (_, parts) in MEDIA.items():
        texts[name] = {part: f"{{{{ payload.{part} }}}}" for part in parts}
    # Heredocs end with a line break.
    return {**texts, "web": {"title": "one", "message": "# {{ payload.title }}\n\n{{ payload.text }}\n"}}


def _routes(world: World) -> dict[str, Case]:
    base: Config = {**ROUTE, "integration_id": world["integration"], "escalation_chain_id": world["chain"]}
    slack = {"channel_id": world["channel"], "enabled": True}
    by_regex: Config = {**base, "routing_type": "regex", "routing_regex": '"severity": "(high|low)"'}
    changed: Config = {**by_regex, "escalation_chain_id": world["other_chain"], "slack": slack, "position": 3}
    targets: Config = {"slack": slack, "telegram": {"id": "TG1", "enabled": True}}
    return {
        "a route by template": ("route", base, changed),
        "a route with chats": (
            "route",
            {**base, **targets, "msteams": {"id": "19:x@thread", "enabled": False}},
            base,
        ),
    }


def _steps(world: World) -> dict[str, Case]:
    wait: Config = {"escalation_chain_id": world["chain"], "position": 0, "type": "wait", "duration": 300}
    persons = {world["alice"], world["bob"]}
    parameters: dict[str, Config] = {
        "notify_persons": {"persons_to_notify": persons, "important": True},
        "notify_person_next_each_time": {"persons_to_notify_next_each_time": persons, "important": True},
        "notify_on_call_from_schedule": {"notify_on_call_from_schedule": world["schedule"]},
        "notify_user_group": {"group_to_notify": world["group"]},
        "notify_team_members": {"notify_to_team_members": world["team"], "important": True},
        "trigger_webhook": {"action_to_trigger": world["webhook"]},
        "notify_if_time_from_to": {"notify_if_time_from": "08:00:00Z", "notify_if_time_to": "18:30:00Z"},
        "notify_whole_channel": {},
        "repeat_escalation": {},
        "resolve": {},
        "wait": {"duration": 86_400},
    }
    return {
        f"a step {kind}": (
            "escalation",
            {"escalation_chain_id": world["chain"], "position": 0, "type": kind, **own},
            {**wait, "position": 2},
        )
        for kind, own in parameters.items()
    }


def _shifts(world: World) -> dict[str, Case]:
    both = {world["alice"], world["bob"]}
    weekly: Config = {"frequency": "weekly", "interval": 2, "week_start": "SU", "by_day": {"MO", "FR"}}
    event: Config = {**SHIFT, "name": "weekly", "type": "recurrent_event", **weekly, "users": both}
    monthly: Config = {"frequency": "monthly", "interval": 1, "by_month": {1, 12}, "by_monthday": {-1, 1, 15}}
    rotation: Config = {
        **SHIFT,
        "name": "turns",
        "type": "rolling_users",
        "frequency": "daily",
        "interval": 1,
        "rolling_users": [{world["bob"]}, both],
        "start_rotation_from_user_index": 1,
        "level": 3,
        "until": "2030-01-01T00:00:00",
        "time_zone": "Europe/Berlin",
    }
    hourly: Config = {**rotation, "frequency": "hourly", "interval": 8, "rolling_users": [{world["alice"]}]}
    first = {"start_rotation_from_user_index": 0, "level": 0, "until": None, "time_zone": None}
    alone: Config = {**EVENT, "name": "once", "users": {world["alice"]}, "team_id": world["team"]}
    return {
        "a shift that is once": ("on_call_shift", alone, {**EVENT, "name": "once", "duration": 60}),
        "a shift by week": (
            "on_call_shift",
            event,
            {**SHIFT, "name": "monthly", "type": "recurrent_event", **monthly},
        ),
        "a rotation": ("on_call_shift", rotation, {**hourly, **first}),
        "a shift of another type": (
            "on_call_shift",
            {**event, "name": "other"},
            {**rotation, "name": "other"},
        ),
    }


def _schedules(world: World) -> dict[str, Case]:
    slack = {"channel_id": world["channel"], "user_group_id": world["group"]}
    calendar: Config = {"name": "calendar", "type": "calendar", "time_zone": "America/New_York"}
    whole: Config = {**calendar, "shifts": {world["shift"]}, "slack": slack, "enable_web_overrides": True}
    url = "https://calendar.example.org/a.ics?key=secret"
    ical: Config = {"name": "ical", "type": "ical", "ical_url_primary": url, "team_id": world["team"]}
    return {
        "a schedule of shifts": ("schedule", whole, {**calendar, "ical_url_overrides": url}),
        "a schedule from outside": (
            "schedule",
            ical,
            {
                **ical,
                "team_id": "",
                "ical_url_overrides": f"{url}2",
                "slack": {"channel_id": world["channel"]},
            },
        ),
    }


def _webhooks(world: World) -> dict[str, Case]:
    plain: Config = {**HOOK, "name": "plain"}
    whole: Config = {
        **HOOK,
        "name": "whole",
        "team_id": world["team"],
        "http_method": "PUT",
        "data": '{"title": "{{ alert_payload.title }}"}',
        "user": "bot",
        "password": "secret",
        "authorization_header": "Bearer secret",
        "forward_whole_payload": False,
        "trigger_template": "{{ alert_payload.severity == 'critical' }}",
        "headers": '{"X-Trace": "{{ alert_group_id }}", "Accept": "*/*"}',
        "integration_filter": [world["integration"]],
        "is_webhook_enabled": False,
    }
    # Each trigger once, as what is configured or as what it is changed to.
    triggers: dict[str, Case] = {
        f"a webhook at {first}, then {then}": (
            "outgoing_webhook",
            {**plain, "trigger_type": first},
            {**plain, "trigger_type": then, "forward_whole_payload": True},
        )
        for first, then in zip_longest(TRIGGERS[::2], TRIGGERS[1::2], fillvalue=TRIGGERS[0])
    }
    return {
        "a webhook with everything set": ("outgoing_webhook", whole, {**plain, "name": "whole"}),
        **triggers,
    }


def _rules(world: World) -> dict[str, Case]:
    def rule(kind: str, **more: Any) -> Config:
        return {"user_id": world["alice"], "type": kind, "position": 0, **more}

    found: dict[str, Case] = {
        f"a rule {kind}": ("user_notification_rule", rule(kind), rule("wait", duration=900, position=1))
        for kind in ("notify_by_sms", "notify_by_msteams", "notify_by_mobile_app_critical")
    }
    urgent = rule("wait", duration=60, important=True)
    found["an important rule"] = (
        "user_notification_rule",
        urgent,
        rule("notify_by_phone_call", important=True, position=4),
    )
    return found
