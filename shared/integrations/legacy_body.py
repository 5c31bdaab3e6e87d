"""Bodies of Alertmanager's shape as the first version of these types reads them: one alert for each inner alert.

An inner alert is the whole payload; what stood around it is left out, as its templates never saw it. Each is
tracked by its labels, so that a group of several is over only with the last of them.
"""

from __future__ import annotations

from typing import Any

from shared.errors import Permanent
from shared.integrations import alertmanager_body
from shared.integrations.appearance import Look
from shared.integrations.integration_type import NotAnAlert, Part, objects

# The names that Look gives the parts of an inner alert.
NAMES = {"labels": "payload.labels", "notes": "payload.annotations"}
TITLE = (
    "[notes.message if payload.is_oncall_heartbeat else labels.alertname,"
    " notes.summary, notes.message, notes.description] | any_of"
)
ABOUT = [
    ("Severity", "[labels.severity, labels.priority, notes.severity] | any_of"),
    ("Status", "payload.status"),
    (
        "Where",
        '[labels.cluster, labels.namespace, labels.instance or labels.host or labels.pod] | joined(", ")',
    ),
    ("Since", "payload.startsAt | when"),
    ("Until", 'payload.endsAt | when if payload.status == "resolved" else ""'),
]
TEXT = '[notes.summary, notes.message, notes.description] | joined("\\n\\n")'
LISTS = [
    ("Labels", "labels"),
    (
        "Annotations",
        (
            'dict(notes.items() | rejectattr(0, "in", ["summary", "message", "description", "runbook_url",'
            ' "runbook_url_internal", "severity"]))'
        ),
    ),
]
RUNBOOKS = [("Runbook", "notes.runbook_url"), ("Internal runbook", "notes.runbook_url_internal")]
LOOK = Look(
    names=NAMES,
    facts=[*ABOUT, *LISTS],
    text=TEXT,
    links=RUNBOOKS,
    spoken=(
        "notes.message if payload.is_oncall_heartbeat else"
        ' [labels.alertname, [notes.summary, notes.message, notes.description] | any_of] | joined(": ")'
    ),
    source_link="[payload.generatorURL, payload.panelURL, payload.dashboardURL] | any_of | absolute(base_url)",
    image="payload.imageURL | absolute(base_url)",
)


def alerts(body: Any) -> list[Any]:
    """Return the inner alerts of a body; a body without them, or a list, is taken as the alerts themselves.

    Raises:
        Permanent: the body, or something in its list of alerts, is no object.
        NotAnAlert: the list of alerts is empty.
    """
    if not isinstance(body, dict) or "alerts" not in body:
        return objects(body)
    inner = body["alerts"]
    if not isinstance(inner, list):
        raise Permanent('the field "alerts" must be a list of JSON objects')
    if not inner:
        raise NotAnAlert("The list of alerts is empty.")
    return objects(inner)


def parts(body: Any) -> list[Part]:
    """Return the inner alerts of a body, each as an instance of its own.

    Raises:
        Permanent, NotAnAlert: as `alerts` does.
    """
    return [Part(one, instance=alertmanager_body.fingerprint(one)) for one in alerts(body)]


def example(status: str) -> dict[str, Any]:
    """Return a body with one alert that fires, or is resolved."""
    return alertmanager_body.example(status, sender="prometheus")
