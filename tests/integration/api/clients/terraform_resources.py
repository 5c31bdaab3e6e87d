"""The resources of Terraform's provider for OnCall, by the name behind `grafana_oncall_`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.integration.api.clients.go_structs import Label, Struct
from tests.integration.api.clients.terraform import Body, Config, State, TerraformResource

BEHAVIOUR = ("grouping_key", "resolve_signal", "acknowledge_signal", "source_link")
FULL = ("title", "message", "image_url")
# The provider's name of a medium and the API's, and the parts that it sends.
MEDIA: dict[str, tuple[str, tuple[str, ...]]] = {
    "slack": ("slack", FULL),
    "web": ("web", FULL),
    "microsoft_teams": ("msteams", FULL),
    "telegram": ("telegram", FULL),
    "phone_call": ("phone_call", ("title",)),
    "sms": ("sms", ("title",)),
    "email": ("email", ("title", "message")),
    "mobile_app": ("mobile_app", ("title", "message")),
}
PRODUCTS = {"slack": "channel_id", "telegram": "id", "msteams": "id"}
# The provider's name of a step's parameter and the API's; blank ones are not sent.
STEP = {
    "duration": "duration",
    "persons_to_notify": "persons_to_notify",
    "persons_to_notify_next_each_time": "persons_to_notify",
    "notify_to_team_members": "team_to_notify",
    "notify_on_call_from_schedule": "notify_on_call_from_schedule",
    "group_to_notify": "group_to_notify",
    "action_to_trigger": "action_to_trigger",
    "notify_if_time_from": "notify_if_time_from",
    "notify_if_time_to": "notify_if_time_to",
}
SHIFT = (
    "frequency",
    "interval",
    "week_start",
    "by_day",
    "by_month",
    "by_monthday",
    "until",
    "time_zone",
    "users",
)
WEBHOOK = {
    "data": "data",
    "user": "username",
    "password": "password",
    "authorization_header": "authorization_header",
    "trigger_template": "trigger_template",
    "headers": "headers",
    "integration_filter": "integration_filter",
}
TERRAFORM = 3


def _listed(value: Any) -> Any:
    """Return a set as the list that is sent, in an order of no meaning; nil for what is not configured."""
    if isinstance(value, (set, frozenset)):
        return sorted(value, reverse=True) or None
    return value or None


def _set(value: Iterable[Any] | None) -> set[Any]:
    return set(value or ())


def _chain(config: Config) -> Body:
    return {"name": config["name"], "team_id": config.get("team_id", "")}


def _chain_state(read: Any, _config: Config) -> State:
    return {"name": read.name, "team_id": read.team_id}


def _targets(config: Config) -> Body:
    """Return the chat products: without a block one is sent all the same, switched off."""
    found = {}
    for product, id_name in PRODUCTS.items():
        block = config.get(product) or {}
        found[product] = {id_name: block.get(id_name), "enabled": block.get("enabled", False)}
    return found


def _target_states(read: Any, config: Config) -> State:
    """Return the state of the products that are configured; nobody looks at the others, which are never nil."""
    assert read.slack is not None
    assert read.telegram is not None
    return {one: getattr(read, one).model_dump() for one in PRODUCTS if config.get(one)}


def _integration(config: Config) -> Body:
    texts = config.get("templates")
    templates: Body = {key: (texts or {}).get(key) for key in BEHAVIOUR}
    for name, (medium, parts) in MEDIA.items():
        own = (texts or {}).get(name, {})
        templates[medium] = {part: own.get(part) for part in parts} if texts is not None else None
    default = config["default_route"]
    body = {
        "team_id": config.get("team_id", ""),
        "name": config["name"],
        "templates": templates,
        "default_route": {
            "id": default.get("id", ""),
            "escalation_chain_id": default.get("escalation_chain_id"),
            **_targets(default),
        },
    }
    for name in ("labels", "dynamic_labels"):
        # Of labels that were never configured nothing is sent, so that those of others stay.
        if name in config:
            body[name] = [{"key": _name(one["key"]), "value": _name(one["value"])} for one in config[name]]
    return body


def _name(word: str) -> Body:
    return {"id": "", "name": word}


def _integration_state(read: Any, config: Config) -> State:
    default = read.default_route
    assert default.id
    assert read.link.startswith("https://")
    return {
        "name": read.name,
        "type": read.type,
        "team_id": read.team_id,
        "templates": _templates_state(read.templates),
        "default_route": {
            "escalation_chain_id": default.escalation_chain_id,
            **_target_states(default, config["default_route"]),
        },
        "labels": _labels_state(read.labels),
        "dynamic_labels": _labels_state(read.dynamic_labels),
    }


def _templates_state(read: Any) -> State:
    found = {key: getattr(read, key) for key in BEHAVIOUR if getattr(read, key) is not None}
    for name, (medium, _) in MEDIA.items():
        own: Struct | None = getattr(read, medium)
        texts = own.model_dump(exclude_none=True) if own is not None else {}
        if texts:
            found[name] = texts
    return found


def _labels_state(read: list[Label]) -> list[State]:
    flat = [{"id": one.key.name, "key": one.key.name, "value": one.value.name} for one in read]
    return sorted(flat, key=lambda one: one["key"])


def _route(config: Config) -> Body:
    plain = {
        name: config[name] for name in ("escalation_chain_id", "routing_type", "routing_regex", "position")
    }
    return {**plain, "manual_order": True, **_targets(config)}


def _route_state(read: Any, config: Config) -> State:
    names = ("integration_id", "escalation_chain_id", "routing_type", "routing_regex", "position")
    return {**{name: getattr(read, name) for name in names}, **_target_states(read, config)}


def _step(config: Config) -> Body:
    sent = {STEP[name]: _listed(value) for name, value in config.items() if name in STEP}
    return {
        "type": config["type"],
        "position": config["position"],
        "important": config.get("important", False),
        "manual_order": True,
        **{name: value for name, value in sent.items() if value},
    }


def _step_state(read: Any, _config: Config) -> State:
    taken = {name: name for name in STEP} | {"notify_to_team_members": "team_to_notify"}
    found = {name: getattr(read, field) for name, field in taken.items()}
    for people in ("persons_to_notify", "persons_to_notify_next_each_time"):
        found[people] = _set(found[people])
    names = ("escalation_chain_id", "position", "type", "important")
    return {**found, **{name: getattr(read, name) for name in names}}


def _shift(config: Config) -> Body:
    is_rotation = config["type"] == "rolling_users"
    turns = [sorted(one, reverse=True) for one in config.get("rolling_users", [])]
    return {
        "team_id": config.get("team_id", ""),
        **{name: config[name] for name in ("type", "name", "start", "duration")},
        "level": config.get("level", 0),
        "source": TERRAFORM,
        **{name: _listed(config.get(name)) for name in SHIFT},
        "rolling_users": turns or None,
        "start_rotation_from_user_index": config.get("start_rotation_from_user_index", 0)
        if is_rotation
        else None,
    }


def _shift_state(read: Any, _config: Config) -> State:
    names = ("team_id", "type", "name", "start", "duration", "level", "start_rotation_from_user_index")
    found = {name: getattr(read, name) for name in (*names, *SHIFT)}
    found |= {name: _set(found[name]) for name in ("users", "by_day", "by_month", "by_monthday")}
    return {**found, "rolling_users": [set(one) for one in read.rolling_users or ()]}


def _schedule(config: Config) -> Body:
    slack = config.get("slack", {})
    body = {
        "team_id": config.get("team_id", ""),
        "name": config["name"],
        "ical_url_primary": config.get("ical_url_primary"),
        "ical_url_overrides": config.get("ical_url_overrides"),
        "enable_web_overrides": config.get("enable_web_overrides", False),
        "slack": {name: slack.get(name) for name in ("channel_id", "user_group_id")},
        "shifts": _listed(config.get("shifts")),
    }
    return body | ({"time_zone": config["time_zone"]} if config.get("time_zone") else {})


def _schedule_state(read: Any, _config: Config) -> State:
    names = ("team_id", "name", "type", "ical_url_primary", "ical_url_overrides", "enable_web_overrides")
    return {
        **{name: getattr(read, name) for name in (*names, "time_zone")},
        "slack": read.slack.model_dump(exclude_none=True),
        "shifts": _set(read.shifts),
    }


def _webhook(config: Config) -> Body:
    return {
        "name": config["name"],
        "team": config.get("team_id", ""),
        "url": config["url"],
        "trigger_type": config["trigger_type"],
        "http_method": config["http_method"],
        "forward_all": config.get("forward_whole_payload", False),
        "is_webhook_enabled": config["is_webhook_enabled"],
        "preset": "",
        **{field: config.get(name) for name, field in WEBHOOK.items()},
    }


def _webhook_state(read: Any, config: Config) -> State:
    own = {name: getattr(read, field) for name, field in WEBHOOK.items()}
    names = ("name", "url", "trigger_type", "http_method", "is_webhook_enabled")
    return {
        **{name: getattr(read, name) for name in names},
        **own,
        # Secrets are sent and never read: the provider keeps what was configured.
        **{name: config.get(name) for name in ("password", "authorization_header")},
        "team_id": read.team,
        "forward_whole_payload": read.forward_all,
    }


def _rule(config: Config) -> Body:
    body = {"type": config["type"], "position": config["position"], "manual_order": True}
    return body | ({"duration": config["duration"]} if config.get("duration") else {})


def _new_rule(config: Config) -> Body:
    return {
        **_rule(config),
        "user_id": config["user_id"],
        **({"important": True} if config.get("important") else {}),
    }


def _rule_state(read: Any, _config: Config) -> State:
    return {name: getattr(read, name) for name in ("user_id", "position", "duration", "important", "type")}


def _with(name: str, body: Any) -> Any:
    """Return the body of a creation: what an update does not carry comes with it."""
    return lambda config: {**body(config), name: config[name]}


RESOURCES: dict[str, TerraformResource] = {
    "escalation_chain": TerraformResource("escalation_chains", _chain, _chain, _chain_state),
    "integration": TerraformResource(
        "integrations", _with("type", _integration), _integration, _integration_state
    ),
    "route": TerraformResource("routes", _with("integration_id", _route), _route, _route_state),
    "escalation": TerraformResource(
        "escalation_policies", _with("escalation_chain_id", _step), _step, _step_state
    ),
    "on_call_shift": TerraformResource("on_call_shifts", _shift, _shift, _shift_state),
    "schedule": TerraformResource("schedules", _with("type", _schedule), _schedule, _schedule_state),
    "outgoing_webhook": TerraformResource("webhooks", _webhook, _webhook, _webhook_state),
    "user_notification_rule": TerraformResource("personal_notification_rules", _new_rule, _rule, _rule_state),
}
