"""ElastAlert 2: a match of a rule, as its `post` and `post2` alerters send it."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, templates
from shared.integrations.heartbeat_shapes import six_fields
from shared.integrations.integration_type import Category, IntegrationType, one_object

NOTES = """\
In a rule:

```yaml
name: Many failed logins
alert: post
http_post_url: "<the integration's URL>"
http_post_all_values: true
http_post_static_payload:
  title: Many failed logins
  alert_uid: many-failed-logins
  severity: high
  link_to_upstream_details: https://kibana.example.com/app/discover
```

For one alert group per user, or per whatever the rule's `query_key` is, with the fields of the match in templates:

```yaml
name: Many failed logins of a user
query_key: user
alert: post2
http_post2_url: "<the integration's URL>"
http_post2_all_values: true
http_post2_payload:
  title: "Many failed logins of {{ user }}"
  alert_uid: "many-failed-logins-{{ user }}"
  severity: high
```

- `alert_uid` groups: without one every match is an alert group of its own
- ElastAlert posts neither the rule's name nor its `alert_subject` and `alert_text`: what shall be read stands in the \
payload above
- with `post2` always set `http_post2_all_values`: with a payload of its own it sends nothing of the match otherwise
- ElastAlert never says that something is over; a second rule that posts the same `alert_uid` with `state: ok` \
resolves the group
- `title`, `message`, `severity` and `link_to_upstream_details` are shown; the other fields of the match follow. \
With `generate_kibana_discover_url` or `generate_opensearch_discover_url` the link needs no static one
- ElastAlert repeats what Tocsin could not take for as long as its `alert_time_limit` says (2 days)
"""
HEARTBEAT_NOTES = """\
Let a rule over what ElastAlert writes after each of its queries call the heartbeat URL; `elastalert_status` is its \
`writeback_index`:

```yaml
name: ElastAlert is alive
index: elastalert_status_status
type: any
realert:
  seconds: 50
alert: post
http_post_url: "<the heartbeat URL>"
```

It calls at most once per `run_every`, so that the timeout has to be longer than that.
"""
# A match is a document of an index of the user: any of its fields may have any name and shape.
REST = (
    'dict(payload.items() | rejectattr(0, "in", ["title", "alert_uid", "state", "message", "image_url", "severity",'
    ' "link_to_upstream_details", "@timestamp", "_id", "_type", "_index", "num_hits", "num_matches", "rule_name",'
    ' "alert_text", "description", "host", "level", "kibana_discover_url", "opensearch_discover_url"]))'
)
LOOK = Look(
    names={"host": "payload.host", "log": "payload.log"},
    facts=[
        ("Severity", "[payload.severity, payload.level, log.level] | any_of"),
        ("Rule", "payload.rule_name"),
        ("Host", "[host.name, host.hostname, payload.host, payload.hostname] | any_of"),
        ("At", 'payload["@timestamp"] | when'),
        ("Hits", "payload.num_hits"),
        ("Index", "payload._index"),
        ("Fields", f"{REST} if payload is mapping else {{}}"),
    ],
    text='[payload.message, payload.alert_text, payload.description] | joined("\\n\\n")',
    source_link="[payload.link_to_upstream_details, payload.kibana_discover_url, payload.opensearch_discover_url,"
    " payload.kibana_link] | any_of | absolute(base_url)",
    image="payload.image_url | absolute(base_url)",
)


def example(status: str) -> dict[str, Any]:
    """Return a match with the static payload of the notes; ElastAlert itself has no notice that it is over."""
    return {
        "@timestamp": "2026-01-05T10:00:00.412Z",
        "_id": "QmVyPZsBx1",
        "_index": "auth-2026.01.05",
        "host": {"name": "login2", "ip": ["192.0.2.22"]},
        "message": "Failed password for invalid user admin from 198.51.100.7 port 4711 ssh2",
        "num_hits": 212,
        "num_matches": 1,
        "user": "admin",
        "title": "Many failed logins",
        "alert_uid": "many-failed-logins",
        "severity": "high",
        "link_to_upstream_details": "https://kibana.example.com/app/discover",
        **({"state": "ok"} if status == "resolved" else {}),
    }


TYPE = IntegrationType(
    slug="elastalert",
    title="ElastAlert",
    category=Category.LOGS,
    summary="Matches of ElastAlert 2 rules over Elasticsearch or OpenSearch.",
    documentation="https://elastalert2.readthedocs.io/en/latest/alerts.html#http-post",
    templates=templates(
        title=(
            "[payload.title, payload.rule_name, payload.alert_subject, payload.subject, payload.message,"
            " payload.alert_text, payload.alert_uid] | any_of"
        ),
        grouping_key='payload.alert_uid if payload.alert_uid is not none else ""',
        resolve='payload.state | words | upper == "OK"',
        look=LOOK,
    ),
    example_firing=example("firing"),
    example_resolved=example("resolved"),
    notes=NOTES,
    heartbeat_notes=HEARTBEAT_NOTES,
    bodies=one_object,
    heartbeat=six_fields("elastalert"),
)
