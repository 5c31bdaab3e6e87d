"""The formatted webhook: six optional fields that any script can fill."""

from __future__ import annotations

from shared.integrations.heartbeat_shapes import six_fields
from shared.integrations.integration_type import Category, IntegrationType, one_object
from shared.integrations.webhook import TYPE as WEBHOOK
from shared.integrations.wording import STATE_OK, shown

TITLE = (
    "{{ ([payload.title, payload.alert_uid, payload.message] | any_of | words)"
    ' or ("Alert from " ~ integration_name) }}'
)
MESSAGE = '{{ payload.message or "" }}'

TYPE = IntegrationType(
    slug="formatted_webhook",
    title="Formatted webhook",
    category=Category.GENERIC,
    summary="Six documented fields that any script can fill.",
    templates={
        "grouping_key": '{{ payload.alert_uid if payload.alert_uid is not none else "" }}',
        "resolve_signal": STATE_OK,
        "acknowledge_signal": None,
        "source_link": "{{ payload.link_to_upstream_details | absolute(base_url) }}",
        **shown(TITLE, MESSAGE, MESSAGE, '{{ payload.image_url or "" }}'),
    },
    example_firing={
        "alert_uid": "db1-disk-var",
        "title": "Disk /var on db1 is 97 % full",
        "image_url": "https://graphs.example.com/db1/disk.png",
        "state": "alerting",
        "link_to_upstream_details": "https://monitoring.example.com/hosts/db1",
        "message": "2.1 GB are left; it fills by 400 MB an hour.",
    },
    example_resolved={
        "alert_uid": "db1-disk-var",
        "title": "Disk /var on db1 is 41 % full",
        "state": "ok",
        "link_to_upstream_details": "https://monitoring.example.com/hosts/db1",
        "message": "Old logs were removed.",
    },
    notes=(
        "Send a POST with a JSON object to the integration's URL. All fields are optional:\n\n"
        "- `alert_uid`: alerts with the same one are one alert group; without it every alert is its own\n"
        "- `title`, `message`, `image_url`: what people see\n"
        '- `state`: `"alerting"`, or `"ok"`, which resolves the group\n'
        "- `link_to_upstream_details`: the source link\n"
    ),
    heartbeat_notes=WEBHOOK.heartbeat_notes,
    bodies=one_object,
    heartbeat=six_fields("formatted_webhook"),
)
