"""Routes of an integration on the pages: written, tried on the last alerts, moved, removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from multidict import MultiDict

from services.api.console.form_fields import filled, is_ticked, number, pairs, text
from services.api.console.integration_page import TITLES
from services.api.console.keepers import keeper_of
from services.api.console.route_trial import tried
from services.api.console.visits import Visit, reasons
from services.api.refusals import Invalid, Refused
from services.api.resources.chains import CHAINS
from services.api.resources.chat_targets import PRODUCTS
from services.api.resources.integrations import INTEGRATIONS
from services.api.resources.routes import ROUTES
from services.api.resources.slack_directory import SLACK_CHANNELS
from shared.domain.configuration import Integration

NEW = "new"


@dataclass(frozen=True)
class RouteForm:
    """What the fields of the form show."""

    routing_type: str
    routing_regex: str
    labels: Sequence[tuple[str, str]]
    chain_id: str
    targets: Mapping[str, tuple[bool, str]]

    @classmethod
    def stored(cls, route: Mapping[str, Any]) -> RouteForm:
        """Fill it in from a route as the API shows it."""
        slack = route["slack"]
        others = {name: (route[name]["enabled"], route[name]["id"] or "") for name in PRODUCTS}
        return cls(
            routing_type=route["routing_type"],
            routing_regex=route["routing_regex"] or "",
            labels=[(one["key"]["name"], one["value"]["name"]) for one in route["filtering_labels"]],
            chain_id=route["escalation_chain_id"] or "",
            targets={"slack": (slack["enabled"], slack["channel_id"] or ""), **others},
        )

    @classmethod
    def sent(cls, form: MultiDict[str]) -> RouteForm:
        """Fill it in as somebody wrote it."""
        names = ("slack", *PRODUCTS)
        return cls(
            routing_type=form.get("routing_type", "jinja2"),
            routing_regex=text(form, "routing_regex"),
            labels=[(key, value.strip()) for key, value in pairs(form, "label")],
            chain_id=form.get("escalation_chain_id", ""),
            targets={
                name: (is_ticked(form, f"{name}_enabled"), filled(form, f"{name}_id") or "") for name in names
            },
        )

    def body(self, is_default: bool) -> dict[str, Any]:
        """Return the API's body; the default route has no condition."""
        body: dict[str, Any] = {"escalation_chain_id": self.chain_id or None}
        for name, (enabled, target_id) in self.targets.items():
            body[name] = {"enabled": enabled, "channel_id" if name == "slack" else "id": target_id or None}
        if is_default:
            return body
        body |= {"routing_type": self.routing_type, "routing_regex": self.routing_regex}
        if self.routing_type == "labels":
            body["filtering_labels"] = [{"key": key, "value": value} for key, value in self.labels]
        return body


EMPTY = RouteForm("jinja2", "", (), "", {"slack": (True, ""), **dict.fromkeys(PRODUCTS, (False, ""))})


async def show_route(visit: Visit) -> web.Response:
    """GET of a route's form; the id "new" is that of a route that is not there yet."""
    route = await _route(visit)
    return await _form(visit, route, EMPTY if route is None else RouteForm.stored(route))


async def save_route(visit: Visit) -> web.Response:
    """POST: the route is stored; with a mistake the form again, filled in as it was."""
    route, sent = await _route(visit), RouteForm.sent(visit.form)
    objects, integration_id = visit.objects(ROUTES), visit.request.match_info["id"]
    try:
        if route is None:
            await objects.create({"integration_id": integration_id, **sent.body(is_default=False)})
        else:
            await objects.change(route["id"], sent.body(route["is_the_last_route"]))
    except Invalid as invalid:
        return await _form(visit, route, sent, reasons(invalid))
    return visit.see(f"/integrations/{integration_id}#routes")


async def try_route(visit: Visit) -> web.Response:
    """POST: the form again, with what the route as written would do to the last alerts; nothing is stored."""
    return await _form(visit, await _route(visit), RouteForm.sent(visit.form), is_tried=True)


async def move_route(visit: Visit) -> web.Response:
    """POST: the route goes to another place, the others make room."""
    route, position = await _existing(visit), number(visit.form, "position")
    if position is None:
        raise Invalid.field("position", "Say which place the route goes to.")
    await visit.objects(ROUTES).change(route["id"], {"position": position})
    # Browsers give the focus to what an address points at, so the next key moves the same route on.
    return visit.see(f"/integrations/{route['integration_id']}#route-{route['id']}")


async def remove_route(visit: Visit) -> web.Response:
    """POST: the route is removed; its alerts go to the next route that takes them."""
    route = await _existing(visit)
    await visit.objects(ROUTES).remove(route["id"])
    return visit.see(f"/integrations/{route['integration_id']}#routes")


async def _form(
    visit: Visit,
    route: Mapping[str, Any] | None,
    shown: RouteForm,
    faults: Sequence[str] = (),
    is_tried: bool = False,
) -> web.Response:
    integration = await visit.objects(INTEGRATIONS).read(visit.request.match_info["id"])
    routes = await visit.objects(ROUTES).all({"integration_id": integration["id"]})
    trial = None
    if is_tried:
        try:
            trial = await tried(visit, routes, route, shown.body(is_default=False))
        except Invalid as invalid:
            faults = reasons(invalid)
    numbers = {one["id"]: position for position, one in enumerate(routes, start=1)}
    return visit.page(
        "route.html",
        400 if faults else 200,
        integration=integration,
        keeper=await keeper_of(visit, Integration, integration["id"]),
        route=route,
        number=numbers[route["id"]] if route is not None else len(routes),
        shown=shown,
        titles=TITLES,
        faults=faults,
        trial=trial,
        is_default=route is not None and route["is_the_last_route"],
        chains=await visit.objects(CHAINS).all(),
        channels=await visit.objects(SLACK_CHANNELS).all(),
    )


async def _route(visit: Visit) -> dict[str, Any] | None:
    """Return the route of the URL; None for a new one."""
    if visit.request.match_info["route_id"] == NEW:
        await visit.objects(INTEGRATIONS).read(visit.request.match_info["id"])
        return None
    return await _existing(visit)


async def _existing(visit: Visit) -> dict[str, Any]:
    """Return the route of the URL.

    Raises:
        Refused: 404, there is none, or it is another integration's.
    """
    route = await visit.objects(ROUTES).read(visit.request.match_info["route_id"])
    if route["integration_id"] != visit.request.match_info["id"]:
        raise Refused.not_found()
    return route
