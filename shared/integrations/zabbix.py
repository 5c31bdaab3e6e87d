"""Zabbix: what its script or webhook media types post, in the six fields or in the parameters of its own macros."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, templates
from shared.integrations.heartbeat_shapes import six_fields
from shared.integrations.integration_type import Category, IntegrationType, one_object

# The parameters have the names that the media types which come with Zabbix give them.
NOTES = """\
Zabbix 6.0 or later: under *Alerts → Media types* create a media type of the type *Webhook* with the script

```js
var fields = JSON.parse(value), request = new HttpRequest(), url = fields.url;
delete fields.url;
Object.keys(fields).forEach(function (name) {
    if (/^\\{[A-Z.$]+\\}$/.test(fields[name]) || fields[name] === '*UNKNOWN*') delete fields[name];
});
request.addHeader('Content-Type: application/json');
request.post(url, JSON.stringify(fields));
if (request.getStatus() < 200 || request.getStatus() > 299) throw 'refused: ' + request.getStatus();
return 'OK';
```

and these parameters:

| Name | Value |
|---|---|
| `url` | `<the integration's URL>` |
| `event_id`, `event_value` | `{EVENT.ID}`, `{EVENT.VALUE}` |
| `event_name`, `event_severity` | `{EVENT.NAME}`, `{EVENT.SEVERITY}` |
| `event_date`, `event_time` | `{EVENT.DATE}`, `{EVENT.TIME}` |
| `event_opdata`, `event_tags` | `{EVENT.OPDATA}`, `{EVENT.TAGS}` |
| `event_update_status`, `event_update_action` | `{EVENT.UPDATE.STATUS}`, `{EVENT.UPDATE.ACTION}` |
| `event_update_user`, `event_update_message` | `{USER.FULLNAME}`, `{EVENT.UPDATE.MESSAGE}` |
| `host_name`, `host_ip` | `{HOST.NAME}`, `{HOST.IP}` |
| `trigger_id`, `trigger_description` | `{TRIGGER.ID}`, `{TRIGGER.DESCRIPTION}` |
| `zabbix_url` | `{$ZABBIX.URL}` (a global macro with the address of your Zabbix) |
| `alert_message` | `{ALERT.MESSAGE}` |

Add message templates for *Problem*, *Problem recovery* and *Problem update*, give the media to a user, and send a \
trigger action with recovery and update operations to it.
The user must be one that nobody signs in as: Zabbix tells a user nothing of what the user did, so that an \
acknowledgement by the same user would not arrive.
A problem is one alert group; its recovery resolves it, and acknowledging it in Zabbix acknowledges it here.

The media type *Grafana OnCall* that Zabbix brings along (`templates/media/grafana_oncall`) works as it is: put the \
integration's URL into `grafana_url`.
Scripts that post `alert_uid`, `title`, `message`, `state` (`ok` or `alerting`), `image_url` and \
`link_to_upstream_details` work too.
"""
HEARTBEAT_NOTES = """\
Let cron on the Zabbix server call the heartbeat URL, only while the server runs:

```
* * * * * systemctl is-active -q zabbix-server && curl -fsS -m 10 --retry 3 '<the heartbeat URL>'
```
"""
NAME = '[payload.event_name, payload.host_name] | joined(" on ")'
TITLE = (
    f"[payload.title, {NAME} if payload.event_name else '', payload.alert_subject, payload.Subject, payload.subject,"
    " payload.trigger_description, payload.message, payload.Message, payload.alert_message, payload.alert_uid] | any_of"
)
# The default text of an update ends so; the media type for OnCall sends nothing else of it.
TAKEN_TEXT = '"acknowledged: yes" in (payload.message | words | lower)'
GROUPING_KEY = (
    "payload.alert_uid if payload.alert_uid is defined and payload.alert_uid is not none"
    " else ([payload.zabbix_url, payload.event_id] | identity)"
    ' if ([payload.event_id] | any_of) is not eq("")'
    " else ([payload.zabbix_url, payload.trigger_id, payload.host_name] | identity)"
    ' if ([payload.trigger_id] | any_of) is not eq("") else ""'
)
LOOK = Look(
    facts=[
        ("State", '{"0": "resolved", "1": "problem"}.get(payload.event_value | words, payload.state)'),
        ("Severity", "payload.event_severity"),
        ("Host", '[payload.host_name, payload.host_ip] | joined(", ")'),
        ("Since", '[payload.event_date, payload.event_time] | joined(" ")'),
        ("Now", "payload.event_opdata"),
        ("Tags", "payload.event_tags"),
        ("Update", 'payload.event_update_action if payload.event_update_status | words == "1" else ""'),
        ("By", 'payload.event_update_user if payload.event_update_status | words == "1" else ""'),
    ],
    text=(
        "[payload.message, payload.alert_message, payload.Message,"
        ' payload.event_update_message if payload.event_update_status | words == "1" else "",'
        ' payload.trigger_description] | joined("\\n\\n")'
    ),
    source_link=(
        "payload.link_to_upstream_details | absolute(base_url) or"
        ' ((((payload.zabbix_url | words | regex_replace("/+$", "")) ~ "/tr_events.php?triggerid="'
        ' ~ payload.trigger_id ~ "&eventid=" ~ payload.event_id) | absolute(base_url))'
        ' if payload.trigger_id and payload.event_id else "")'
    ),
    image="payload.image_url | absolute(base_url)",
)


def example(status: str) -> dict[str, Any]:
    """Return what the media type of the notes posts for a problem, or for its recovery."""
    return {
        "event_id": "48213",
        "event_value": "1" if status == "firing" else "0",
        "event_name": "Free disk space is less than 5% on volume /var",
        "event_severity": "High",
        "event_date": "2026.01.05",
        "event_time": "10:00:12",
        "event_opdata": "Space used: 38.2 GB of 40 GB (95.5 %)",
        "event_tags": "component:storage, scope:capacity",
        "event_update_status": "0",
        "host_name": "db1.example.com",
        "host_ip": "192.0.2.10",
        "trigger_id": "21883",
        "trigger_description": "The volume's space usage exceeds 95 %.",
        "zabbix_url": "https://zabbix.example.com",
        "alert_message": "Problem started at 10:00:12 on 2026.01.05",
    }


TYPE = IntegrationType(
    slug="zabbix",
    title="Zabbix",
    category=Category.HOSTS,
    summary="Problems, recoveries and acknowledgements from a Zabbix media type.",
    documentation="https://www.zabbix.com/documentation/current/en/manual/config/notifications/media/webhook",
    templates=templates(
        title=TITLE,
        grouping_key=GROUPING_KEY,
        resolve=(
            'payload.state | words | upper == "OK" or payload.event_value | words == "0"'
            ' or payload.state | words | lower in ["resolved", "recovery"]'
        ),
        acknowledge=(
            '(payload.event_update_status | words == "1" and payload.event_value | words != "0"'
            ' and " acknowledged" in (" " ~ (payload.event_update_action | words | lower)))'
            f' or (payload.state | words | lower == "alerting" and {TAKEN_TEXT})'
        ),
        look=LOOK,
    ),
    example_firing=example("firing"),
    example_resolved=example("resolved"),
    notes=NOTES,
    heartbeat_notes=HEARTBEAT_NOTES,
    bodies=one_object,
    heartbeat=six_fields("zabbix"),
)
