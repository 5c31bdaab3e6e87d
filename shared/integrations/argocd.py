"""Argo CD: applications whose sync failed or whose health degraded, told by a template of its notifications."""

from __future__ import annotations

from typing import Any

from shared.errors import Permanent
from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: argocd-notifications-cm
  namespace: argocd
data:
  service.webhook.tocsin: |
    url: $tocsin-url
    headers:
      - name: Content-Type
        value: application/json
  template.tocsin: |
    webhook:
      tocsin:
        method: POST
        body: |
          {
            "metadata": {"name": {{ toJson .app.metadata.name }}, "namespace": {{ toJson .app.metadata.namespace }}},
            "spec": {
              "project": {{ toJson .app.spec.project }},
              "destination": {{ toJson .app.spec.destination }},
              "source": {{ toJson .app.spec.source }}
            },
            "status": {
              "sync": {{ toJson .app.status.sync }},
              "health": {{ toJson .app.status.health }},
              "operationState": {{ with .app.status.operationState -}}
                {"phase": {{ toJson .phase }}, "message": {{ toJson .message }},
                 "finishedAt": {{ toJson .finishedAt }}}
                {{- else }}null{{ end }}
            },
            "argocdUrl": {{ toJson .context.argocdUrl }}
          }
  trigger.tocsin: |
    - when: app.status.health.status == 'Degraded'
      send: [tocsin]
    - when: app.status?.operationState.phase in ['Error', 'Failed']
      send: [tocsin]
    - when: app.status.health.status == 'Healthy' and app.status?.operationState.phase in ['Succeeded']
      send: [tocsin]
  subscriptions: |
    - recipients: [tocsin]
      triggers: [tocsin]
"""
FAILED_PHASES = ("Error", "Failed")
SICK = ("Degraded", "Missing", "Unknown", "Suspended")
# The commit status in Argo CD's own example of a webhook.
COMMIT_STATES = {"error": "Failed", "failure": "Failed", "success": "Succeeded"}

PHASE = "operation.phase"
ENDED = "[operation.finishedAt, operation.startedAt]"
IS_FAILED = f"{PHASE} in {list(FAILED_PHASES)}"
URL = (
    "[payload.url, payload.target_url, ([payload.argocdUrl, context.argocdUrl, base_url] | any_of | words).rstrip('/')"
    " ~ '/applications/' ~ ([at.namespace, at.name] | joined('/'))"
    " if at.name and [payload.argocdUrl, context.argocdUrl, base_url] | any_of else '']"
    " | any_of | absolute([payload.argocdUrl, base_url] | any_of)"
)
LOOK = Look(
    names={
        "at": "payload.metadata",
        "spec": "payload.spec",
        "to": "spec.destination",
        "source": "spec.source",
        "status": "payload.status",
        "sync": "status.sync",
        "health": "status.health",
        "operation": "status.operationState",
        "context": "payload.context",
    },
    facts=[
        ("Health", "health.status"),
        ("Sync", "sync.status"),
        ("Last operation", PHASE),
        ("Project", "spec.project"),
        ("Cluster", '[[to.name, to.server] | any_of, to.namespace] | joined(", namespace ")'),
        ("Repository", "source.repoURL"),
        ("Revision", "([sync.revision, (operation.syncResult | object).revision] | any_of | words)[:40]"),
        (
            "Since",
            f"({ENDED} if {IS_FAILED} else [health.lastTransitionTime, operation.finishedAt]) | any_of | when",
        ),
    ],
    text='[operation.message, health.message, payload.message] | joined("\\n\\n")',
    source_link=URL,
)


def bodies(body: Any) -> list[Any]:
    """Take an application, as the template of the notes, the whole object, or Argo CD's commit status sends it."""
    (sent,) = one_object(body)
    app = sent.get("app") if isinstance(sent.get("app"), dict) else sent
    payload = {**sent, **app}
    if sent.get("context") and isinstance(sent.get("state"), str):
        payload.update(_from_commit_status(sent))
    if not isinstance(payload.get("metadata"), dict) or not payload["metadata"].get("name"):
        raise Permanent(
            "the body names no application (metadata.name); is it the template of the set-up notes?"
        )
    if _is_under_way(payload):
        raise NotAnAlert("The application is being synced, and nothing is wrong with it.")
    return [payload]


def _from_commit_status(sent: dict[str, Any]) -> dict[str, Any]:
    name = str(sent["context"]).rpartition("/")[2]
    phase = COMMIT_STATES.get(sent["state"].lower(), "Running")
    return {"metadata": {"name": name}, "status": {"operationState": {"phase": phase}}}


def _is_under_way(payload: dict[str, Any]) -> bool:
    status = payload.get("status")
    status = status if isinstance(status, dict) else {}
    phase, health = (
        part.get(name) if isinstance(part := status.get(key), dict) else None
        for key, name in (("operationState", "phase"), ("health", "status"))
    )
    if phase in FAILED_PHASES or health in SICK:
        return False
    return phase in ("Running", "Terminating") or health == "Progressing"


def example(*, is_well: bool) -> dict[str, Any]:
    """Return what the template of the notes makes of an application."""
    return {
        "metadata": {"name": "shop", "namespace": "argocd"},
        "spec": {
            "project": "default",
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "shop"},
            "source": {
                "repoURL": "https://git.example.com/deploy.git",
                "path": "shop",
                "targetRevision": "main",
            },
        },
        "status": {
            "sync": {"status": "Synced", "revision": "1dc6aa69429bff4806ad6afe58d3d8f57e25973e"},
            "health": {
                "status": "Healthy" if is_well else "Degraded",
                "lastTransitionTime": "2026-01-05T10:40:00Z" if is_well else "2026-01-05T10:00:00Z",
            },
            "operationState": {
                "phase": "Succeeded",
                "message": "successfully synced (all tasks run)",
                "finishedAt": "2026-01-05T10:40:00Z" if is_well else "2026-01-05T09:58:00Z",
            },
        },
        "argocdUrl": "https://argocd.example.com",
    }


STATE = f'[("Sync " ~ {PHASE} if {IS_FAILED} else ""), health.status, {PHASE}, sync.status] | any_of'
TYPE = IntegrationType(
    slug="argocd",
    title="Argo CD",
    category=Category.DELIVERY,
    summary="Applications whose sync failed or whose health degraded.",
    documentation="https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/webhook/",
    templates=templates(
        title=f'["Application " ~ (at.name | words), {STATE}] | joined(": " if {IS_FAILED} else " is ")',
        grouping_key='([payload.argocdUrl, at.namespace, at.name] | identity) if at.name else ""',
        resolve=(
            f'health.status | words in ["Healthy", ""] and {PHASE} | words in ["Succeeded", ""]'
            f' and ([health.status, {PHASE}] | any_of) != ""'
        ),
        look=LOOK,
    ),
    example_firing=example(is_well=False),
    example_resolved=example(is_well=True),
    notes=(
        "Put the integration's URL under the key `tocsin-url` into the secret `argocd-notifications-secret`, and add "
        "this to the ConfigMap of the notifications:\n\n"
        f"```yaml\n{CONFIG}```\n\n"
        "`subscriptions` there makes it hold for every application; without it, subscribe single ones with the "
        'annotation `notifications.argoproj.io/subscribe.tocsin.tocsin: ""`.\n\n'
        "An application is one alert group: it resolves when it is healthy and its last operation succeeded. "
        "A sync that is under way is answered, but no alert. The whole application as JSON "
        '(`{"app": {{ toJson .app }}}`) and the commit status of Argo CD\'s own example are understood too.\n'
    ),
    bodies=bodies,
)
