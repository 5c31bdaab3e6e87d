"""Kibana (Elastic): rules with a webhook connector, whose body its user writes from the rule's variables."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, first_key, templates
from shared.integrations.integration_type import Category, IntegrationType, one_object

GROUP = (
    "[alert.actionGroup, payload.alert_action_group, payload.action_group, alert.actionGroupName,"
    " payload.alert_action_group_name] | any_of"
)
NAME = "[rule.name, payload.rule_name] | any_of"
ALERT = "[alert.id, payload.alert_id, alert.uuid] | any_of"
REASON = "[context.reason, payload.context_reason, context.message, payload.context_message, payload.message] | any_of"
LOOK = Look(
    names={"rule": "payload.rule", "alert": "payload.alert", "context": "payload.context"},
    facts=[
        ("State", GROUP),
        ("Alert", f'"" if ({ALERT} | words) in ["*", "query matched"] else {ALERT}'),
        ("Value", "context.value"),
        ("Conditions", "context.conditions"),
        ("Since", "[payload.date, context.date, context.timestamp] | any_of | when"),
        ("Tags", "[rule.tags, payload.rule_tags] | any_of"),
        ("Space", "[rule.spaceId, payload.space_id] | any_of"),
        ("Kind", "[rule.type, payload.rule_type] | any_of"),
        ("Flapping", "'yes' if alert.flapping is true or alert.flapping == 'true' else ''"),
    ],
    text=f"({REASON} | string)[:3000]",
    links=[
        ("Alert", "context.alertDetailsUrl"),
        ("View in app", "context.viewInAppUrl"),
        ("Results", "context.link"),
    ],
    source_link=(
        "[context.alertDetailsUrl, rule.url, payload.rule_url, context.viewInAppUrl, context.link] | any_of"
        " | absolute([payload.kibanaBaseUrl, payload.kibana_base_url, base_url] | any_of)"
    ),
)


def example(group: str) -> dict[str, Any]:
    """Return the body of the notes for an alert whose action group is given (`recovered` when it is over)."""
    return {
        "rule": {
            "id": "5a7c5e40-1b1a-4e6e-9c5e-000000000001",
            "name": "CPU of the shop",
            "type": "metrics.alert.threshold",
            "spaceId": "default",
            "tags": "shop,prod",
            "url": "https://kibana.example.com/app/management/insightsAndAlerting/triggersActions/rule/5a7c5e40",
        },
        "alert": {
            "id": "web-1",
            "uuid": "b9f6e1de-0000-4000-8000-000000000002",
            "actionGroup": group,
            "flapping": "false",
        },
        "context": {"reason": "CPU usage is 97% in the last 5 mins for web-1. Alert when > 90%."},
        "date": "2026-01-05T10:00:00.000Z",
    }


TYPE = IntegrationType(
    slug="kibana",
    title="Kibana (Elastic)",
    category=Category.LOGS,
    summary="Alerts of Elastic's rules: thresholds, logs, uptime, machine learning.",
    documentation="https://www.elastic.co/docs/reference/kibana/connectors-kibana/webhook-action-type",
    templates=templates(
        title=f'[{NAME}, "" if ({ALERT} | words) in ["*", "query matched"] else {ALERT}] | joined(" – ")'
        f" if {NAME} else {REASON}",
        grouping_key=first_key(
            f"([[rule.spaceId, payload.space_id] | any_of, [rule.id, payload.rule_id] | any_of, {ALERT}]"
            " if rule.id | words or payload.rule_id | words else [])",
            "[alert.uuid]",
            f"([{NAME}, {ALERT}] if {NAME} else [])",
        ),
        resolve=f'({GROUP}) | words | lower == "recovered"',
        look=LOOK,
    ),
    example_firing=example("metrics.threshold.fired"),
    example_resolved=example("recovered"),
    notes=(
        "In Kibana, open *Stack Management*, *Connectors*, *Create connector*, choose *Webhook*, and enter the "
        "integration's URL, the method *POST*, no authentication, and the header `Content-Type: application/json`. "
        "Then add it to a rule twice: once for its action groups that shall ring, and once for *Recovered*, *For "
        "each alert* and *On status changes*, both with the body\n\n"
        "```\n"
        '{"rule": {"id": "{{rule.id}}", "name": "{{rule.name}}", "type": "{{rule.type}}",\n'
        '          "spaceId": "{{rule.spaceId}}", "tags": "{{rule.tags}}", "url": "{{rule.url}}"},\n'
        ' "alert": {"id": "{{alert.id}}", "uuid": "{{alert.uuid}}", "actionGroup": "{{alert.actionGroup}}",\n'
        '           "flapping": "{{alert.flapping}}"},\n'
        ' "context": {"reason": "{{context.reason}}"}, "date": "{{date}}"}\n'
        "```\n\n"
        "Where a rule has no `{{context.reason}}`, `{{context.message}}` takes its place. The flat names of Elastic's "
        "own examples (`rule_id`, `rule_name`, `alert_id`, `context_message`) are understood as well.\n\n"
        "An alert of a rule is one alert group, known by the ids of both, and resolves when it has recovered.\n"
    ),
    heartbeat_notes=(
        "Add an *Elasticsearch query* rule that always matches, runs every minute, and has a webhook connector with "
        "the heartbeat URL *On check intervals*.\n"
    ),
    bodies=one_object,
)
