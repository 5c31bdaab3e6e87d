"""Graylog: the HTTP notification of its events, and the alarm callback of the versions before 3.1."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, first_key, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

PRIORITY = '{"1": "low", "2": "normal", "3": "high", "4": "critical"}.get(event.priority | words)'
LOOK = Look(
    names={
        "event": "payload.event",
        "message": "payload.backlog | entries | first",
        "check": "payload.check_result",
        "condition": "check.triggered_condition",
        "stream": "payload.stream",
        "matched": "check.matching_messages | entries | first",
    },
    facts=[
        ("Priority", PRIORITY),
        ("Key", "[event.key, event.key_tuple] | any_of"),
        ("Source", "[event.source, message.source, matched.source] | any_of"),
        ("Fields", "[event.fields, event.group_by_fields] | any_of"),
        ("Since", "[event.timestamp, check.triggered_at] | any_of | when"),
        ("Definition", "payload.event_definition_title"),
        ("Stream", "[stream.title, stream.description] | joined(' – ')"),
        ("Condition", "[condition.title, condition.type] | joined(', ')"),
        (
            "Messages",
            '((payload.backlog | entries | length) or (check.matching_messages | entries | length)) or ""',
        ),
    ],
    text=(
        "[payload.event_definition_description, check.result_description,"
        ' ([message.message, matched.message] | any_of | string)[:1000]] | joined("\\n\\n")'
    ),
    source_link=(
        '("/alerts/" ~ (event.id | words) ~ "/replay-search") | absolute(base_url if event.id | words else "")'
        ' or ("/streams/" ~ (stream.id | words) ~ "/search") | absolute(base_url if stream.id | words else "")'
    ),
)


def bodies(body: Any) -> list[Any]:
    """Return the event of the body.

    Raises:
        Permanent: the body is no object.
        NotAnAlert: somebody tries the notification out.
    """
    (payload,) = one_object(body)
    if payload.get("event_definition_type") == "notification-test-v1":
        raise NotAnAlert("Graylog tries the notification out.")
    return [payload]


def example() -> dict[str, Any]:
    """Return the body of an event's HTTP notification."""
    return {
        "event_definition_id": "65420b968189520c8fe81364",
        "event_definition_type": "aggregation-v1",
        "event_definition_title": "Checkout errors",
        "event_definition_description": "Look at the payment provider's status page first.",
        "job_definition_id": "65420a858189520c8fe81123",
        "job_trigger_id": "65420cc38189520c8fe815e2",
        "event": {
            "id": "01HE503PM994BYSAWWWEDD5CTZ",
            "event_definition_type": "aggregation-v1",
            "event_definition_id": "65420b968189520c8fe81364",
            "origin_context": "urn:graylog:message:es:graylog_0:9c63bd30-7890-11ee-beae-0242ac120004",
            "timestamp": "2026-01-05T10:00:00.943Z",
            "timestamp_processing": "2026-01-05T10:00:12.209Z",
            "timerange_start": "2026-01-05T09:55:00.943Z",
            "timerange_end": "2026-01-05T10:00:00.943Z",
            "streams": [],
            "source_streams": ["000000000000000000000001"],
            "message": "Checkout errors: count()=131.0",
            "source": "graylog-1.example.com",
            "key_tuple": ["web-1"],
            "key": "web-1",
            "priority": 3,
            "alert": True,
            "fields": {"host": "web-1"},
            "group_by_fields": {"host": "web-1"},
        },
        "backlog": [
            {
                "index": "graylog_0",
                "message": "POST /checkout 503",
                "source": "web-1",
                "timestamp": "2026-01-05T09:59:58.102Z",
                "stream_ids": ["000000000000000000000001"],
                "id": "9c63bd30-7890-11ee-beae-0242ac120004",
                "fields": {"level": 3},
            }
        ],
    }


TYPE = IntegrationType(
    slug="graylog",
    title="Graylog",
    category=Category.LOGS,
    summary="Events of event definitions, and alarm callbacks of old versions.",
    documentation="https://go2docs.graylog.org/current/interacting_with_your_log_data/notifications.html",
    templates=templates(
        title=(
            '[event.message, payload.event_definition_title, [stream.title, condition.title] | joined(": "),'
            " check.result_description] | any_of"
        ),
        grouping_key=first_key(
            "([payload.event_definition_id, event.key_tuple or event.key, event.group_by_fields]"
            " if payload.event_definition_id | words else [])",
            "([event.event_definition_id, event.key_tuple or event.key, event.group_by_fields]"
            " if event.event_definition_id | words else [])",
            "([stream.id, condition.id] if condition.id | words or stream.id | words else [])",
        ),
        resolve=None,
        look=LOOK,
    ),
    example_firing=example(),
    example_resolved=None,
    notes=(
        "In Graylog, open *Alerts*, *Notifications*, *Create Notification*, choose *HTTP Notification* (or *Custom "
        "HTTP Notification* with an empty body template) and enter the integration's URL; allow it when Graylog asks "
        "for the *URL whitelist*. Then add the notification to the event definitions that shall ring. *Execute Test "
        "Notification* is answered and makes no alert.\n\n"
        "Events of one definition with the same key are one alert group: give a definition *Keys* (for instance the "
        "host) so that each of them is a group of its own. Graylog never says that something is over: groups are "
        "resolved by hand. With Graylog's address as the integration's `base_url`, alerts link to the search behind "
        "them.\n"
    ),
    heartbeat_notes=(
        "Add an event definition that always finds something (the query `*` on a busy stream, executed every minute) "
        "with an HTTP notification to the heartbeat URL: it proves that messages still come in, too.\n"
    ),
    bodies=bodies,
)
