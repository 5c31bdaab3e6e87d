"""Kapacitor: what its `post` handler sends when an alert node changes its level."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, one_object

NOTES = """\
In the TICKscript:

```js
|alert()
    .id('{{ .Name }}/{{ index .Tags "host" }}')
    .message('{{ .ID }} is {{ .Level }}')
    .crit(lambda: "usage_idle" < 10)
    .stateChangesOnly(10m)
    .post('<the integration\'s URL>')
```

or as a topic handler: `kind: post`, `options: {url: "<the integration's URL>"}`.

The `id` is what groups: make it name the host or whatever else tells two problems apart.
The level `OK` resolves; leave out `.noRecoveries()`.
"""
# The details are by default the whole alert as escaped JSON, which is for nobody to read.
DETAILS = '"" if (payload.details | words).startswith("{") else payload.details'
LOOK = Look(
    names={"series": "(payload.data | object).series | entries | first"},
    facts=[
        (
            "Level",
            (
                '[payload.previousLevel if payload.previousLevel != payload.level else "", payload.level]'
                ' | joined(" → ")'
            ),
        ),
        ("Measurement", "series.name"),
        ("Tags", "series.tags"),
        ("At", "payload.time | when"),
    ],
    spoken='[payload.id or payload.message, payload.level if payload.id else ""] | joined(" is ")',
    text=f'[payload.message, {DETAILS}] | joined("\\n\\n")',
)


def example(status: str) -> dict[str, Any]:
    """Return the body of an alert that became critical, or of its recovery."""
    before, level = ("OK", "CRITICAL") if status == "firing" else ("CRITICAL", "OK")
    return {
        "id": "cpu/web3",
        "message": f"cpu/web3 is {level}",
        "details": "{&#34;Name&#34;:&#34;cpu&#34;,&#34;TaskName&#34;:&#34;cpu_alert&#34;}",
        "time": "2026-01-05T10:00:00Z",
        "duration": 0 if status == "firing" else 240_000_000_000,
        "level": level,
        "data": {
            "series": [
                {
                    "name": "cpu",
                    "tags": {"cpu": "cpu-total", "host": "web3"},
                    "columns": ["time", "usage_idle"],
                    "values": [["2026-01-05T10:00:00Z", 4.2]],
                }
            ]
        },
        "previousLevel": before,
        "recoverable": True,
    }


TYPE = IntegrationType(
    slug="kapacitor",
    title="Kapacitor",
    category=Category.METRICS,
    summary="Alert nodes of InfluxData's Kapacitor, by their HTTP post handler.",
    documentation="https://docs.influxdata.com/kapacitor/v1/reference/event_handlers/post/",
    templates=templates(
        title="[payload.id, payload.message] | any_of",
        grouping_key='payload.id if payload.id is not none else ""',
        resolve='(payload.level | words | upper).startswith("OK")',
        look=LOOK,
    ),
    example_firing=example("firing"),
    example_resolved=example("resolved"),
    notes=NOTES,
    bodies=one_object,
)
