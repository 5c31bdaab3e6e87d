"""Amazon SNS: CloudWatch alarms, EventBridge events, other JSON and plain text that a topic delivers."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import orjson

from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType

_ENVELOPE = ("TopicArn", "Subject", "MessageId", "Timestamp")
_CONSOLES = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}
_FIRST_LINE = '(payload.message if payload.message is string else "").strip().split("\\n")[0][:150]'
_TOPIC = '("Message of " ~ sns.topic) if sns.topic else ""'
LOOK = Look(
    names={
        "sns": "payload.sns",
        "detail": "payload.detail",
        "event": "detail.state",
        "trigger": "payload.Trigger",
    },
    facts=[
        ("State", '[payload.OldStateValue, sns.state] | joined(" → ")'),
        ("Note", '"CloudWatch has too few data points to tell" if sns.state == "INSUFFICIENT_DATA" else ""'),
        ("Reason", "[payload.NewStateReason, event.reason] | any_of"),
        ("Metric", "[trigger.Namespace, trigger.MetricName] | joined"),
        ("Of", "sns.dimensions"),
        ("Region", "[payload.Region, sns.region] | any_of"),
        ("Account", "[payload.AWSAccountId, payload.account] | any_of"),
        ("Since", "[payload.StateChangeTime, event.timestamp, payload.time, sns.Timestamp] | any_of | when"),
    ],
    text=(
        "[payload.AlarmDescription, (detail.configuration | object).description, payload.message] | any_of"
        ' or ("" if sns.alarm else payload | tojson_pretty)'
    ),
    source_link="sns.link | absolute",
)


def unwrapped(body: Any) -> list[Any]:
    """Return what a message says. One that is a JSON object is the payload itself, any other its `message`.

    A body without an envelope (raw delivery) is the message.
    """
    envelope = body if isinstance(body, dict) and isinstance(body.get("Message"), str) else {}
    inner = _json(envelope["Message"]) if envelope else body
    payload = dict(inner) if isinstance(inner, dict) else {"message": inner}
    payload["sns"] = {name: envelope[name] for name in _ENVELOPE if envelope.get(name) is not None}
    return [payload]


def with_facts(payload: Any) -> Any:
    """Add to `sns` what both shapes of an alarm (CloudWatch's own, EventBridge's) say, and where its page is."""
    sns, detail = dict(payload["sns"]), _object(payload.get("detail"))
    resources = payload.get("resources")
    first = resources[0] if isinstance(resources, list) and resources else None
    alarm = payload.get("AlarmName") or detail.get("alarmName")
    arn = next((one for one in (payload.get("AlarmArn"), first) if isinstance(one, str)), "")
    subject = sns.get("Subject")
    sns |= {
        "alarm": alarm if isinstance(alarm, str) else None,
        "state": payload.get("NewStateValue") or _object(detail.get("state")).get("value"),
        "resource": arn,
        "region": _arn(arn, 3) or _arn(sns.get("TopicArn"), 3),
        "topic": _arn(sns.get("TopicArn"), 5),
        "dimensions": _dimensions(_object(payload.get("Trigger")).get("Dimensions")),
    }
    is_beanstalk = isinstance(subject, str) and subject.startswith("AWS Elastic Beanstalk")
    sns["link"] = _link(sns, is_beanstalk)
    return {**payload, "sns": {name: value for name, value in sns.items() if value}}


def _link(sns: dict[str, Any], is_beanstalk: bool) -> str | None:
    region = sns["region"]
    if not region or not (sns["alarm"] or is_beanstalk):
        return None
    partition = _arn(sns["resource"], 1) or _arn(sns.get("TopicArn"), 1)
    base = f"https://{region}.{_CONSOLES.get(partition, 'console.aws.amazon.com')}"
    if is_beanstalk:
        return f"{base}/elasticbeanstalk/home?region={region}"
    return f"{base}/cloudwatch/home?region={region}#alarmsV2:alarm/{quote(sns['alarm'], safe='')}"


def _dimensions(found: Any) -> str:
    pairs = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return ", ".join(f"{one.get('name')}={one.get('value')}" for one in pairs[:10])


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _arn(arn: Any, place: int) -> str:
    """A part of an ARN: 1 the partition, 3 the region, 5 what is named; "" when it is no word."""
    parts = arn.split(":") if isinstance(arn, str) and arn.startswith("arn:") else []
    part = parts[place] if len(parts) > place else ""
    return part if re.fullmatch(r"[A-Za-z0-9_.-]+", part) else ""


def _json(text: str) -> Any:
    if not text.lstrip().startswith("{"):
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _example(state: str, old: str, reason: str, message_id: str) -> dict[str, Any]:
    alarm = {
        "AlarmName": "checkout-5xx",
        "AlarmDescription": "More than 1 % of the checkout's answers are errors.",
        "AWSAccountId": "123456789012",
        "NewStateValue": state,
        "NewStateReason": reason,
        "StateChangeTime": "2026-01-05T12:00:00.000+0000",
        "Region": "EU (Frankfurt)",
        "AlarmArn": "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:checkout-5xx",
        "OldStateValue": old,
        "Trigger": {
            "MetricName": "HTTPCode_Target_5XX_Count",
            "Namespace": "AWS/ApplicationELB",
            "Statistic": "SUM",
            "Dimensions": [{"name": "LoadBalancer", "value": "app/checkout/50dc6c495c0c9188"}],
            "Period": 60,
            "EvaluationPeriods": 3,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 10.0,
        },
    }
    return {
        "Type": "Notification",
        "MessageId": message_id,
        "TopicArn": "arn:aws:sns:eu-central-1:123456789012:alarms",
        "Subject": f'{state}: "checkout-5xx" in EU (Frankfurt)',
        "Message": orjson.dumps(alarm).decode(),
        "Timestamp": "2026-01-05T12:00:01.123Z",
        "SignatureVersion": "1",
    }


TYPE = IntegrationType(
    slug="amazon_sns",
    title="Amazon SNS",
    category=Category.CLOUD,
    summary="CloudWatch alarms and whatever else a topic delivers.",
    documentation="https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html",
    templates=templates(
        title=(
            '[sns.alarm, "(insufficient data)" if sns.state == "INSUFFICIENT_DATA" else ""] | joined if sns.alarm '
            f'else [sns.Subject, payload["detail-type"], payload.title, {_FIRST_LINE}, {_TOPIC}] | any_of'
        ),
        # One alarm is one group. Of the rest: one kind of event of one resource, else one subject of one topic.
        grouping_key=(
            "(sns.resource or ([payload.AWSAccountId, sns.region, sns.alarm] | identity)) if sns.alarm "
            'else ([payload.source, payload["detail-type"], sns.resource] | identity) if payload["detail-type"] '
            'else ([sns.TopicArn, sns.Subject] | identity) if sns.Subject else ""'
        ),
        resolve='sns.state == "OK"',
        look=LOOK,
    ),
    example_firing=_example(
        "ALARM",
        "OK",
        "Threshold Crossed: 3 out of the last 3 datapoints were greater than the threshold (10.0).",
        "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
    ),
    example_resolved=_example(
        "OK",
        "ALARM",
        "Threshold Crossed: 3 datapoints were not greater than the threshold (10.0).",
        "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
    ),
    notes=(
        "Subscribe <the integration's URL> to the topic with the protocol HTTPS. The subscription is confirmed by "
        "itself, once Amazon's signature on it was verified.\n\n"
        "- Leave *raw message delivery* off: a raw message carries no signature and is refused (403), unless the "
        "server was told to take it (`TOCSIN_AMAZON_SNS_RAW`).\n"
        "- CloudWatch alarms: put the topic into the alarm's actions for *In alarm* and for *OK*, so that the "
        "group resolves; with *Insufficient data* added, a silent metric is an alert, too.\n"
        "- Any other JSON or plain text is an alert; messages of one topic with one subject are one group.\n"
    ),
    bodies=unwrapped,
    prepare=with_facts,
)
