"""Amazon EventBridge: events that a rule sends to an API destination, first of all CloudWatch's alarms."""

from __future__ import annotations

from typing import Any

from shared.errors import Permanent
from shared.integrations.appearance import Look, first_key, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, objects

ECS_TASK = "ECS Task State Change"
# What only passes on the way to a state that matters.
PASSING = {
    "EC2 Instance State-change Notification": ("state", ("pending", "stopping", "shutting-down")),
    "CodeBuild Build State Change": ("build-status", ("IN_PROGRESS", "STOPPED")),
    "CodePipeline Pipeline Execution State Change": (
        "state",
        ("STARTED", "RESUMED", "STOPPING", "STOPPED", "CANCELED", "SUPERSEDED"),
    ),
    "ECS Deployment State Change": ("eventName", ("SERVICE_DEPLOYMENT_IN_PROGRESS",)),
}
WELL = '["OK", "SUCCEEDED", "running", "SERVICE_DEPLOYMENT_COMPLETED", "SERVICE_STEADY_STATE", "closed", "CLOSED"]'
NAMES = {
    "detail": "payload.detail",
    "alarm": "payload.alarmData if payload.alarmData else detail",
    "state": "alarm.state",
    "before": "alarm.previousState",
    "settings": "alarm.configuration",
    "measured": "(settings.metrics | entries | first)",
    "statistic": "measured.metricStat",
    "metric": "statistic.metric if statistic.metric else payload.Trigger",
    "finding": "detail.findings | entries | first",
    "label": "finding.Severity",
    "text": "detail.eventDescription | entries | first",
    "guard": "detail.service",
    "workflow": "finding.Workflow",
}
ALARM = "[alarm.alarmName, payload.AlarmName] | any_of"
STATUS = (
    "[state.value, payload.NewStateValue, detail.state if detail.state is string else '', detail.statusCode,"
    " detail['build-status'], detail.lastStatus, detail.eventName, detail.status if detail.status is string else '',"
    " workflow.Status] | any_of"
)
ARN = "[payload.alarmArn, payload.AlarmArn, payload.resources | entries | first] | any_of"
WHAT = (
    "[detail.group, detail['instance-id'], detail.pipeline, detail['project-name'],"
    " (payload.resources | entries | first | words).split(':') | last] | any_of"
)
NAMESPACE = "[metric.namespace, metric.Namespace] | any_of"
BEGAN = "[state.timestamp, payload.StateChangeTime, detail.startTime, detail.createdAt] | any_of"
REGION = "([payload.region, detail.eventRegion] | any_of | words)"
CONSOLE = f'("https://" ~ {REGION} ~ ".console.aws.amazon.com/%s/home?region=" ~ {REGION} ~ "%s")'
HEALTH = '[detail.service if detail.service is string else "", detail.eventTypeCode] | joined(": ")'
TITLE = (
    f"[[{ALARM}, state.value or payload.NewStateValue] | joined(' is ') if {ALARM} else '',"
    f" {HEALTH} if detail.eventTypeCode else '', detail.title, finding.Title,"
    f" [payload['detail-type'], [{WHAT}, {STATUS}] | joined] | joined(': ')] | any_of"
)
LINK = (
    '("https://health.aws.amazon.com/health/home#/account/event-log?eventID="'
    " ~ (detail.eventArn | words | urlencode)) if detail.eventArn"
    f" else ({CONSOLE % ('cloudwatch', '#alarmsV2:alarm/')} ~ ({ALARM} | words | urlencode)) if {ALARM} and {REGION}"
    f" else ({CONSOLE % ('guardduty', '#/findings?fId=')} ~ (detail.id | words | urlencode))"
    ' if payload.source == "aws.guardduty"'
    f" else ({CONSOLE % ('ec2', '#InstanceDetails:instanceId=')} ~ (detail['instance-id'] | words | urlencode))"
    " if detail['instance-id'] else ''"
)
LOOK = Look(
    names=NAMES,
    facts=[
        ("State", f'[[before.value, payload.OldStateValue] | any_of, {STATUS}] | joined(" → ")'),
        ("Severity", "[label.Label, detail.severity, detail.eventTypeCategory] | any_of"),
        (
            "Reason",
            "[state.reason, payload.NewStateReason, detail.stoppedReason, detail.reason] | any_of",
        ),
        ("What", f"[metric.dimensions, {WHAT}] | any_of"),
        ("Metric", f"[{NAMESPACE}, [metric.name, metric.MetricName] | any_of] | joined"),
        ("Since", f"[{BEGAN}, payload.time] | any_of | when"),
        ("Account", "[payload.account, payload.AWSAccountId, payload.accountId] | any_of"),
        ("Region", "[payload.region, payload.Region] | any_of"),
        ("Event", "payload['detail-type']"),
        ("Kind", "[detail.type if detail.type is string else '', payload.source] | any_of"),
        ("Resources", "payload.resources"),
    ],
    text=(
        "[[settings.description, payload.AlarmDescription] | any_of, text.latestDescription, detail.description,"
        ' finding.Description] | joined("\\n\\n")'
    ),
    links=[("Remediation", "finding.SourceUrl")],
    source_link=LINK,
)


def bodies(body: Any) -> list[Any]:
    """Return the events of the body, one for each finding where one event holds several.

    Raises:
        Permanent: the body is no object or list of objects, or a message of SNS.
        NotAnAlert: a state that only passes, or a task that starts.
    """
    events = [one for event in objects(body) for one in _findings(event)]
    for one in events:
        if one.get("Type") in ("Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"):
            raise Permanent(
                "this is a message of Amazon SNS; make an integration of the type amazon_sns for it"
            )
    telling = [one for one in events if not _why_quiet(one)]
    if not telling:
        raise NotAnAlert(_why_quiet(events[0]))
    return telling


def _findings(event: dict[str, Any]) -> list[dict[str, Any]]:
    detail = event.get("detail")
    findings = detail.get("findings") if isinstance(detail, dict) else None
    if not isinstance(detail, dict) or not isinstance(findings, list) or len(findings) < 2:
        return [event]
    return [{**event, "detail": {**detail, "findings": [one]}} for one in findings]


def _why_quiet(event: dict[str, Any]) -> str:
    kind, detail = event.get("detail-type"), event.get("detail")
    if not isinstance(kind, str) or not isinstance(detail, dict):
        return ""
    if kind == ECS_TASK and "STOPPED" not in (detail.get("lastStatus"), detail.get("desiredStatus")):
        return "A task that starts or runs makes no alert."
    field, passing = PASSING.get(kind, ("", ()))
    return f"{kind}: {detail[field]} makes no alert." if detail.get(field) in passing else ""


def example(value: str) -> dict[str, Any]:
    """Return the event of a CloudWatch alarm whose state became ALARM, or OK."""
    alarm = value == "ALARM"
    return {
        "version": "0",
        "id": "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92" if alarm else "d1c1c1c9-6542-e61b-6ef0-8c4d36933a93",
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": "123456789012",
        "time": "2026-01-05T10:00:00Z" if alarm else "2026-01-05T10:40:00Z",
        "region": "eu-central-1",
        "resources": ["arn:aws:cloudwatch:eu-central-1:123456789012:alarm:ShopCpuHigh"],
        "detail": {
            "alarmName": "ShopCpuHigh",
            "configuration": {
                "description": "The shop is busy: look at the load balancer first.",
                "metrics": [
                    {
                        "id": "00000000-0000-0000-0000-000000000000",
                        "metricStat": {
                            "metric": {
                                "namespace": "AWS/EC2",
                                "name": "CPUUtilization",
                                "dimensions": {"InstanceId": "i-12345678901234567"},
                            },
                            "period": 300,
                            "stat": "Average",
                        },
                        "returnData": True,
                    }
                ],
            },
            "previousState": {
                "value": "OK" if alarm else "ALARM",
                "reason": "Threshold Crossed: 1 datapoint was not greater than the threshold (90.0).",
                "timestamp": "2026-01-05T09:00:00.695+0000",
            },
            "state": {
                "value": value,
                "reason": (
                    "Threshold Crossed: 1 datapoint [97.7 (05/01/26 09:55:00)] was greater than the threshold (90.0)."
                    if alarm
                    else "Threshold Crossed: 1 datapoint [41.2 (05/01/26 10:35:00)] was not greater than the threshold."
                ),
                "timestamp": "2026-01-05T10:00:00.695+0000" if alarm else "2026-01-05T10:40:00.695+0000",
            },
        },
    }


TYPE = IntegrationType(
    slug="aws_eventbridge",
    title="Amazon EventBridge",
    category=Category.CLOUD,
    summary="CloudWatch alarms, AWS Health, GuardDuty, Security Hub, ECS, EC2 and other events.",
    documentation="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html",
    templates=templates(
        title=TITLE,
        grouping_key=first_key(
            f"([{ARN}] if {ALARM} and {ARN} else [])",
            f"([[payload.account, payload.AWSAccountId] | any_of, [payload.region, payload.Region] | any_of, {ALARM}]"
            f" if {ALARM} else [])",
            "([[detail.affectedAccount, payload.account] | any_of, detail.eventArn]"
            " if detail.eventArn | words else [])",
            "[detail.findingArn]",
            "([finding.AwsAccountId, finding.Id] if finding.Id | words else [])",
            "([payload.account, payload.region, detail.id]"
            ' if payload.source == "aws.guardduty" and detail.id | words else [])',
            "([detail.clusterArn, detail.group] if detail.clusterArn | words and detail.group | words else [])",
            "([payload.account, payload.region, detail['instance-id']] if detail['instance-id'] | words else [])",
            "([payload.account, payload.region, payload.source, detail.pipeline, detail['project-name']]"
            " if detail.pipeline | words or detail['project-name'] | words else [])",
            "([payload.source, payload['detail-type'], payload.resources, payload.account, payload.region]"
            " if payload.resources | words else [])",
            "[payload.id]",
        ),
        resolve=(
            f"({STATUS} in {WELL} and payload['detail-type'] != 'ECS Task State Change')"
            ' or guard.archived is true or finding.RecordState == "ARCHIVED"'
            ' or workflow.Status in ["RESOLVED", "SUPPRESSED"]'
        ),
        look=LOOK,
    ),
    example_firing=example("ALARM"),
    example_resolved=example("OK"),
    notes=(
        "In the EventBridge console, open *API destinations*, *Create*, and enter the integration's URL with the "
        "method *POST*; a *connection* needs some authorization, for instance an *API key* with the header "
        "`X-Sender` and any value. Then create a rule whose target is this API destination, for instance with the "
        "pattern\n\n"
        "```json\n"
        '{"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"],\n'
        ' "detail": {"state": {"value": ["ALARM", "OK"]}}}\n'
        "```\n\n"
        "Leave the input as it is (*Matched events*): the whole event is read.\n\n"
        "An alarm is one alert group, known by its ARN, and `OK` resolves it. AWS Health is known by the event's ARN, "
        "a finding of GuardDuty, Inspector or Security Hub by its id, an instance by its id, tasks of ECS by their "
        "service, a build by its project or pipeline. Any other event is known by its kind and its resources, and "
        "without resources is a group of its own.\n"
    ),
    heartbeat_notes="Let a schedule of *EventBridge Scheduler*, `rate(1 minute)`, call an API destination with the "
    "heartbeat URL.\n",
    bodies=bodies,
)
