"""Icinga 2: notifications of hosts and services, posted by a script that a NotificationCommand starts."""

from __future__ import annotations

from shared.integrations.integration_type import Category, IntegrationType
from shared.integrations.nagios_macros import example, notifications, templates
from shared.integrations.sender_script import SenderScript

BOTH = {
    "NOTIFICATIONTYPE": "notification.type",
    "NOTIFICATIONAUTHOR": "notification.author",
    "NOTIFICATIONCOMMENT": "notification.comment",
    "TIMET": "icinga.timet",
    "HOSTNAME": "host.name",
    "HOSTDISPLAYNAME": "host.display_name",
    "HOSTADDRESS": "host.address",
}
HOST = {
    "HOSTSTATE": "host.state",
    "LASTHOSTSTATE": "host.last_state",
    "LASTHOSTSTATECHANGE": "host.last_state_change",
    "HOSTOUTPUT": "host.output",
    "HOSTNOTESURL": "host.notes_url",
}
SERVICE = {
    "SERVICENAME": "service.name",
    "SERVICEDISPLAYNAME": "service.display_name",
    "SERVICESTATE": "service.state",
    "LASTSERVICESTATE": "service.last_state",
    "LASTSERVICESTATECHANGE": "service.last_state_change",
    "SERVICEOUTPUT": "service.output",
    "SERVICENOTESURL": "service.notes_url",
}
SCRIPT = SenderScript(
    slug="icinga2",
    title="Icinga 2",
    prefix="ICINGA_",
    names=" ".join((*BOTH, *HOST, *SERVICE, "ICINGAWEB2URL")),
    # Icinga ends a notification command after 60 s.
    patience_s=50,
)


def command(name: str, macros: dict[str, str]) -> str:
    """Return the NotificationCommand that hands these macros to the script."""
    lines = [f'    ICINGA_{variable} = "${macro}$"\n' for variable, macro in macros.items()]
    return (
        f'object NotificationCommand "{name}" {{\n'
        f'  command = [ "/usr/local/bin/{SCRIPT.file}" ]\n'
        f"  env = {{\n{''.join(lines)}  }}\n}}\n"
    )


OBJECTS = (
    command("tocsin-host", {**BOTH, **HOST})
    + "\n"
    + command("tocsin-service", {**BOTH, **SERVICE})
    + """
object User "tocsin" {
  display_name = "Tocsin"
}

apply Notification "tocsin-host" to Host {
  command = "tocsin-host"
  users = [ "tocsin" ]
  types = [ Problem, Recovery, Acknowledgement, FlappingStart, FlappingEnd ]
  states = [ Up, Down ]
  interval = 0
  assign where host.address
}

apply Notification "tocsin-service" to Service {
  command = "tocsin-service"
  users = [ "tocsin" ]
  types = [ Problem, Recovery, Acknowledgement, FlappingStart, FlappingEnd ]
  states = [ OK, Warning, Critical, Unknown ]
  interval = 0
  assign where host.address
}
"""
)
WEB = (
    '(([payload.ICINGAWEB2URL, base_url] | any_of | words).rstrip("/")'
    ' ~ ("/icingadb/service?name=" ~ (payload.SERVICEDESC | words | urlencode) ~ "&host.name="'
    ' if payload.SERVICEDESC | words else "/icingadb/host?name=")'
    " ~ (payload.HOSTNAME | words | urlencode)"
    ' if [payload.ICINGAWEB2URL, base_url] | any_of else "") | absolute'
)
MORE = {"TIMET": "1767607205", "HOSTDISPLAYNAME": "Order database", "SERVICENAME": "disk /var"}


def body(kind: str) -> dict[str, str]:
    """Return what the script posts of a service."""
    sent = {**example(kind, **MORE), "ICINGAWEB2URL": "https://icinga.example.com/icingaweb2"}
    sent.pop("SERVICEDESC")
    sent.pop("HOSTSTATE")
    return sent


TYPE = IntegrationType(
    slug="icinga2",
    title="Icinga 2",
    category=Category.HOSTS,
    summary="Problems, recoveries and acknowledgements of hosts and services of Icinga 2.",
    documentation="https://icinga.com/docs/icinga-2/latest/doc/03-monitoring-basics/#notification-commands",
    templates=templates(WEB),
    example_firing=body("PROBLEM"),
    example_resolved=body("RECOVERY"),
    notes=(
        f"{SCRIPT.quoted}\n"
        "Then save this as `/etc/icinga2/conf.d/tocsin.conf` (or in the zone of your masters), adapt the two "
        "`assign where` rules to what shall ring, and reload Icinga:\n\n"
        f"```\n{OBJECTS}```\n\n"
        'To have links, add `ICINGA_ICINGAWEB2URL = "https://icinga.example.com/icingaweb2"` to both `env`, or set '
        "the address of Icinga Web at the integration.\n\n"
        "A host or a service of a host is one alert group. It resolves with `RECOVERY`, is acknowledged with "
        "`ACKNOWLEDGEMENT`; downtimes are answered, but no alert. `interval = 0` is right where Tocsin escalates.\n"
    ),
    heartbeat_notes=(
        "Let Icinga itself call the heartbeat URL: a service with the check command `http` is enough "
        "(`vars.http_vhost`, `vars.http_uri` and `vars.http_ssl = true` from the heartbeat URL, "
        "`check_interval = 1m`).\n"
    ),
    bodies=notifications("Icinga 2"),
)
