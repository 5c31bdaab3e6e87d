"""Integrations with every field, their routes and maintenance windows, for drawn configurations."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from services.api.resources import integration_maintenance, integrations, maintenance_windows, routes
from services.api.resources.templates import BEHAVIOUR, MEDIA
from shared.domain.access import LAYOUTS
from shared.domain.configuration import Chain, Integration, Route
from tests.support.drawing import ZONES, Drawing, flags, odd, secret, some

TYPES = ("alertmanager", "webhook", "zabbix", "inbound_email")


class DrawnIntegrations(Drawing):
    """Draws ways in."""

    def integration(self) -> None:
        draw = self.draw
        kind = draw(st.sampled_from(TYPES))
        row = self.create(
            integrations,
            integrations.IntegrationBody,
            name=self.name(),
            type=kind,
            team_id=self.team_id(),
            description_short=draw(some),
            allow_source_based_resolving=draw(flags),
            each_instance=draw(flags) and kind == "alertmanager",
            base_url=draw(st.sampled_from([None, "https://prom.example.org"])),
            templates=self.templates(),
            labels=[{"key": f"k{draw(odd)}", "value": draw(odd)}] if draw(flags) else [],
            dynamic_labels=[{"key": draw(odd), "value": draw(odd)}],
            label_template=draw(some),
            rate_limit=draw(st.sampled_from([None, {"alerts_per_minute": 5, "burst": 50}])),
            authentication=self.authentication() if kind != "inbound_email" else None,
            heartbeat={
                "timeout_seconds": draw(st.integers(60, 999)),
                "templates": {"expired": {"title": draw(some)}},
            },
            storm={"groups_per_minute": draw(st.sampled_from([None, 0, 7])), "digest_interval": None},
            acknowledge_reminder={"remind_after": draw(st.sampled_from([None, 0, 600]))},
            escalation_resumes={"after_silence": draw(st.sampled_from(["start", "continue"]))},
            resolution_note_required=draw(st.sampled_from([None, True, False])),
            default_route=self.targets(),
        )
        kinds = draw(st.lists(st.sampled_from(self.kinds_of_routes()), max_size=4))
        made = [
            self.create(routes, routes.RouteBody, integration_id=row.id, **fields, **self.targets())
            for fields in kinds
        ]
        for one in made[::2]:
            if draw(flags):
                routes.remove(self.desk, one)
        if draw(flags):
            body = integration_maintenance.MaintenanceBody(mode="debug", duration=60)
            integration_maintenance.start(self.desk, row, body, "bob")

    def kinds_of_routes(self) -> list[dict[str, Any]]:
        return [
            {"routing_type": "jinja2", "routing_regex": self.draw(odd)},
            {"routing_type": "regex", "routing_regex": "crit|warn"},
            {"routing_type": "regex", "routing_regex": ""},
            {"routing_type": "labels", "filtering_labels": [{"key": "team", "value": self.draw(odd)}]},
        ]

    def targets(self) -> dict[str, Any]:
        draw = self.draw
        chain = draw(st.sampled_from([None, self.one_of(Chain)]))
        others = {
            name: {"id": draw(some), "enabled": draw(flags)} for name in ("telegram", "msteams", "mattermost")
        }
        return {
            "escalation_chain_id": chain,
            "slack": {"channel_id": draw(some), "enabled": draw(flags)},
            **others,
        }

    def templates(self) -> dict[str, Any]:
        draw = self.draw
        media = {
            medium: {part: draw(some) for part in parts} for medium, parts in MEDIA.items() if draw(flags)
        }
        return {**{key: draw(some) for key in BEHAVIOUR if draw(flags)}, **media}

    def authentication(self) -> dict[str, Any]:
        draw = self.draw
        preset = draw(st.sampled_from(sorted(LAYOUTS)))
        own = draw(st.sampled_from([{}, {"prefix": "v9=", "tolerance_s": 0, "encoding": "base64"}]))
        second = draw(st.sampled_from([None, "another"]))
        hmac = {"preset": preset, **own, "secret": draw(secret), "second_secret": second}
        basic = {"username": "u", "password": draw(secret), "second_password": second}
        bearer = {"header": "X-Token", "token": draw(secret), "second_token": second}
        return {
            "hmac": draw(st.sampled_from([None, hmac])),
            "basic": draw(st.sampled_from([None, basic])),
            "bearer": draw(st.sampled_from([None, bearer])),
            "ip_allow_list": draw(st.sampled_from([[], ["10.0.0.0/8"]])),
        }

    def window(self) -> None:
        draw = self.draw
        ids = self.some_of(Integration)
        of_these = [one.id for one in self.desk.draft.all(Route) if not ids or one.integration_id in ids]
        self.create(
            maintenance_windows,
            maintenance_windows.MaintenanceWindowBody,
            name=self.name(),
            mode=draw(st.sampled_from(["debug", "maintenance"])),
            starts_at="2026-03-08T02:00:00.25",
            duration=draw(st.integers(1, 86_400)),
            time_zone=draw(st.sampled_from(ZONES)),
            rrule=draw(st.sampled_from(["", "FREQ=WEEKLY;BYDAY=SU"])),
            integration_ids=ids,
            route_ids=draw(st.lists(st.sampled_from(of_these), unique=True, max_size=2)),
            labels={draw(odd): [draw(odd)]} if draw(flags) else {},
            comment=draw(odd),
        )
