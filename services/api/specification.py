"""The OpenAPI document of the public API, made from what the api accepts and answers."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml
from aiohttp import web
from pydantic.json_schema import models_json_schema

from services.api import (
    behaviour,
    delivery_shapes,
    escalation_shapes,
    event_shapes,
    integration_types,
    people_shapes,
    preview_shapes,
    webhook_shapes,
)
from services.api.delivery_shapes import MessageBody
from services.api.demo import DemoBody
from services.api.error_specification import ERROR_SCHEMAS, OF_BODIES, refusals
from services.api.escalation_specification import ESCALATION_BODIES, escalation_paths
from services.api.event_specification import EVENT_BODIES, event_paths
from services.api.group_specification import GROUP_BODIES, GROUP_SHAPES, group_paths
from services.api.history_shapes import SHAPES
from services.api.integration_tokens import RotateTokenBody
from services.api.lookup_specification import LOOKUP_SHAPES, lookup_paths, message_paths
from services.api.people_specification import PEOPLE_BODIES, people_paths
from services.api.preview import PreviewBody
from services.api.resources.catalogue import RESOURCES
from services.api.resources.desk import Body, Resource
from services.api.resources.integration_maintenance import MaintenanceBody
from services.api.schedule_shapes import SHAPES as SCHEDULE_SHAPES
from services.api.schedule_specification import SCHEDULE_BODIES, schedule_paths
from services.api.shapes import RESOURCE_SHAPES
from services.api.specification_parts import REFERENCE, listing, refusal_reference
from services.api.specification_parts import body as _body
from services.api.specification_parts import operation as _operation
from services.api.specification_parts import path_parameter as _path_parameter
from services.api.specification_parts import query as _query
from services.api.webhook_specification import WEBHOOK_BODIES, webhook_paths
from shared.domain.declaration import Declaration

BASE = "/api/v1"
DESCRIPTION = (
    "A trailing slash is optional everywhere, and nothing redirects. "
    "Tokens go into the Authorization header, with or without the word Bearer or Token before them. "
    "Every answer to a token has RateLimit headers. "
    "Clients that accept application/problem+json get refusals as problem details."
)
FILTERS: dict[str, tuple[str, ...]] = {
    "integrations": ("name", "team_id"),
    "routes": ("integration_id", "routing_regex"),
    "escalation_chains": ("name", "team_id"),
    "escalation_policies": ("escalation_chain_id",),
    "users": ("username", "email", "roles", "short"),
    "personal_notification_rules": ("user_id", "important"),
    "webhooks": ("name", "team_id"),
    "actions": ("name",),
    "event_subscriptions": ("name", "team_id"),
    "maintenance_windows": ("name", "integration_id", "is_active"),
    "teams": ("name",),
    "user_groups": ("slack_handle",),
    "slack_channels": ("channel_name",),
    "schedules": ("name", "team_id"),
    "on_call_shifts": ("name", "schedule_id"),
    "shift_swaps": ("starting_after", "schedule_id", "beneficiary", "benefactor", "open_only"),
    "alerts": ("id", "alert_group_id", "search"),
    "deliveries": ("state", "user_id", "channel", "alert_group_id", "kind"),
}


async def read_openapi(request: web.Request) -> web.Response:
    """GET: this document; it needs no token."""
    return web.Response(text=openapi_yaml(), content_type="application/yaml")


@cache
def openapi_yaml() -> str:
    """Return the document as YAML."""
    return str(yaml.safe_dump(openapi(), sort_keys=False, allow_unicode=True, width=110))


def openapi() -> dict[str, Any]:
    """Return the document."""
    paths: dict[str, Any] = {}
    for resource in RESOURCES:
        paths |= _resource_paths(resource)
    paths |= _maintenance_paths()
    paths |= webhook_paths()
    paths |= _history_paths()
    paths |= schedule_paths()
    paths |= escalation_paths()
    paths |= people_paths()
    paths |= _delivery_paths()
    paths |= group_paths()
    paths |= lookup_paths()
    paths |= message_paths()
    paths |= event_paths()
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tocsin", "version": "1", "description": DESCRIPTION},
        "security": [{"token": []}],
        "paths": {path: _completed(path, operations) for path, operations in paths.items()},
        "components": {
            "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": "Authorization"}},
            "responses": refusals(),
            "schemas": _schemas(),
        },
    }


def _completed(path: str, operations: dict[str, Any]) -> dict[str, Any]:
    """Give every operation what follows from where it stands: its id, its tag, the answers to a body."""
    words = [one.strip("{}") for one in path.removeprefix(f"{BASE}/").split("/")]
    found: dict[str, Any] = {}
    for method, one in operations.items():
        if method == "parameters":
            found[method] = one
            continue
        responses = dict(one["responses"])
        if "requestBody" in one:
            responses |= {status: refusal_reference(name) for status, name in OF_BODIES.items()}
        found[method] = {
            "operationId": "_".join((method, *words)),
            "tags": [words[0]],
            **one,
            "responses": dict(sorted(responses.items())),
        }
    return found


def _schemas() -> dict[str, Any]:
    bodies = {one.body: "validation" for one in RESOURCES if one.body is not Body}
    shown = (
        *RESOURCE_SHAPES.values(),
        *SHAPES,
        *integration_types.SHAPES,
        *delivery_shapes.SHAPES,
        *preview_shapes.SHAPES,
        *SCHEDULE_SHAPES,
        *escalation_shapes.SHAPES,
        *people_shapes.SHAPES,
        *webhook_shapes.SHAPES,
        *event_shapes.SHAPES,
        *(*LOOKUP_SHAPES, *GROUP_SHAPES),
    )
    shapes = dict.fromkeys(shown, "serialization")
    own = (Declaration, DemoBody, PreviewBody, RotateTokenBody, MaintenanceBody, MessageBody)
    others = dict.fromkeys(
        (
            *own,
            *SCHEDULE_BODIES,
            *PEOPLE_BODIES,
            *WEBHOOK_BODIES,
            *ESCALATION_BODIES,
            *GROUP_BODIES,
            *EVENT_BODIES,
        ),
        "validation",
    )
    models: Any = [*bodies.items(), *shapes.items(), *others.items()]
    _, found = models_json_schema(models, ref_template=REFERENCE)
    schemas = {**found["$defs"], **ERROR_SCHEMAS}
    return {name: schemas[name] for name in sorted(schemas)}


def _resource_paths(resource: Resource[Any, Any]) -> dict[str, Any]:
    shape = RESOURCE_SHAPES[resource.name].__name__
    many: dict[str, Any] = {"get": _list(resource.name, shape)}
    one: dict[str, Any] = {"get": _operation(f"read one of {resource.name}", {"200": shape})}
    body = _body(resource.body.__name__)
    if resource.create is not None:
        many["post"] = _operation(f"create one of {resource.name}", {"201": shape}) | body
    if resource.change is not None:
        words = f"change one of {resource.name}; what is not sent stays"
        one["put"] = _operation(words, {"200": shape}) | body
        one["patch"] = _operation(words, {"200": shape}) | body
    if resource.remove is not None:
        one["delete"] = _operation(f"delete one of {resource.name}", {"204": None})
    return {
        f"{BASE}/{resource.name}": many,
        f"{BASE}/{resource.name}/{{id}}": {"parameters": [_path_parameter("id")], **one},
    }


def _maintenance_paths() -> dict[str, Any]:
    def one(summary: str, shape: str) -> dict[str, Any]:
        return {"parameters": [_path_parameter("id")], "post": _operation(summary, {"200": shape})}

    start = one("hold back the escalation of an integration from now on", "Integration")
    start["post"] |= _body(MaintenanceBody.__name__)
    return {
        f"{BASE}/integrations/{{id}}/maintenance_start": start,
        f"{BASE}/integrations/{{id}}/maintenance_stop": one("end that early", "Integration"),
        f"{BASE}/maintenance_windows/{{id}}/stop": one("end what is open now", "MaintenanceWindow"),
    }


def _history_paths() -> dict[str, Any]:
    def one(summary: str, shape: str | None) -> dict[str, Any]:
        return {"parameters": [_path_parameter("id")], "get": _operation(summary, {"200": shape})}

    return {
        f"{BASE}/alert_groups/{{id}}/timeline": one("everything that happened to a group", "Timeline"),
        f"{BASE}/alerts": {"get": _list("alerts", "Alert")},
        f"{BASE}/alerts/{{id}}": one("read an alert", "Alert"),
        f"{BASE}/alerts/{{id}}/trace": one(
            "where an alert went and why; waits up to 5 s for its first record", "Trace"
        ),
        f"{BASE}/alerts/{{id}}/explain": one(
            "why it went where it went, and who was paged or why nobody", "Explanation"
        ),
        f"{BASE}/integrations/{{id}}/problems": _problems(_path_parameter("id")),
        f"{BASE}/problems": _problems(_query("integration_id"), _query("schedule_id")),
        **_integration_paths(),
        f"{BASE}/integration_types": {
            "get": _operation(
                "every integration type: its set-up, templates, examples", {"200": "IntegrationTypes"}
            )
        },
        f"{BASE}/integration_types/{{slug}}": {
            "parameters": [_path_parameter("slug")],
            "get": _operation("one integration type", {"200": "IntegrationTypeShape"}),
        },
        f"{BASE}/preview": {
            "post": _operation(
                "what an integration makes of a payload, a stored alert or its last ones; before and after an edit",
                {"200": "PreviewResults"},
            )
            | _body("PreviewBody")
        },
        f"{BASE}/config/apply": {"post": _apply()},
        f"{BASE}/config/behaviour": {"post": _behaviour()},
        f"{BASE}/config/export": {"get": _export()},
    }


def _delivery_paths() -> dict[str, Any]:
    """Return what became of pages and calls, and how it is settled."""
    base = f"{BASE}/deliveries"
    words = {
        "mark_sent": "an unknown delivery arrived",
        "resend": "send an unknown or failed delivery again",
        "give_up": "an unknown delivery did not arrive, a waiting one is not wanted",
    }
    answers: dict[str, str | None] = {"200": "DeliveryShape", "202": "Detail"}
    asked = {name: {**_of_one(), "post": _operation(text, answers)} for name, text in words.items()}
    return {
        base: {"get": _list("deliveries", "DeliveryShape")},
        f"{base}/{{id}}": {**_of_one(), "get": _operation("read a delivery", {"200": "DeliveryShape"})},
        **{f"{base}/{{id}}/{name}": path for name, path in asked.items()},
    }


def _problems(*parameters: dict[str, Any]) -> dict[str, Any]:
    operation = _operation(
        "templates and rules that failed; those that stand, unless `state` asks", {"200": "Problems"}
    )
    operation["parameters"] = [{**_query("state"), "schema": {"enum": ["open", "cleared", "all"]}}]
    return {"parameters": list(parameters), "get": operation}


def _integration_paths() -> dict[str, Any]:
    """Return what is done with an integration besides changing it."""
    base = f"{BASE}/integrations/{{id}}"
    demo = _operation("send a demo alert, answered when the broker has confirmed it", {"200": "DemoSent"})
    rotate = _operation("give it a new URL; the old one is taken for a while", {"200": "IntegrationTokens"})
    tokens = _operation("its URL, and the former ones with their uses", {"200": "IntegrationTokens"})
    revoke = _operation("take a former URL away at once", {"204": None})
    return {
        f"{base}/demo": {**_of_one(), "post": demo | _body("DemoBody", required=False)},
        f"{base}/rotate_token": {**_of_one(), "post": rotate | _body("RotateTokenBody", required=False)},
        f"{base}/tokens": {**_of_one(), "get": tokens},
        f"{base}/tokens/{{token_id}}": {**_of_one("id", "token_id"), "delete": revoke},
    }


def _of_one(*names: str) -> dict[str, Any]:
    return {"parameters": [_path_parameter(one) for one in names or ("id",)]}


def _apply() -> dict[str, Any]:
    operation = _operation("make the configuration what is declared, as one version", {"200": "Applied"})
    operation["parameters"] = [_query("dry_run"), _query("adopt"), _query("overwrite")]
    operation["responses"]["409"] = refusal_reference("Conflict")
    return operation | _declaration()


def _behaviour() -> dict[str, Any]:
    words = "lines of JSON: what a declaration would have made of the alerts of the last `since` seconds"
    operation = _operation(words, {"200": None, "429": "Detail"})
    schema = {"type": "integer", "minimum": 1, "maximum": behaviour.LONGEST_S}
    operation["parameters"] = [{**_query("since"), "schema": schema}, _query("adopt")]
    operation["responses"]["200"]["content"] = {"application/x-ndjson": {"schema": {"type": "string"}}}
    return operation | _declaration()


def _declaration() -> dict[str, Any]:
    schema = {"$ref": REFERENCE.format(model="Declaration")}
    content = {"application/json": {"schema": schema}, "application/yaml": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


def _export() -> dict[str, Any]:
    words = "the configuration as a declaration, secrets as references; of one `set` what it owns"
    return _operation(words, {"200": "Exported"}) | {"parameters": [_query("set")]}


def _list(name: str, shape: str) -> dict[str, Any]:
    return listing(name, shape, FILTERS[name])
