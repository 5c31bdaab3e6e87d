"""The page of an integration: how alerts come in, where they go, how it is, and every setting of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from markupsafe import Markup

from services.api.console.curl_line import curl_line
from services.api.console.first_alert import first_alert
from services.api.console.integration_again import NOTHING, Again, as_sent
from services.api.console.integration_problems import shown_problems
from services.api.console.integration_rows import moment, rows_of
from services.api.console.keepers import keeper_of
from services.api.console.step_sentences import listed
from services.api.console.visits import Visit
from services.api.integration_tokens import existing, tokens_of
from services.api.problems import problems_of
from services.api.resources.chains import CHAINS
from services.api.resources.chat_targets import PRODUCTS
from services.api.resources.integrations import INTEGRATIONS
from services.api.resources.routes import ROUTES
from services.api.resources.teams import TEAMS
from shared.domain.access import LAYOUTS
from shared.domain.configuration import Integration
from shared.domain.demo import WITHOUT_DEMO
from shared.domain.markup import html_of
from shared.integrations import by_slug
from shared.integrations.integration_type import IntegrationType

METHODS = {
    "bearer": "a token",
    "basic": "a password",
    "hmac": "a signature",
    "ip_allow_list": "an allowed address",
}
URL_IN_NOTES = "<the integration's URL>"
TITLES = {"telegram": "Telegram", "msteams": "Microsoft Teams", "mattermost": "Mattermost"}
MAINTENANCE_SPANS = (
    (1_800, "30 minutes"),
    (3_600, "1 hour"),
    (3 * 3_600, "3 hours"),
    (12 * 3_600, "12 hours"),
    (86_400, "1 day"),
    (7 * 86_400, "7 days"),
)


@dataclass(frozen=True)
class RouteCard:
    """One route of the page; `up_to` and `down_to` are the places it would move to, None at an end."""

    number: int
    shown: Mapping[str, Any]
    chain_name: str
    targets: tuple[str, ...]
    up_to: int | None
    down_to: int | None


async def show_integration(visit: Visit, again: Again = NOTHING, status: int = 200) -> web.Response:
    """GET: everything about one integration; `again` is a form of the page that was refused."""
    api, integration_id = visit.api, visit.request.match_info["id"]
    shown = await visit.objects(INTEGRATIONS).read(integration_id)
    desk = await api.desk(visit.principal)
    chains = await visit.objects(CHAINS).all()
    routes = await visit.objects(ROUTES).all({"integration_id": integration_id})
    rows, first, problems, tokens = await asyncio.gather(
        rows_of(api, desk.draft.base, [shown]),
        first_alert(api, integration_id),
        problems_of(api, [integration_id], "open"),
        tokens_of(api, desk, existing(desk, visit.request)),
    )
    kind = by_slug(shown["type"])
    numbers = {one["id"]: number for number, one in enumerate(routes, start=1)}
    return visit.page(
        "integration.html",
        status,
        integration=shown,
        edited=as_sent(again, shown),
        again=again,
        keeper=await keeper_of(visit, Integration, integration_id),
        row=rows[0],
        kind=kind,
        notes=_notes(kind, kind.notes if kind else "", shown["link"] or shown["inbound_email"]),
        heartbeat_notes=_notes(kind, kind.heartbeat_notes if kind else "", shown["link"]),
        first=first,
        curl=curl_line(kind, shown),
        integration_id=integration_id,
        routes=_cards(routes, chains),
        problems=shown_problems(problems, integration_id, numbers),
        tokens=_with_moments(tokens),
        teams=await visit.objects(TEAMS).all(),
        presets=list(LAYOUTS),
        spans=MAINTENANCE_SPANS,
        has_demo=kind is not None and kind.slug not in WITHOUT_DEMO and kind.has_demo,
        authentication=shown["authentication"],
        senders=senders_of(shown["authentication"]),
        rate_limit=shown["rate_limit"],
        **_allowed(visit),
    )


def _allowed(visit: Visit) -> dict[str, bool]:
    return {
        "may_change": visit.may("PUT", "integrations/{id}"),
        "may_try": visit.may("POST", "preview"),
        "may_send_demo": visit.may("POST", "integrations/{id}/demo"),
        "may_hold": visit.may("POST", "integrations/{id}/maintenance_start"),
    }


def _notes(kind: IntegrationType | None, notes: str, address: str | None) -> Markup:
    """Return set-up notes as HTML with the integration's own address in them."""
    if kind is None or not notes:
        return Markup("")
    # `html_of` shows tags as text and cleans what it makes.
    return Markup(html_of(notes.replace(URL_IN_NOTES, address or URL_IN_NOTES)))


def _cards(routes: Sequence[Mapping[str, Any]], chains: Sequence[Mapping[str, Any]]) -> list[RouteCard]:
    names = {one["id"]: one["name"] for one in chains}
    places = [one["position"] for one in routes if not one["is_the_last_route"]]
    found = []
    for index, one in enumerate(routes):
        moves = not one["is_the_last_route"]
        found.append(
            RouteCard(
                number=index + 1,
                shown=one,
                chain_name=names.get(one["escalation_chain_id"], ""),
                targets=targets_of(one),
                up_to=places[index - 1] if moves and index > 0 else None,
                down_to=places[index + 1] if moves and index + 1 < len(places) else None,
            )
        )
    return found


def targets_of(route: Mapping[str, Any]) -> tuple[str, ...]:
    """Return where a route posts, in words."""
    slack = route["slack"]
    found = [f"Slack {slack['channel_id'] or 'default channel'}"] if slack["enabled"] else []
    others = [(name, route[name]) for name in PRODUCTS if route[name]["enabled"]]
    return (*found, *(f"{TITLES[name]} {one['id'] or 'default channel'}" for name, one in others))


def senders_of(authentication: Mapping[str, Any] | None) -> str:
    """Return in words what senders have to show."""
    found = authentication or {}
    asked = [words for name, words in METHODS.items() if found.get(name)]
    return f"senders show {listed(asked)}" if asked else "whoever knows the URL may send"


def _with_moments(tokens: Mapping[str, Any]) -> dict[str, Any]:
    former = [
        {
            **one,
            "valid_until": moment(one["valid_until"]),
            "last_used_at": moment(one["last_used_at"]),
        }
        for one in tokens["former"]
    ]
    return {**tokens, "rotated_at": moment(tokens["rotated_at"]), "former": former}
