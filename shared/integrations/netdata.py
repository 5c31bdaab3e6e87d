"""Netdata: alerts and reachability of nodes from Netdata Cloud, and alerts that an agent sends by itself."""

from __future__ import annotations

from typing import Any

from shared.errors import Permanent
from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

SENDER = """\
SEND_CUSTOM="YES"
DEFAULT_RECIPIENT_CUSTOM="tocsin"

custom_sender() {
    local httpcode
    httpcode=$(docurl -X POST \\
        -H "Idempotency-Key: netdata-${host}-${unique_id}" \\
        --data-urlencode "host=${host}" \\
        --data-urlencode "alarm=${name}" \\
        --data-urlencode "chart=${chart}" \\
        --data-urlencode "family=${family}" \\
        --data-urlencode "status=${status}" \\
        --data-urlencode "old_status=${old_status}" \\
        --data-urlencode "value=${value_string}" \\
        --data-urlencode "info=${info}" \\
        --data-urlencode "when=${when}" \\
        --data-urlencode "roles=${roles}" \\
        --data-urlencode "url=${goto_url}" \\
        "<the integration's URL>")
    case "${httpcode}" in
        2*) info "told Tocsin: ${host} ${chart}.${name} is ${status}"; sent=$((sent + 1)) ;;
        *)  error "Tocsin did not take ${host} ${chart}.${name}: HTTP status ${httpcode}" ;;
    esac
}
"""
WELL = ("clear", "reachable")
# What the agent calls states that are neither a problem nor the end of one.
NO_STATES = ("UNINITIALIZED", "UNDEFINED", "REMOVED")

HOST = "[payload.host, payload.hostname, payload.node] | any_of"
NAME = "[payload.alert, payload.alarm] | any_of"
# The status of an agent is a text, the reachability of a node an object.
STATE = "([reach.text, payload.status if payload.status is string else '', payload.severity] | any_of | words | lower)"
# Netdata Cloud names the alert's node in its link only.
PLACE = f"([{HOST}, (payload.alert_url | words).split('?')[0]] | any_of)"
LOOK = Look(
    names={"reach": "payload.status"},
    facts=[
        (
            "State",
            '[payload.old_status | lower if payload.old_status is string else "", '
            + STATE
            + '] | joined(" → ")',
        ),
        ("Node", HOST),
        ("Alert", NAME),
        ("Value", "payload.value"),
        ("Chart", '[payload.chart, payload.context] | joined(", ")'),
        ("Class", "payload.class"),
        ("Space", "payload.space"),
        ("Rooms", "(payload.Rooms or payload.rooms) | object | list"),
        ("Since", "[payload.date, payload.when] | any_of | when"),
        ("For", "payload.duration"),
        ("Also critical on the node", "payload.additional_active_critical_alerts or ''"),
        ("Also warning on the node", "payload.additional_active_warning_alerts or ''"),
    ],
    text='[payload.message, payload.info] | joined("\\n\\n")',
    source_link="[payload.alert_url, payload.url] | any_of | absolute(base_url)",
)


def bodies(body: Any) -> list[Any]:
    """Take an alert of Netdata Cloud or of an agent, or the reachability of a node."""
    (sent,) = one_object(body)
    if not any(sent.get(name) for name in ("alert", "alarm", "host", "message")):
        if "token" in sent or "challenge" in sent:
            raise NotAnAlert("Netdata's test arrived: the webhook works.")
        raise Permanent("the body names neither an alert nor a host, of which Netdata always sends one")
    if sent.get("status") in NO_STATES:
        raise NotAnAlert(
            f"The alert is {sent['status'].lower()}: that is neither a problem nor the end of one."
        )
    return [sent]


def example(severity: str) -> dict[str, Any]:
    """Return what Netdata Cloud posts of a node that is busy (critical) or no longer (clear)."""
    return {
        "message": f"web1 10min_cpu_usage is {severity}",
        "alert": "10min_cpu_usage",
        "info": "average CPU utilization over the last 10 minutes (excluding iowait, nice and steal)",
        "chart": "system.cpu",
        "context": "system.cpu",
        "space": "shop",
        "Rooms": {"All nodes": "https://app.netdata.cloud/spaces/shop/rooms/all-nodes"},
        "family": "cpu",
        "class": "Utilization",
        "severity": severity,
        "date": "2026-01-05T10:00:00Z",
        "duration": "12 minutes",
        "additional_active_critical_alerts": 1,
        "additional_active_warning_alerts": 0,
        "alert_url": (
            "https://app.netdata.cloud/spaces/shop/rooms/all-nodes/alerts/6f8d7b0e-62f3-4a5c-9d0c-6d1f8f6a2b11"
        ),
    }


TYPE = IntegrationType(
    slug="netdata",
    title="Netdata",
    category=Category.HOSTS,
    summary="Alerts and unreachable nodes from Netdata Cloud, and alerts of single agents.",
    documentation=(
        "https://learn.netdata.cloud/docs/alerts-&-notifications/notifications/centralized-cloud-notifications/webhook"
    ),
    templates=templates(
        title=(
            f'[[[{NAME}, {HOST}] | joined(" on "), {STATE}] | joined(" is ") if {HOST} else payload.message,'
            f' [{NAME}, {STATE}] | joined(" is ")] | any_of'
        ),
        grouping_key=(
            f'([payload.space, "alert", {PLACE}, payload.chart, {NAME}] | identity if {NAME}'
            f' else (["reachability", {HOST}] | identity if {HOST} else ""))'
        ),
        resolve=f"{STATE} in {list(WELL)} or reach.reachable == true",
        look=LOOK,
    ),
    example_firing=example("critical"),
    example_resolved=example("clear"),
    notes=(
        "In Netdata Cloud, open *Space settings > Alerts & Notifications > Add configuration > Webhook*, enter the "
        "integration's URL, and choose rooms and notifications; alerts and reachability are understood.\n\n"
        "Without Netdata Cloud, put this into `health_alarm_notify.conf` of the agent "
        "(`sudo ./edit-config health_alarm_notify.conf` in `/etc/netdata`):\n\n"
        f"```sh\n{SENDER}```\n\n"
        "An alert of a chart on a node is one alert group, which `clear` resolves; an unreachable node is another, "
        "which `reachable` resolves. Netdata Cloud tells the node of an alert by its link only.\n"
    ),
    heartbeat_notes=(
        "Let a timer beside the agent call the heartbeat URL while the agent answers:\n\n"
        "```\n* * * * * root curl -fsS --max-time 5 -o /dev/null http://localhost:19999/api/v1/info && "
        "curl -fsS --max-time 10 -o /dev/null <the heartbeat URL>\n```\n"
    ),
    bodies=bodies,
)
