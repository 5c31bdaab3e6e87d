"""Services of a PagerDuty account as integrations that take its events: the keys stay, so senders change the host."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shared.domain.imported import Row, Taking, Written, part_of, rows_of, without_blanks, words

KIND = "integration"
KEY = re.compile(r"[A-Za-z0-9]{16,64}")
TYPE, MAIL = "pagerduty", "inbound_email"
EVENTS = "events_api_v2_inbound_integration"
BY_MAIL = "generic_email_inbound_integration"
# What a service has that an integration has not, and what to say of it.
WITHOUT_COUNTERPART = {
    "auto_resolve_timeout": "incidents are resolved by themselves after a time there, which there is not here",
    "acknowledgement_timeout": "acknowledges end after a time there: set acknowledge_reminder",
    "support_hours": "its support hours are left out: add a step that waits for hours to the chain",
}


class WayIn(NamedTuple):
    """One integration of a service, and its id in the names of an import."""

    id: str
    name: str
    row: Row


def name_services(taking: Taking, services: Sequence[Row]) -> None:
    """Give every way in its name: the service's, with the integration's where the service has several."""
    for service in services:
        teams = rows_of(service.get("teams"))
        team_id = teams[0].get("id") if len(teams) == 1 else None
        for one in _ways_in(service):
            taking.name("integrations", KIND, {"id": one.id}, one.name, team_id)


def pagerduty_services(taking: Taking, services: Sequence[Row]) -> list[Written]:
    """Return an integration for every way into every service; all of a service's lead to its chain."""
    return [_integration(taking, service, one) for service in services for one in _ways_in(service)]


def _ways_in(service: Row) -> Iterator[WayIn]:
    name = words(service.get("name")) or words(service.get("summary"))
    ways = rows_of(service.get("integrations"))
    if not ways:
        yield WayIn(str(service.get("id")), name, {})
    for one in ways:
        own = words(one.get("name")) or words(one.get("summary"))
        yield WayIn(f"{service.get('id')}/{one.get('id')}", f"{name}: {own}" if len(ways) > 1 else name, one)


def _integration(taking: Taking, service: Row, way: WayIn) -> Written:
    name = taking.names.of("integrations", way.id) or ""
    teams = rows_of(service.get("teams"))
    policy = part_of(service, "escalation_policy").get("id")
    chain = taking.names.reference("chains", policy)
    if policy and chain is None:
        taking.left_out(KIND, name, f"its escalation policy {policy} is not in the export")
    _tell_of_service(taking, name, service)
    by_mail = words(way.row.get("type")).removesuffix("_reference") == BY_MAIL
    written = {
        "name": name,
        "type": MAIL if by_mail else TYPE,
        "team": taking.names.of("teams", teams[0].get("id")) if len(teams) == 1 else None,
        "description_short": words(service.get("description"))[:250],
        "token": None if by_mail else _token(taking, name, way.row),
    }
    if by_mail:
        taking.left_out(KIND, name, "takes mail, and has a new address here")
    return {**without_blanks(written), "default_route": without_blanks({"chain": chain})}


def _token(taking: Taking, name: str, row: Row) -> str | None:
    """Return a reference to the key; whoever sends something else than events of the API's version 2 is told."""
    if not row:
        return None
    key, kind = words(row.get("integration_key")), words(row.get("type")).removesuffix("_reference")
    if kind != EVENTS:
        needed = "what does not send Events API v2 needs an integration of its own"
        taking.left_out(KIND, name, f"its integration is of the type {kind}: {needed}")
    if KEY.fullmatch(key) is None:
        taking.left_out(
            KIND, name, "its key is not in the export: include[]=integrations has it; here it is new"
        )
        return None
    return taking.secret(KIND, name, "token", value=key)


def _tell_of_service(taking: Taking, name: str, service: Row) -> None:
    for field, sentence in WITHOUT_COUNTERPART.items():
        if service.get(field):
            taking.left_out(KIND, name, sentence)
    if service.get("status") == "disabled":
        taking.left_out(KIND, name, "is disabled there and takes alerts here")
    urgency = part_of(service, "incident_urgency_rule")
    if urgency and (urgency.get("type"), urgency.get("urgency")) != ("constant", "high"):
        taking.left_out(
            KIND, name, "its incidents may have low urgency there: here all page by the same rules"
        )
