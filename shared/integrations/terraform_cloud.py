"""HCP Terraform (Terraform Cloud) and Terraform Enterprise: runs that errored, drift and failed checks."""

from __future__ import annotations

from typing import Any

from shared.errors import Permanent
from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

RUN_TRIGGERS = ("run:errored", "run:completed", "run:needs_attention")
ENDED_BY_PEOPLE = ("canceled", "discarded", "force_canceled")
ASSESSMENT = "assessment:"
DESTROY_RESULTS = ("workspace:auto_destroy_results", "workspace:auto_destroy_run_results")

WORKSPACE = "[payload.workspace_name, details.workspace_name] | any_of"
ORGANIZATION = "[payload.organization_name, details.organization_name] | any_of"
TRIGGER = "([told.trigger, payload.trigger] | any_of | words)"
# The runs of a workspace are one problem; drift and checks, and its own destruction, are others.
KIND = f'({{"assessment": "assessment", "workspace": "destroy"}}[{TRIGGER}.split(":")[0]] or "run")'
ID = f"([payload.workspace_id, details.workspace_id, {WORKSPACE}] | any_of)"
WELL = (
    "result.drifted == false and result.all_checks_succeeded and result.succeeded"
    f' if {TRIGGER}.startswith("assessment:")'
)
LOOK = Look(
    names={
        "told": "(payload.notifications | entries | first)",
        "details": "payload.details",
        "result": "details.new_assessment_result",
    },
    facts=[
        ("Event", "[told.message, payload.message] | any_of"),
        ("Status", "[told.run_status, details.run_status] | any_of"),
        ("Workspace", f'[{ORGANIZATION}, {WORKSPACE}] | joined("/")'),
        ("Run", "[payload.run_id, details.run_external_id] | any_of"),
        ("By", "[told.run_updated_by, payload.run_created_by] | any_of"),
        ("Drifted resources", "result.resources_drifted"),
        ("Failed checks", "result.checks_failed"),
        ("Since", "[told.run_updated_at, result.created_at, details.run_created_at] | any_of | when"),
    ],
    text="[payload.run_message, details.run_create_error_message] | any_of",
    source_link=(
        "[payload.run_url, (([base_url, 'https://app.terraform.io'] | any_of).rstrip('/') ~ '/app/' ~ "
        f"({ORGANIZATION} | words | urlencode) ~ '/workspaces/' ~ ({WORKSPACE} | words | urlencode))"
        f" if {WORKSPACE} else ''] | any_of | absolute(base_url)"
    ),
)


def bodies(body: Any) -> list[Any]:
    """Take each notification in a body that says that something is wrong, or well again."""
    (sent,) = one_object(body)
    if "trigger" in sent:
        _check_workspace(sent)
        return [sent]
    told = sent.get("notifications")
    if not isinstance(told, list) or not told:
        raise Permanent("the body has neither notifications nor trigger, of which HCP Terraform sends one")
    reasons = [_no_alert(one) for one in told]
    alerts = [
        {**sent, "notifications": [one]} for one, reason in zip(told, reasons, strict=True) if not reason
    ]
    if not alerts:
        raise NotAnAlert(reasons[0])
    return alerts


def _no_alert(told: Any) -> str:
    """Return why a notification of a run is no alert, "" when it is one."""
    trigger = told.get("trigger") if isinstance(told, dict) else None
    if trigger == "verification":
        return "HCP Terraform's verification arrived: the notification works."
    if trigger not in RUN_TRIGGERS:
        return f"The event {str(trigger)[:50]} is neither an error nor the end of one."
    if trigger == "run:errored" and told.get("run_status") in ENDED_BY_PEOPLE:
        return "The run was ended by a person."
    return ""


def _check_workspace(sent: dict[str, Any]) -> None:
    trigger = str(sent["trigger"])[:50]
    details = sent.get("details")
    details = details if isinstance(details, dict) else {}
    is_failed_destroy = trigger in DESTROY_RESULTS and (
        details.get("run_create_error_message") or details.get("run_status") == "errored"
    )
    if not trigger.startswith(ASSESSMENT) and not is_failed_destroy:
        raise NotAnAlert(f"The event {trigger} is no problem.")


def example(trigger: str) -> dict[str, Any]:
    """Return the notification of a run that errored or completed."""
    is_well = trigger == "run:completed"
    return {
        "payload_version": 1,
        "notification_configuration_id": "nc-AeUQ2zfKZzW9TiGZ",
        "run_url": "https://app.terraform.io/app/example/shop-prod/runs/run-FwnENkvDnrpyFC7M",
        "run_id": "run-FwnENkvDnrpyFC7M",
        "run_message": "Add five new queue workers",
        "run_created_at": "2026-01-05T09:57:00.000Z",
        "run_created_by": "ann",
        "workspace_id": "ws-XdeUVMWShTesDMME",
        "workspace_name": "shop-prod",
        "organization_name": "example",
        "notifications": [
            {
                "message": "Run Applied" if is_well else "Run Errored",
                "trigger": trigger,
                "run_status": "applied" if is_well else "errored",
                "run_updated_at": "2026-01-05T10:00:00.000Z",
                "run_updated_by": "ann",
            }
        ],
    }


TYPE = IntegrationType(
    slug="terraform_cloud",
    title="HCP Terraform",
    category=Category.DELIVERY,
    summary="Runs that errored or wait for a person, drift and failed checks of workspaces.",
    documentation=(
        "https://developer.hashicorp.com/terraform/cloud-docs/api-docs/notification-configurations/workspace"
    ),
    templates=templates(
        title=(
            f'[[{ORGANIZATION}, {WORKSPACE}] | joined("/"), [told.message, payload.message] | any_of] | joined(": ")'
        ),
        grouping_key=f'([{ORGANIZATION}, {ID}, {KIND}] | identity) if {ID} else ""',
        resolve=f'{WELL} else {TRIGGER} == "run:completed"',
        look=LOOK,
    ),
    example_firing=example("run:errored"),
    example_resolved=example("run:completed"),
    notes=(
        "In the workspace, open *Settings > Notifications > Create a notification*, choose *Webhook*, enter the "
        "integration's URL, and tick the workspace events *Drift* and *Check failed*, and the run events *Needs "
        "attention*, *Errored* and **also *Completed***, which resolves. The token belongs into the signature "
        "settings of the integration (SHA-512, header `X-TFE-Notification-Signature`).\n\n"
        "The runs of a workspace are one alert group, its drift and checks another. A run that a person canceled or "
        "discarded, starts, plans and the verification are answered, but no alert.\n"
    ),
    bodies=bodies,
)
