"""The Alertmanager API v2 beside the ingest URLs: Prometheus pushes here, and amtool adds and asks.

The token is in the path (`…/integrations/v1/<type>/<token>/api/v2/…`) or a bearer token (`/api/v2/…`).
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from services.receiver.door import PREFIX, SLASH, Door, json_answer
from shared import clock
from shared.domain.alertmanager_api import (
    RECEIVER,
    Matcher,
    alert_groups,
    gettable,
    matchers_of,
    parts_of,
)
from shared.domain.configuration import Integration
from shared.domain.ingest import Refused
from shared.errors import Permanent, Unavailable
from shared.integrations.integration_type import NotAnAlert
from shared.store.alert_groups import AlertGroups
from shared.store.alerts import Alerts
from shared.templates import TemplateFailure
from shared.templates.patterns import anchored

TYPES = ("prometheus", "alertmanager", "grafana_alerting")
LISTED_GROUPS = 1000
# All patterns of one question together: they run on the event loop.
MATCHING_S = 0.2
MAX_PATTERN = 500


class AlertmanagerApi:
    """Answers what an Alertmanager answers, as far as it has a meaning here."""

    def __init__(self, door: Door, groups: AlertGroups, alerts: Alerts) -> None:
        self._door = door
        self._groups = groups
        self._alerts = alerts
        self._began_at = clock.now()

    def add_to(self, app: web.Application) -> None:
        """Serve `/api/v2/…` on `app`, with and without the token in the path."""
        for prefix in (PREFIX, ""):
            self._add(app, f"{prefix}/api/v2/alerts", get=self._list, post=self._post)
            self._add(app, f"{prefix}/api/v2/alerts/groups", get=self._list_groups)
            self._add(app, f"{prefix}/api/v2/status", get=self._status)
            self._add(app, f"{prefix}/api/v2/receivers", get=self._receivers)
            self._add(app, f"{prefix}/api/v2/silences", get=self._no_silences, post=self._refuse_silence)
            self._add(app, f"{prefix}/-/healthy", get=self._healthy)
            self._add(app, f"{prefix}/-/ready", get=self._healthy)

    def _add(self, app: web.Application, path: str, get: Any, post: Any = None) -> None:
        resource = app.router.add_resource(path + SLASH)
        resource.add_route("GET", self._door.guarded(get))
        if post is not None:
            resource.add_route("POST", self._door.guarded(post))

    async def _post(self, request: web.Request) -> web.Response:
        integration = await self._integration(request)
        payload = await self._door.payload(request, integration)
        try:
            parts = parts_of(payload, clock.now())
        except NotAnAlert:
            return json_answer({}, 200)
        except Permanent as error:
            raise Refused(400, "wrong_shape", error.reason, as_json=True) from error
        accepted = await self._door.accept(integration, parts, request.headers)
        return json_answer(self._door.receipt(accepted), 200)

    async def _list(self, request: web.Request) -> web.Response:
        return json_answer(await self._matching(request), 200)

    async def _list_groups(self, request: web.Request) -> web.Response:
        return json_answer(alert_groups(await self._matching(request)), 200)

    async def _matching(self, request: web.Request) -> list[dict[str, Any]]:
        integration = await self._integration(request)
        try:
            matchers = matchers_of(request.query.getall("filter", []))
            found = await self._firing(integration)
            return _chosen(found, matchers, request.query)
        except Permanent as error:
            raise Refused(400, "wrong_filter", error.reason, as_json=True) from error
        except Unavailable as error:
            raise Refused(
                503, "no_database", "The database is away, ask again later.", as_json=True
            ) from error

    async def _firing(self, integration: Integration) -> list[dict[str, Any]]:
        """Return every firing instance of the integration's newest open groups."""
        query = {"integration_id": integration.id, "resolved_at": None}
        groups = await self._groups.tracked(query, limit=LISTED_GROUPS)
        firing = [
            (group, name, one) for group in groups for name, one in group.instances.items() if one.firing
        ]
        alerts = await self._alerts.get_many([one.id for _, _, one in firing])
        return [
            gettable(group, name, one, alerts[one.id].payload)
            for group, name, one in firing
            if one.id in alerts
        ]

    async def _status(self, request: web.Request) -> web.Response:
        await self._integration(request)
        version = dict.fromkeys(("branch", "buildDate", "buildUser", "goVersion", "revision"), "")
        status = {
            "cluster": {"status": "disabled", "peers": []},
            "config": {"original": ""},
            "uptime": self._began_at.isoformat().replace("+00:00", "Z"),
            "versionInfo": {**version, "version": "0.0.0-tocsin"},
        }
        return json_answer(status, 200)

    async def _receivers(self, request: web.Request) -> web.Response:
        await self._integration(request)
        return json_answer([{"name": RECEIVER}], 200)

    async def _no_silences(self, request: web.Request) -> web.Response:
        await self._integration(request)
        return json_answer([], 200)

    async def _refuse_silence(self, request: web.Request) -> web.Response:
        await self._integration(request)
        sentence = (
            "Silences by matchers are not kept here: silence the alert group, or declare a maintenance."
        )
        raise Refused(405, "method", sentence, as_json=True)

    async def _healthy(self, request: web.Request) -> web.Response:
        await self._integration(request)
        return web.Response(text="OK")

    async def _integration(self, request: web.Request) -> Integration:
        token = request.match_info.get("token") or bearer(request)
        found = await self._door.integration_of(token, request.match_info.get("type"))
        if found.type not in TYPES:
            raise Refused(
                400, "wrong_type", f"The Alertmanager API is for integrations of type {', '.join(TYPES)}."
            )
        self._door.check_head(request, found)
        return found


def bearer(request: web.Request, *schemes: str) -> str:
    """Return the token in the Authorization header, after one of the scheme words (default Bearer).

    Raises:
        Refused: there is none.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() not in (schemes or ("bearer",)) or not token.strip():
        word = (schemes or ("bearer",))[0].capitalize()
        sentence = f"The integration's token is missing: send it as `Authorization: {word} <token>`."
        raise Refused(401, "no_token", sentence, as_json=True)
    return token.strip()


def _chosen(alerts: list[dict[str, Any]], matchers: list[Matcher], query: Any) -> list[dict[str, Any]]:
    until_s = clock.monotonic_s() + MATCHING_S
    left_out = {
        state
        for state, name in (("active", "active"), ("suppressed", "silenced"))
        if query.get(name) == "false"
    }
    return [
        one
        for one in alerts
        if one["status"]["state"] not in left_out
        and all(_matches(matcher, one["labels"], until_s) for matcher in matchers)
    ]


def _matches(matcher: Matcher, labels: dict[str, str], until_s: float) -> bool:
    value = labels.get(matcher.name, "")
    if not matcher.is_pattern:
        return (value == matcher.value) == (matcher.operator == "=")
    if len(matcher.value) > MAX_PATTERN or clock.monotonic_s() > until_s:
        raise Permanent("filter: its regular expressions take too long")
    try:
        return anchored(f"(?:{matcher.value})\\Z", value) == (matcher.operator == "=~")
    except TemplateFailure as failure:
        raise Permanent(f"filter: {failure.detail}") from failure
