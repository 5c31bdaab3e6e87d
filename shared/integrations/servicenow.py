"""ServiceNow: incidents by a business rule, or as records of its Table API."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, one_object

NOTES = """\
In ServiceNow, under *System Definition → Business Rules* create a rule for the table `incident`: *Advanced*, \
*When* `async`, *Insert* and *Update*, with a condition for the incidents that shall ring, and the script

```js
(function executeRule(current, previous) {
    var names = ['number', 'short_description', 'description', 'state', 'priority', 'impact', 'urgency',
        'category', 'assignment_group', 'assigned_to', 'cmdb_ci', 'opened_at', 'close_notes'];
    var body = {sys_id: current.getUniqueValue(), instance_url: gs.getProperty('glide.servlet.uri')};
    names.forEach(function (name) {
        body[name] = {value: String(current.getValue(name) || ''), display_value: current.getDisplayValue(name)};
    });
    var request = new sn_ws.RESTMessageV2();
    request.setEndpoint("<the integration's URL>");
    request.setHttpMethod('POST');
    request.setRequestHeader('Content-Type', 'application/json');
    request.setRequestBody(JSON.stringify(body));
    request.executeAsync();
})(current, previous);
```

An incident is one alert group: the state *In Progress* acknowledges it, *Resolved*, *Closed* and *Canceled* resolve it.
If your instance has states of its own, edit the templates for acknowledging and resolving.
"""


def said(name: str) -> str:
    """Return the expression of a column as people read it, however it was sent (plain, or with its display value)."""
    return f"[(incident.{name} | object).display_value, incident.{name}_name, incident.{name}] | any_of"


def stored(name: str) -> str:
    """Return the expression of a column as it is stored."""
    return f"[(incident.{name} | object).value, incident.{name}] | any_of"


# The choice list that comes with ServiceNow: 1 New, 2 In Progress, 3 On Hold, 6 Resolved, 7 Closed, 8 Canceled.
STATES = f"[({stored('state')}) | words | lower, ({said('state')}) | words | lower]"
OVER = '["6", "7", "8", "resolved", "closed", "canceled", "cancelled"]'
ID = f"([({stored('sys_id')}), ({stored('number')})] | any_of)"
LOOK = Look(
    names={"incident": "payload.result or payload.incident or payload.record or payload"},
    facts=[
        ("State", said("state")),
        ("Priority", said("priority")),
        ("Configuration item", said("cmdb_ci")),
        ("Group", said("assignment_group")),
        ("Assigned to", said("assigned_to")),
        ("Category", said("category")),
        # In the time zone of the instance, which it does not name.
        ("Opened", said("opened_at")),
    ],
    text=f'[({said("description")}), ({said("close_notes")})] | joined("\\n\\n")',
    source_link=(
        '(([incident.instance_url, base_url] | any_of | words | regex_replace("/+$", ""))'
        f' ~ "/nav_to.do?uri=incident.do%3Fsys_id%3D" ~ ({stored("sys_id")})) | absolute(base_url)'
        f" if ({stored('sys_id')}) else (incident.url | absolute(base_url))"
    ),
)


def example(status: str) -> dict[str, Any]:
    """Return what the business rule of the notes posts for a new incident, or a resolved one."""
    is_new = status == "firing"

    def both(value: str, display: str) -> dict[str, str]:
        return {"value": value, "display_value": display}

    return {
        "sys_id": "9d385017c611228701d22104cc95c371",
        "instance_url": "https://example.service-now.com/",
        "number": both("INC0010042", "INC0010042"),
        "short_description": both("Mail is not delivered", "Mail is not delivered"),
        "description": both("Outbound mail waits since 10:00.", "Outbound mail waits since 10:00."),
        "state": both("1", "New") if is_new else both("6", "Resolved"),
        "priority": both("1", "1 - Critical"),
        "impact": both("1", "1 - High"),
        "urgency": both("1", "1 - High"),
        "category": both("software", "Software"),
        "assignment_group": both("287ebd7da9fe198100f92cc8d1d2154e", "Messaging"),
        "assigned_to": both("", ""),
        "cmdb_ci": both("b0c25a1dc0a8010e00ad0a1e5b7d5f1c", "mail-relay-2"),
        "opened_at": both("2026-01-05 10:00:00", "2026-01-05 11:00:00"),
        "close_notes": both("", "") if is_new else both("Queue restarted.", "Queue restarted."),
    }


TYPE = IntegrationType(
    slug="servicenow",
    title="ServiceNow",
    category=Category.TICKETS,
    summary="Incidents that are opened, taken, resolved or closed.",
    documentation="https://www.servicenow.com/docs/bundle/zurich-api-reference/page/script/business-rules/"
    "concept/c_BusinessRules.html",
    templates=templates(
        title=(
            f'[({said("number")}), ({said("short_description")})] | joined(": ") or ({said("description")})'
        ),
        grouping_key=f'([{ID}] | identity) if {ID} is not eq("") else ""',
        resolve=f'{STATES} | select("in", {OVER}) | first is defined',
        acknowledge=f'{STATES} | select("in", ["2", "in progress", "work in progress"]) | first is defined',
        look=LOOK,
    ),
    example_firing=example("firing"),
    example_resolved=example("resolved"),
    notes=NOTES,
    bodies=one_object,
)
