"""EventBridge: alarms, health, findings, tasks, builds, and any other event."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import Permanent
from shared.integrations.aws_eventbridge import example
from shared.integrations.integration_type import NotAnAlert
from tests.unit.integrations.bodies import card, routed, type_of

SLUG = "aws_eventbridge"
ALARM = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:ShopCpuHigh"


def event(source: str, kind: str, detail: dict[str, Any], *resources: str, **fields: Any) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "7fb65329-1628-4cf3-a740-95fg457h1402",
        "detail-type": kind,
        "source": source,
        "account": "123456789012",
        "time": "2026-01-05T10:00:00Z",
        "region": "eu-central-1",
        "resources": list(resources),
        "detail": detail,
        **fields,
    }


def raw_alarm(value: str) -> dict[str, Any]:
    """Return a CloudWatch alarm as it stands in an SNS message."""
    return {
        "AlarmName": "ShopCpuHigh",
        "AlarmDescription": "The shop is busy",
        "AWSAccountId": "123456789012",
        "NewStateValue": value,
        "OldStateValue": "OK",
        "NewStateReason": "Threshold Crossed",
        "StateChangeTime": "2026-01-05T10:00:00.695+0000",
        "Region": "EU (Frankfurt)",
        "AlarmArn": ALARM,
        "Trigger": {"MetricName": "CPUUtilization", "Namespace": "AWS/EC2"},
    }


def lambda_alarm(value: str) -> dict[str, Any]:
    """Return a CloudWatch alarm as a Lambda action gets it."""
    inner = example(value)["detail"]
    return {"source": "aws.cloudwatch", "alarmArn": ALARM, "accountId": "123456789012", "alarmData": inner}


def health(status: str, account: str = "123456789012") -> dict[str, Any]:
    detail = {
        "eventArn": "arn:aws:health:eu-central-1::event/EC2/AWS_EC2_OPERATIONAL_ISSUE/1",
        "service": "EC2",
        "eventTypeCode": "AWS_EC2_OPERATIONAL_ISSUE",
        "eventTypeCategory": "issue",
        "startTime": "Mon, 05 Jan 2026 10:00:00 GMT",
        "statusCode": status,
        "eventDescription": [{"language": "en_US", "latestDescription": "Error rates are up."}],
        "affectedAccount": account,
    }
    return event("aws.health", "AWS Health Event", detail)


def instance(state: str, number: str = "i-1") -> dict[str, Any]:
    detail = {"instance-id": number, "state": state}
    return event(
        "aws.ec2", "EC2 Instance State-change Notification", detail, f"arn:aws:ec2:instance/{number}"
    )


def build(status: str, project: str = "shop") -> dict[str, Any]:
    detail = {"build-status": status, "project-name": project, "build-id": "arn:aws:codebuild:build/1"}
    return event("aws.codebuild", "CodeBuild Build State Change", detail, "arn:aws:codebuild:build/1")


def pipeline(state: str) -> dict[str, Any]:
    detail = {"pipeline": "shop", "execution-id": "1", "state": state}
    return event("aws.codepipeline", "CodePipeline Pipeline Execution State Change", detail)


def deployment(name: str) -> dict[str, Any]:
    detail = {
        "eventType": "ERROR",
        "eventName": name,
        "deploymentId": "ecs-svc/1",
        "reason": "tasks failed to start",
    }
    return event(
        "aws.ecs", "ECS Deployment State Change", detail, "arn:aws:ecs:eu-central-1:123456789012:service/shop"
    )


def task(status: str, group: str = "service:shop") -> dict[str, Any]:
    detail = {
        "clusterArn": "arn:aws:ecs:eu-central-1:123456789012:cluster/prod",
        "group": group,
        "lastStatus": status,
        "desiredStatus": status,
        "stoppedReason": "Task failed ELB health checks",
        "taskArn": "arn:aws:ecs:task/1",
    }
    return event("aws.ecs", "ECS Task State Change", detail, "arn:aws:ecs:task/1")


def guardduty(**service: Any) -> dict[str, Any]:
    detail = {
        "id": "49514155ed6b4536b05649a87fc3c05a",
        "type": "UnauthorizedAccess:EC2/SSHBruteForce",
        "severity": 8,
        "title": "198.51.100.7 is guessing passwords of i-1.",
        "description": "Somebody tries to get in.",
        "createdAt": "2026-01-05T10:00:00.000Z",
        "service": {"archived": False, **service},
    }
    return event("aws.guardduty", "GuardDuty Finding", detail)


def hub(*findings: dict[str, Any]) -> dict[str, Any]:
    return event("aws.securityhub", "Security Hub Findings - Imported", {"findings": list(findings)})


def hub_finding(number: str, **fields: Any) -> dict[str, Any]:
    known = {
        "Id": number,
        "AwsAccountId": "1",
        "Title": f"Bucket {number} is public",
        "Severity": {"Label": "CRITICAL"},
    }
    return {**known, **fields}


PAIRS = [
    pytest.param(example("ALARM"), example("OK"), "ShopCpuHigh is ALARM", id="alarm"),
    pytest.param(raw_alarm("ALARM"), raw_alarm("OK"), "ShopCpuHigh is ALARM", id="raw-alarm"),
    pytest.param(lambda_alarm("ALARM"), lambda_alarm("OK"), "ShopCpuHigh is ALARM", id="lambda-alarm"),
    pytest.param(health("open"), health("closed"), "EC2: AWS_EC2_OPERATIONAL_ISSUE", id="health"),
    pytest.param(
        guardduty(), guardduty(archived=True), "198.51.100.7 is guessing passwords of i-1.", id="guardduty"
    ),
    pytest.param(
        hub(hub_finding("b1")),
        hub(hub_finding("b1", Workflow={"Status": "RESOLVED"})),
        "Bucket b1 is public",
        id="hub",
    ),
    pytest.param(
        instance("stopped"),
        instance("running"),
        "EC2 Instance State-change Notification: i-1 stopped",
        id="ec2",
    ),
    pytest.param(
        build("FAILED"), build("SUCCEEDED"), "CodeBuild Build State Change: shop FAILED", id="build"
    ),
    pytest.param(
        pipeline("FAILED"),
        pipeline("SUCCEEDED"),
        "CodePipeline Pipeline Execution State Change: shop FAILED",
        id="pipeline",
    ),
    pytest.param(
        deployment("SERVICE_DEPLOYMENT_FAILED"),
        deployment("SERVICE_DEPLOYMENT_COMPLETED"),
        "ECS Deployment State Change: service/shop SERVICE_DEPLOYMENT_FAILED",
        id="deployment",
    ),
]


@pytest.mark.parametrize(("fired", "over", "title"), PAIRS)
def test_an_event_is_named_and_its_end_resolves_it(fired: Any, over: Any, title: str) -> None:
    before, after = routed(SLUG, fired), routed(SLUG, over)

    assert (before.title, before.resolve) == (title, False)
    assert before.grouping_key is not None
    assert (after.grouping_key, after.resolve) == (before.grouping_key, True)


def test_one_alarm_is_one_group_whichever_way_it_comes() -> None:
    keys = {routed(SLUG, one("ALARM")).grouping_key for one in (example, raw_alarm, lambda_alarm)}
    assert keys == {f'["{ALARM}"]'}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (example("ALARM"), {**example("ALARM"), "resources": [ALARM.replace("eu-central-1", "us-east-1")]}),
        (health("open"), health("open", "2")),
        (instance("stopped"), instance("stopped", "i-2")),
        (instance("stopped"), {**instance("stopped"), "account": "2"}),
        (build("FAILED"), build("FAILED", "other")),
        (task("STOPPED"), task("STOPPED", "service:other")),
        (hub(hub_finding("b1")), hub(hub_finding("b2"))),
        (event("my.app", "Order Failed", {}), event("my.app", "Order Failed", {}, id="2")),
    ],
)
def test_two_problems_are_two_groups(one: Any, other: Any) -> None:
    assert routed(SLUG, one).grouping_key != routed(SLUG, other).grouping_key


def test_tasks_of_a_service_are_one_group_that_no_other_task_resolves() -> None:
    stopped = routed(SLUG, task("STOPPED"))

    assert (stopped.title, stopped.resolve) == ("ECS Task State Change: service:shop STOPPED", False)
    assert "ELB health checks" in card(SLUG, task("STOPPED")).message
    with pytest.raises(NotAnAlert):
        type_of(SLUG).split(task("RUNNING"))


@pytest.mark.parametrize(
    "body",
    [
        instance("pending"),
        build("IN_PROGRESS"),
        pipeline("STARTED"),
        deployment("SERVICE_DEPLOYMENT_IN_PROGRESS"),
    ],
)
def test_states_on_the_way_are_no_alerts(body: Any) -> None:
    with pytest.raises(NotAnAlert):
        type_of(SLUG).split(body)


def test_several_findings_and_several_events_become_several_alerts() -> None:
    assert len(type_of(SLUG).split(hub(hub_finding("b1"), hub_finding("b2")))) == 2
    assert len(type_of(SLUG).split([example("ALARM"), task("RUNNING"), health("open")])) == 2


def test_a_message_of_sns_is_refused_with_the_type_to_choose() -> None:
    with pytest.raises(Permanent, match="amazon_sns"):
        type_of(SLUG).split({"Type": "Notification", "Message": "{}"})


@pytest.mark.parametrize(
    ("body", "texts", "link"),
    [
        (
            example("ALARM"),
            ("OK → ALARM", "Threshold Crossed", "InstanceId: i-12345678901234567", "2026-01-05 10:00:00 UTC"),
            "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#alarmsV2:alarm/ShopCpuHigh",
        ),
        (
            health("open"),
            ("issue", "Error rates are up.", "123456789012"),
            (
                "https://health.aws.amazon.com/health/home#/account/event-log?eventID=arn%3Aaws%3Ahealth%3Aeu-central-1"
                "%3A%3Aevent/EC2/AWS_EC2_OPERATIONAL_ISSUE/1"
            ),
        ),
        (
            guardduty(),
            ("8", "SSHBruteForce", "Somebody tries"),
            (
                "https://eu-central-1.console.aws.amazon.com/guardduty/home?region=eu-central-1"
                "#/findings?fId=49514155ed6b4536b05649a87fc3c05a"
            ),
        ),
        (hub(hub_finding("b1")), ("CRITICAL",), None),
        (event("my.app", "Order Failed", {"reason": "no stock"}), ("my.app", "no stock"), None),
    ],
    ids=["alarm", "health", "guardduty", "hub", "custom"],
)
def test_the_message_says_where_how_bad_since_when_and_links(
    body: Any, texts: tuple[str, ...], link: str
) -> None:
    shown = card(SLUG, body)

    for text in texts:
        assert text in shown.message
    assert shown.source_link == link
