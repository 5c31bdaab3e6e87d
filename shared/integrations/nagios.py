"""Nagios Core: notifications of hosts and services, posted by a script that the notification command starts."""

from __future__ import annotations

from shared.integrations.integration_type import Category, IntegrationType
from shared.integrations.nagios_macros import example, notifications, templates
from shared.integrations.sender_script import SenderScript

SCRIPT = SenderScript(
    slug="nagios",
    title="Nagios",
    prefix="NAGIOS_",
    names=(
        "NOTIFICATIONTYPE NOTIFICATIONNUMBER NOTIFICATIONAUTHOR NOTIFICATIONCOMMENT TIMET "
        "LONGDATETIME HOSTNAME HOSTALIAS HOSTADDRESS HOSTSTATE LASTHOSTSTATE HOSTATTEMPT HOSTOUTPUT "
        "LONGHOSTOUTPUT HOSTPROBLEMID LASTHOSTSTATECHANGE HOSTNOTESURL HOSTGROUPNAMES SERVICEDESC "
        "SERVICEDISPLAYNAME SERVICESTATE LASTSERVICESTATE SERVICEATTEMPT SERVICEOUTPUT "
        "LONGSERVICEOUTPUT SERVICEPROBLEMID LASTSERVICESTATECHANGE SERVICENOTESURL SERVICEGROUPNAMES "
    ),
    # Nagios ends a notification command after notification_timeout, 30 s.
    patience_s=25,
)
OBJECTS = """\
define command {
    command_name    notify-host-by-tocsin
    command_line    /usr/local/bin/tocsin-nagios.sh
}

define command {
    command_name    notify-service-by-tocsin
    command_line    /usr/local/bin/tocsin-nagios.sh
}

define contact {
    contact_name                    tocsin
    alias                           Tocsin
    host_notification_period        24x7
    service_notification_period     24x7
    host_notification_options       d,u,r,f
    service_notification_options    w,u,c,r,f
    host_notification_commands      notify-host-by-tocsin
    service_notification_commands   notify-service-by-tocsin
}
"""
EXTINFO = (
    '((base_url.rstrip("/") ~ "/cgi-bin/extinfo.cgi?type=" ~ (2 if payload.SERVICEDESC | words else 1)'
    ' ~ "&host=" ~ (payload.HOSTNAME | words | urlencode)'
    ' ~ ("&service=" ~ (payload.SERVICEDESC | words | urlencode) if payload.SERVICEDESC | words else ""))'
    ' if base_url else "") | absolute'
)

TYPE = IntegrationType(
    slug="nagios",
    title="Nagios",
    category=Category.HOSTS,
    summary="Problems, recoveries and acknowledgements of hosts and services of Nagios Core.",
    documentation="https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/macrolist.html",
    templates=templates(EXTINFO),
    example_firing=example("PROBLEM", TIMET="1767607205"),
    example_resolved=example("RECOVERY", TIMET="1767609605"),
    notes=(
        "Nagios tells its commands what happened in the environment: set `enable_environment_macros=1` in "
        "`nagios.cfg`, so that no text of a check ever passes a shell.\n\n"
        f"{SCRIPT.quoted}\n"
        "Then tell Nagios of the command and of a contact that uses it, and add the contact `tocsin` to the "
        "`contacts` or `contact_groups` of the hosts and services that shall ring:\n\n"
        f"```\n{OBJECTS}```\n\n"
        "A host or a service of a host is one alert group. It resolves with `RECOVERY`, is acknowledged with "
        "`ACKNOWLEDGEMENT`; downtimes are answered, but no alert. "
        "When Nagios' own address is set at the integration (for instance `https://nagios.example.com/nagios4`), "
        "alerts link to the page of the host or service.\n"
    ),
    heartbeat_notes=(
        "Let Nagios itself call the heartbeat URL, so that its silence is noticed: define a command "
        "`curl -fsS --max-time 10 -o /dev/null <the heartbeat URL>`, and a service with `check_interval 1` that "
        "uses it as its `check_command`.\n"
    ),
    bodies=notifications("Nagios"),
)
