"""Every URL of the api and who answers it; a trailing slash is optional everywhere, and nothing redirects."""

from __future__ import annotations

import asyncio

from aiohttp import web

from services.api import (
    alerts,
    apply,
    behaviour,
    bulk,
    callbacks,
    chain_refresh,
    configuration_routes,
    contact_points,
    deliveries,
    demo,
    direct_messages,
    direct_paging,
    event_stream,
    event_subscriptions,
    explain,
    export,
    group_actions,
    groups,
    history,
    integration_tokens,
    integration_types,
    links,
    lookups,
    maintenance,
    notes,
    on_call_reminders,
    overrides,
    preview,
    problems,
    schedule_exports,
    schedules,
    simulation,
    slack_directory,
    specification,
    trial_notices,
    verification,
    webhooks,
)
from services.api.answers import Handler, answer_errors, protect
from services.api.chat_callbacks import ChatCallbacks
from services.api.console import routes as console
from services.api.rate_limit import tell_allowances
from shared.events import DELIVERY_ACTIONS

BASE = "/api/v1"


def add_routes(app: web.Application, chats: ChatCallbacks) -> None:
    """Serve everything on `app`."""
    app.middlewares.append(answer_errors)
    app.on_response_prepare.append(protect)
    tell_allowances(app)
    configuration_routes.add_routes(app)
    _add(app, "GET", f"{BASE}/integrations/{{id}}/problems", problems.read_problems)
    _add(app, "GET", f"{BASE}/problems", problems.list_problems)
    _add(app, "POST", f"{BASE}/integrations/{{id}}/demo", demo.send_demo)
    _add(app, "POST", f"{BASE}/integrations/{{id}}/rotate_token", integration_tokens.rotate_token)
    _add(app, "GET", f"{BASE}/integrations/{{id}}/tokens", integration_tokens.read_tokens)
    _add(app, "DELETE", f"{BASE}/integrations/{{id}}/tokens/{{token_id}}", integration_tokens.revoke_token)
    _add(app, "POST", f"{BASE}/preview", preview.preview)
    _add(app, "GET", f"{BASE}/integration_types", integration_types.list_types)
    _add(app, "GET", f"{BASE}/integration_types/{{slug}}", integration_types.read_type)
    _add(app, "POST", f"{BASE}/integrations/{{id}}/maintenance_start", maintenance.start)
    _add(app, "POST", f"{BASE}/integrations/{{id}}/maintenance_stop", maintenance.end)
    _add(app, "POST", f"{BASE}/maintenance_windows/{{id}}/stop", maintenance.stop_window)
    _add(app, "GET", f"{BASE}/webhooks/{{id}}/responses", webhooks.list_responses)
    _add(app, "POST", f"{BASE}/webhooks/{{id}}/trigger", webhooks.trigger)
    _add(app, "POST", f"{BASE}/webhooks/{{id}}/preview", webhooks.preview)
    _add(app, "POST", f"{BASE}/webhooks/{{id}}/rotate_secret", webhooks.rotate_secret)
    _add_groups(app)
    _add_people(app)
    _add(app, "GET", f"{BASE}/events", event_stream.stream_events)
    subscription = f"{BASE}/event_subscriptions/{{id}}"
    _add(app, "POST", f"{subscription}/position", event_subscriptions.move)
    _add(app, "POST", f"{subscription}/test", event_subscriptions.try_out)
    _add(app, "POST", f"{subscription}/rotate_secret", event_subscriptions.rotate_secret)
    _add(app, "GET", f"{BASE}/organizations", lookups.list_organizations)
    _add(app, "GET", f"{BASE}/organizations/{{id}}", lookups.read_organization)
    _add(app, "GET", f"{BASE}/info", lookups.read_info)
    _add(app, "POST", f"{BASE}/config/apply", apply.apply_declaration)
    app[behaviour.BUSY] = asyncio.Lock()
    _add(app, "POST", f"{BASE}/config/behaviour", behaviour.plan_behaviour)
    _add(app, "GET", f"{BASE}/config/export", export.export_declaration)
    _add(app, "GET", f"{BASE}/openapi.yaml", specification.read_openapi)
    _add(app, "POST", f"{BASE}/slack/interactive", chats.slack)
    _add(app, "POST", "/slack/interactive_api_endpoint", chats.slack)
    _add_schedules(app)
    for product in callbacks.called_back():
        _add(app, "POST", f"/{product}/{{part:[a-z]+}}", callbacks.handler(product))
    _add(app, "GET", "/act/{ticket}", links.ask)
    _add(app, "POST", "/act/{ticket}", links.act)
    console.add_routes(app)


def _add_groups(app: web.Application) -> None:
    _add(app, "GET", f"{BASE}/alert_groups", groups.list_groups)
    _add(app, "GET", f"{BASE}/alert_groups/{{id}}", groups.read_group)
    _add(app, "GET", f"{BASE}/alert_groups/{{id}}/timeline", history.read_timeline)
    _add(app, "POST", f"{BASE}/alert_groups/{{id}}/apply_chain", chain_refresh.apply_to_group)
    _add(app, "GET", f"{BASE}/deliveries", deliveries.list_deliveries)
    _add(app, "GET", f"{BASE}/deliveries/{{id}}", deliveries.read_delivery)
    for action in DELIVERY_ACTIONS:
        _add(app, "POST", f"{BASE}/deliveries/{{id}}/{action}", deliveries.settling(action))
    _add(app, "POST", f"{BASE}/make_call", direct_messages.make_call)
    _add(app, "POST", f"{BASE}/send_sms", direct_messages.send_sms)
    _add(app, "POST", f"{BASE}/escalation_chains/{{id}}/apply_to_running", chain_refresh.apply_to_running)
    _add(app, "POST", f"{BASE}/simulate", simulation.simulate_escalation)
    _add(app, "DELETE", f"{BASE}/alert_groups/{{id}}", group_actions.erase)
    _add(app, "POST", f"{BASE}/alert_groups/bulk", bulk.act_on_many)
    _add(app, "POST", f"{BASE}/alert_groups/{{id}}/{{action}}", group_actions.act)
    _add(app, "POST", f"{BASE}/escalation", direct_paging.escalate)
    _add(app, "GET", f"{BASE}/resolution_notes", notes.list_notes)
    _add(app, "POST", f"{BASE}/resolution_notes", notes.create_note)
    _add(app, "GET", f"{BASE}/resolution_notes/{{id}}", notes.read_note)
    _add(app, "PUT", f"{BASE}/resolution_notes/{{id}}", notes.change_note)
    _add(app, "PATCH", f"{BASE}/resolution_notes/{{id}}", notes.change_note)
    _add(app, "DELETE", f"{BASE}/resolution_notes/{{id}}", notes.delete_note)
    _add(app, "GET", f"{BASE}/alerts", alerts.list_alerts)
    _add(app, "GET", f"{BASE}/alerts/{{id}}", alerts.read_alert)
    _add(app, "GET", f"{BASE}/alerts/{{id}}/trace", history.read_trace)
    _add(app, "GET", f"{BASE}/alerts/{{id}}/explain", explain.explain)


def _add_people(app: web.Application) -> None:
    _add(app, "GET", f"{BASE}/users/{{id}}/contact_points", contact_points.list_points)
    _add(app, "POST", f"{BASE}/users/{{id}}/contact_points", contact_points.add_point)
    point = f"{BASE}/users/{{id}}/contact_points/{{point_id}}"
    _add(app, "DELETE", point, contact_points.remove_point)
    _add(app, "POST", f"{point}/send_code", verification.send_code)
    _add(app, "POST", f"{point}/verify", verification.verify)
    _add(app, "POST", f"{BASE}/users/{{id}}/test_notification", trial_notices.send_trial)
    _add(app, "POST", f"{BASE}/user_groups/refresh", slack_directory.refresh)
    _add(app, "POST", f"{BASE}/slack_channels/refresh", slack_directory.refresh)


def _add_schedules(app: web.Application) -> None:
    one = f"{BASE}/schedules/{{id}}"
    _add(app, "GET", f"{one}/final_shifts", schedules.read_final_shifts)
    _add(app, "GET", f"{one}/on_call", schedules.read_on_call)
    _add(app, "GET", f"{one}/gaps", schedules.read_gaps)
    _add(app, "GET", f"{one}/quality", schedules.read_quality)
    _add(app, "GET", f"{one}/export", schedule_exports.export_of_schedule)
    _add(app, "GET", f"{one}/export_token", schedule_exports.read_schedule_token)
    _add(app, "POST", f"{one}/export_token", schedule_exports.make_schedule_token)
    _add(app, "DELETE", f"{one}/export_token", schedule_exports.remove_schedule_token)
    person = f"{BASE}/users/{{id}}"
    _add(app, "GET", f"{person}/on_call_reminders", on_call_reminders.read_reminders)
    _add(app, "PUT", f"{person}/on_call_reminders", on_call_reminders.write_reminders)
    _add(app, "GET", f"{person}/schedule_export", schedule_exports.export_of_user)
    _add(app, "GET", f"{person}/schedule_export_token", schedule_exports.read_user_token)
    _add(app, "POST", f"{person}/schedule_export_token", schedule_exports.make_user_token)
    _add(app, "DELETE", f"{person}/schedule_export_token", schedule_exports.remove_user_token)
    _add(app, "GET", f"{one}/overrides", overrides.list_overrides)
    _add(app, "POST", f"{one}/overrides", overrides.create_override)
    _add(app, "PUT", f"{one}/overrides/{{override_id}}", overrides.change_override)
    _add(app, "PATCH", f"{one}/overrides/{{override_id}}", overrides.change_override)
    _add(app, "DELETE", f"{one}/overrides/{{override_id}}", overrides.remove_override)
    _add(app, "POST", f"{BASE}/shift_swaps/{{id}}/take", schedules.take_swap)


def _add(app: web.Application, method: str, path: str, handler: Handler) -> None:
    app.router.add_route(method, f"{path}{{slash:/?}}", handler)
