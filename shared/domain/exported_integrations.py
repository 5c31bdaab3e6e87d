"""An integration in an exported declaration: its routes inside, chains by name, secrets as references."""

from __future__ import annotations

from typing import Any

from shared.domain.access import LAYOUTS, Authentication, SignatureMethod
from shared.domain.configuration import Chain, ChatTarget, ConfigSnapshot, Integration, Route
from shared.domain.declared_integrations import DeclaredDefaultRoute, DeclaredIntegration, DeclaredRoute
from shared.domain.exported_names import ExportedNames, dumped
from shared.domain.labels import by_key

PRODUCTS = ("slack", "telegram", "msteams", "mattermost")
PLAIN = {"name", "type", "description_short", "allow_source_based_resolving", "each_instance", "base_url"}
ABOUT_GROUPS = ("acknowledge_reminder", "escalation_resumes", "resolution_note_required")


def exported_integration(row: Integration, config: ConfigSnapshot, names: ExportedNames) -> dict[str, Any]:
    """Return an integration with its routes."""
    settings = row.groups.model_dump()
    heartbeat = row.heartbeat
    declared = DeclaredIntegration.model_validate(
        {
            **row.model_dump(include=PLAIN),
            "team": names.team(row.team_id),
            "templates": row.templates,
            "labels": by_key(row.labels.static),
            "dynamic_labels": by_key(row.labels.dynamic),
            "label_template": row.labels.template,
            "rate_limit": row.access.rate_limit.model_dump() if row.access.rate_limit else None,
            "heartbeat": {
                "timeout": heartbeat.timeout_s,
                "expired": heartbeat.expired.model_dump(),
                "restored": heartbeat.restored.model_dump(),
            },
            "storm": row.storm.model_dump(),
            **{name: settings[name] for name in ABOUT_GROUPS},
        }
    )
    written = dumped(declared)
    written["token"] = names.secret("integration", row.name, "token")
    if row.access.authentication is not None:
        written["authentication"] = _authentication(row, row.access.authentication, names)
    return {**written, **_routes(config.routes_of.get(row.id, ()), names)}


def _authentication(row: Integration, found: Authentication, names: ExportedNames) -> dict[str, Any]:
    def secrets(method: str, name: str, stored: tuple[str, ...]) -> dict[str, str]:
        keys = (name, f"second_{name}")[: len(stored)]
        return {key: names.secret("integration", row.name, method, key) for key in keys}

    written: dict[str, Any] = {}
    if found.signature is not None:
        written["hmac"] = {
            **_layout(found.signature),
            **secrets("hmac", "secret", found.signature.secrets),
        }
    if found.basic is not None:
        password = secrets("basic", "password", found.basic.passwords)
        written["basic"] = {"username": found.basic.username, **password}
    if found.bearer is not None:
        token = secrets("bearer", "token", found.bearer.tokens)
        written["bearer"] = {"header": found.bearer.header, **token}
    if found.addresses:
        written["ip_allow_list"] = list(found.addresses)
    return written


def _layout(method: SignatureMethod) -> dict[str, Any]:
    """Return how bodies are signed: the preset, and what differs from it."""
    preset, own = LAYOUTS[method.preset].model_dump(), method.layout.model_dump()
    return {"preset": method.preset, **{name: one for name, one in own.items() if one != preset[name]}}


def _routes(routes: tuple[Route, ...], names: ExportedNames) -> dict[str, Any]:
    before = [
        dumped(DeclaredRoute.model_validate(_route(one, names))) for one in routes if not one.is_default
    ]
    default = [
        dumped(DeclaredDefaultRoute.model_validate(_targets(one, names))) for one in routes if one.is_default
    ]
    return {"routes": before, **({"default_route": default[0]} if default else {})}


def _route(row: Route, names: ExportedNames) -> dict[str, Any]:
    if row.routing_type == "labels":
        return {"labels": by_key(row.filtering_labels), **_targets(row, names)}
    return {row.routing_type: row.routing_regex, **_targets(row, names)}


def _targets(row: Route, names: ExportedNames) -> dict[str, Any]:
    targets: dict[str, ChatTarget] = {name: getattr(row, name) for name in PRODUCTS}
    chain = row.escalation_chain_id
    return {
        "chain": names.of(Chain, chain) if chain is not None else None,
        **{name: one.model_dump() for name, one in targets.items()},
    }
