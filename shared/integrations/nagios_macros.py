"""Notifications of hosts and services in the words that Nagios coined, and Icinga and Checkmk speak too.

A body is an object of macros (HOSTNAME, SERVICEDESC, NOTIFICATIONTYPE, …). Prefixes of environments (NAGIOS_,
NOTIFY_, ICINGA_) and other spellings of the same names are understood.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.domain.configuration import Templates
from shared.errors import Permanent
from shared.integrations.appearance import Look
from shared.integrations.appearance import templates as look_templates
from shared.integrations.integration_type import NotAnAlert, one_object

PREFIXES = ("NAGIOS_", "NOTIFY_", "ICINGA_")
# What other scripts call a macro.
OTHER_NAMES = {
    "NOTIFICATION_TYPE": "NOTIFICATIONTYPE",
    "TYPE": "NOTIFICATIONTYPE",
    "HOST": "HOSTNAME",
    "HOST_NAME": "HOSTNAME",
    "HOSTDISPLAYNAME": "HOSTALIAS",
    "HOST_DISPLAY_NAME": "HOSTALIAS",
    "HOST_STATE": "HOSTSTATE",
    "HOST_OUTPUT": "HOSTOUTPUT",
    "ADDRESS": "HOSTADDRESS",
    "HOST_ADDRESS": "HOSTADDRESS",
    "ALIAS": "HOSTALIAS",
    "SERVICE": "SERVICEDESC",
    "SERVICENAME": "SERVICEDESC",
    "SERVICE_NAME": "SERVICEDESC",
    "SERVICE_DESCRIPTION": "SERVICEDESC",
    "SERVICE_STATE": "SERVICESTATE",
    "SERVICE_OUTPUT": "SERVICEOUTPUT",
    "NOTIFICATIONAUTHORNAME": "NOTIFICATIONAUTHOR",
    "NOTIFICATION_AUTHOR": "NOTIFICATIONAUTHOR",
    "NOTIFICATION_COMMENT": "NOTIFICATIONCOMMENT",
    "SITE": "OMD_SITE",
}
NOT_PROBLEMS = {
    "DOWNTIMESTART": "A downtime began.",
    "DOWNTIMEEND": "A downtime ended.",
    "DOWNTIMECANCELLED": "A downtime was cancelled.",
    "DOWNTIMEREMOVED": "A downtime was removed.",
    "FLAPPINGDISABLED": "The detection of flapping was switched off.",
}
FINE = ("OK", "UP")
LONG = ("LONGHOSTOUTPUT", "LONGSERVICEOUTPUT")

IS_SERVICE = "(payload.SERVICEDESC | words)"
STATE = f"((payload.SERVICESTATE if {IS_SERVICE} else payload.HOSTSTATE) | words)"
OUTPUT = (
    f"[[payload.SERVICEOUTPUT, payload.LONGSERVICEOUTPUT] if {IS_SERVICE} "
    'else [payload.HOSTOUTPUT, payload.LONGHOSTOUTPUT]][0] | joined("\\n\\n")'
)
TITLE = (
    '[[[payload.SERVICEDISPLAYNAME, payload.SERVICEDESC] | any_of, payload.HOSTNAME] | joined(" on "), '
    '[{"FLAPPINGSTART": "flapping", "FLAPPINGSTOP": "no longer flapping"}[payload.NOTIFICATIONTYPE | words], '
    f'{STATE}] | any_of] | joined(" is ")'
)
KEY = (
    "([payload.OMD_SITE, payload.HOSTNAME, payload.SERVICEDESC] | identity)"
    ' if [payload.HOSTNAME, payload.SERVICEDESC] | any_of else ""'
)
RESOLVE = (
    'payload.NOTIFICATIONTYPE | words == "RECOVERY" or '
    f'(payload.NOTIFICATIONTYPE | words in ["FLAPPINGSTOP", "FLAPPINGEND"] and {STATE} in ["OK", "UP"])'
)
ACKNOWLEDGE = 'payload.NOTIFICATIONTYPE | words == "ACKNOWLEDGEMENT"'
PREVIOUS = (
    "([payload.LASTSERVICESTATE, payload.PREVIOUSSERVICEHARDSTATE] if "
    f"{IS_SERVICE} else [payload.LASTHOSTSTATE, payload.PREVIOUSHOSTHARDSTATE]) | any_of"
)
SINCE = f"(payload.LASTSERVICESTATECHANGE if {IS_SERVICE} else payload.LASTHOSTSTATECHANGE) | when"
SAID_AT = (
    "[payload.TIMET, payload.SHORTDATETIME, payload.LONGDATETIME, payload.LONG_DATE_TIME] | any_of | when"
)
RUNBOOK = f"(payload.SERVICENOTESURL if {IS_SERVICE} else payload.HOSTNOTESURL) | absolute(base_url)"


def templates(source_link: str) -> Templates:
    """Return the default templates of a type with such bodies; `source_link` makes the link to host or service."""
    look = Look(
        facts=[
            ("State", f'[{PREVIOUS}, {STATE}] | joined(" → ")'),
            (
                "Notification",
                'payload.NOTIFICATIONTYPE if payload.NOTIFICATIONTYPE | words not in ["PROBLEM", "RECOVERY"] else ""',
            ),
            ("Host", '[payload.HOSTNAME, payload.HOSTADDRESS] | joined(", ")'),
            ("Also called", 'payload.HOSTALIAS if payload.HOSTALIAS != payload.HOSTNAME else ""'),
            ("Service", "payload.SERVICEDESC"),
            ("In this state since", SINCE),
            ("Told at", SAID_AT),
            ("Site", "payload.OMD_SITE"),
            (
                "Groups",
                f"payload.SERVICEGROUPNAMES if {IS_SERVICE} and payload.SERVICEGROUPNAMES else payload.HOSTGROUPNAMES",
            ),
            ("By", "[payload.NOTIFICATIONAUTHOR, payload.NOTIFICATIONAUTHORALIAS] | any_of"),
            ("Comment", "payload.NOTIFICATIONCOMMENT"),
        ],
        text=OUTPUT,
        links=[("Runbook", RUNBOOK)],
        source_link=source_link,
    )
    return look_templates(title=TITLE, grouping_key=KEY, resolve=RESOLVE, acknowledge=ACKNOWLEDGE, look=look)


def notifications(tool: str) -> Callable[[Any], list[Any]]:
    """Return what reads the bodies of a tool: one notification each.

    It raises Permanent for what names neither host nor service, NotAnAlert for downtimes and the like.
    """

    def read(body: Any) -> list[Any]:
        (sent,) = one_object(body)
        payload = with_macros(sent)
        if not payload.get("HOSTNAME") and not payload.get("SERVICEDESC"):
            raise Permanent(
                f"the body names neither a host (HOSTNAME) nor a service; is it the script for {tool}?"
            )
        reason = NOT_PROBLEMS.get(str(payload.get("NOTIFICATIONTYPE")).upper())
        if reason is not None:
            raise NotAnAlert(f"{reason} That is no problem.")
        return [payload]

    return read


def with_macros(sent: dict[str, Any]) -> dict[str, Any]:
    """Return the body with the macros under their own names beside the names that were sent."""
    payload = dict(sent)
    for name, value in sent.items():
        macro = _macro(name)
        macro = OTHER_NAMES.get(macro, macro)
        payload.setdefault(macro, value)
    for name in LONG:
        if isinstance(payload.get(name), str):
            # Nagios and Checkmk write the line breaks of the long output as two characters.
            payload[name] = payload[name].replace("\\n", "\n")
    return payload


def _macro(name: str) -> str:
    upper = name.upper()
    return next((upper.removeprefix(one) for one in PREFIXES if upper.startswith(one)), upper)


def example(kind: str, **others: str) -> dict[str, str]:
    """Return the notification of a full disk: PROBLEM, RECOVERY or another type, with `others` beside."""
    is_fine = kind == "RECOVERY"
    return {
        "NOTIFICATIONTYPE": kind,
        "HOSTNAME": "db1.example.com",
        "HOSTADDRESS": "192.0.2.21",
        "HOSTSTATE": "UP",
        "SERVICEDESC": "Filesystem /var",
        "SERVICESTATE": "OK" if is_fine else "CRITICAL",
        "LASTSERVICESTATE": "CRITICAL" if is_fine else "WARNING",
        "SERVICEOUTPUT": "61% used" if is_fine else "96% used (warn/crit at 80%/90%)",
        "LASTSERVICESTATECHANGE": "1767609600" if is_fine else "1767607200",
        **others,
    }
