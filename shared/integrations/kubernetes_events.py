"""Kubernetes: warning events of a cluster, posted by kubernetes-event-exporter or anything that posts events."""

from __future__ import annotations

from typing import Any

from shared.errors import Permanent
from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, objects

CONFIG = """\
clusterName: prod-eu-1
route:
  routes:
    - match:
        - type: Warning
          receiver: tocsin
        - type: Normal
          reason: "^(NodeNotReady|NodeReady|Scheduled|SuccessfulAttachVolume|ProvisioningSucceeded)$"
          receiver: tocsin
receivers:
  - name: tocsin
    webhook:
      endpoint: <the integration's URL>
      headers:
        Content-Type: application/json
"""
# Reasons that end the problem of another reason. Most problems of Kubernetes end without an event.
ENDS = {
    "NodeReady": "NodeNotReady",
    "Scheduled": "FailedScheduling",
    "SuccessfulAttachVolume": "FailedAttachVolume",
    "ProvisioningSucceeded": "ProvisioningFailed",
}
# A node that is lost is told with an event of the type Normal.
NORMAL_PROBLEMS = ("NodeNotReady",)

COMPONENT = "[source.component, payload.reportingComponent, payload.reportingController] | any_of"
LOOK = Look(
    names={
        "meta": "payload.metadata",
        "about": "[payload.involvedObject, payload.regarding] | any_of",
        "source": "[payload.source, payload.deprecatedSource] | any_of",
        "series": "payload.series",
    },
    facts=[
        ("Type", "payload.type"),
        ("Reason", "payload.reason"),
        ("Object", '[about.kind, about.name] | joined(" ")'),
        ("Namespace", "[about.namespace, meta.namespace] | any_of"),
        ("Cluster", "payload.clusterName"),
        (
            "From",
            f'[{COMPONENT}, [source.host, payload.reportingInstance] | any_of] | joined(" on ")',
        ),
        ("Part", "about.fieldPath"),
        ("Times", "[series.count, payload.count, payload.deprecatedCount] | any_of"),
        ("Labels", "about.labels"),
        (
            "First",
            "[payload.firstTimestamp, payload.deprecatedFirstTimestamp, payload.eventTime] | any_of | when",
        ),
        (
            "Last",
            "[series.lastObservedTime, payload.lastTimestamp, payload.deprecatedLastTimestamp] | any_of | when",
        ),
    ],
    text="[payload.message, payload.note] | any_of",
    source_link="base_url | absolute",
)


def bodies(body: Any) -> list[Any]:
    """Take warnings, and what ends one; `problem` is added: the reason of the warning that an event belongs to.

    A watch of the API (`{"type": "ADDED", "object": {...}}`) and a list of events are taken too.
    """
    found = [taken for one in objects(_listed(body)) if (taken := _taken(one)) is not None]
    if not found:
        raise NotAnAlert("The event is neither a warning nor the end of one.")
    return found


def _listed(body: Any) -> Any:
    if isinstance(body, dict) and isinstance(body.get("items"), list) and not body.get("reason"):
        return body["items"]
    return body


def _taken(one: dict[str, Any]) -> dict[str, Any] | None:
    event = one["object"] if isinstance(one.get("object"), dict) else one
    reason = event.get("reason")
    if not isinstance(reason, str) or not (event.get("involvedObject") or event.get("regarding")):
        raise Permanent(
            "an event must have a reason and the object it is about (involvedObject or regarding)"
        )
    if event.get("type") != "Normal" or reason in NORMAL_PROBLEMS:
        return {**event, "problem": reason}
    return {**event, "problem": ENDS[reason]} if reason in ENDS else None


def example(*, is_well: bool) -> dict[str, Any]:
    """Return the event of a pod that finds no node, or finds one."""
    return {
        "metadata": {
            "name": "cart-7d4b9c6f5-x2x8k.17d2a4c0f3b1e6a2",
            "namespace": "shop",
            "uid": "0f4f9d3c-8a0e-4e53-9f0e-0f5b8c1d7a44",
            "resourceVersion": "481516",
            "creationTimestamp": "2026-01-05T10:00:00Z",
        },
        "reason": "Scheduled" if is_well else "FailedScheduling",
        "message": (
            "Successfully assigned shop/cart-7d4b9c6f5-x2x8k to node-7"
            if is_well
            else "0/6 nodes are available: 6 Insufficient memory."
        ),
        "source": {"component": "default-scheduler"},
        "firstTimestamp": "2026-01-05T10:00:00Z",
        "lastTimestamp": "2026-01-05T10:05:00Z",
        "count": 1 if is_well else 6,
        "type": "Normal" if is_well else "Warning",
        "eventTime": None,
        "reportingComponent": "default-scheduler",
        "reportingInstance": "",
        "clusterName": "prod-eu-1",
        "involvedObject": {
            "kind": "Pod",
            "namespace": "shop",
            "name": "cart-7d4b9c6f5-x2x8k",
            "uid": "5c1e2d8a-3c55-4e0d-a8fb-5a3f9f1f2d10",
            "apiVersion": "v1",
            "resourceVersion": "481502",
            "labels": {"app": "cart"},
        },
    }


TYPE = IntegrationType(
    slug="kubernetes_events",
    title="Kubernetes events",
    category=Category.HOSTS,
    summary="Warnings of a cluster: pods that do not start, nodes that are lost, volumes that do not mount.",
    documentation="https://github.com/resmoio/kubernetes-event-exporter#webhooksamplehttp",
    templates=templates(
        title=(
            '[[payload.reason, [about.kind, [about.namespace, about.name] | joined("/")] | joined(" ")]'
            ' | joined(": "), payload.clusterName] | joined(" in ")'
        ),
        grouping_key=(
            "([payload.clusterName, about.namespace, about.kind, [about.name, about.uid] | any_of, payload.problem]"
            ' | identity) if [about.name, about.uid] | any_of else ""'
        ),
        resolve='payload.type == "Normal" and payload.problem != payload.reason',
        look=LOOK,
    ),
    example_firing=example(is_well=False),
    example_resolved=example(is_well=True),
    notes=(
        "Run [kubernetes-event-exporter](https://github.com/resmoio/kubernetes-event-exporter) in the cluster with "
        "a webhook receiver and no layout of its own:\n\n"
        f"```yaml\n{CONFIG}```\n\n"
        "What is neither a warning nor the end of one is answered, but no alert.\n\n"
        "A reason at an object is one alert group. `NodeReady`, `Scheduled`, `SuccessfulAttachVolume` and "
        "`ProvisioningSucceeded` resolve what went before; other problems of Kubernetes end without an event. "
        "Events of both APIs (`v1` and `events.k8s.io/v1`) are understood.\n"
    ),
    heartbeat_notes=(
        "Let a CronJob of the cluster with the schedule `* * * * *` call the heartbeat URL "
        "(`curl -fsS --max-time 10 -o /dev/null <the heartbeat URL>`).\n"
    ),
    bodies=bodies,
)
