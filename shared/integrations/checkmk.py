"""Checkmk: host and service notifications, posted by a notification script of the site."""

from __future__ import annotations

from shared.integrations.integration_type import Category, IntegrationType
from shared.integrations.nagios_macros import example, notifications, templates
from shared.integrations.sender_script import SenderScript

SCRIPT = SenderScript(
    slug="checkmk",
    title="Checkmk",
    prefix="NOTIFY_",
    names=(
        "WHAT NOTIFICATIONTYPE NOTIFICATIONNUMBER NOTIFICATIONAUTHOR NOTIFICATIONCOMMENT MICROTIME "
        "SHORTDATETIME OMD_SITE MONITORING_HOST CHECKMK_URL HOSTNAME HOSTALIAS HOSTADDRESS HOSTSTATE "
        "LASTHOSTSTATE PREVIOUSHOSTHARDSTATE HOSTOUTPUT LONGHOSTOUTPUT HOSTPROBLEMID "
        "LASTHOSTSTATECHANGE HOSTURL HOSTGROUPNAMES HOSTNOTESURL SERVICEDESC SERVICESTATE "
        "LASTSERVICESTATE PREVIOUSSERVICEHARDSTATE SERVICEOUTPUT LONGSERVICEOUTPUT SERVICEPROBLEMID "
        "LASTSERVICESTATECHANGE SERVICEURL SERVICEGROUPNAMES SERVICENOTESURL EC_ID EC_COMMENT "
    ),
    # Checkmk ends a script after 60 s, and starts it again later when it ends with 1.
    patience_s=50,
    conf="${OMD_ROOT-}/etc/tocsin.conf",
    own="""\

# The parameters of the notification rule: the integration's URL, and this site's own address for links.
case ${NOTIFY_PARAMETER_1-} in
'') ;;
*[!A-Za-z0-9:/._~%+@?=-]*) fail 2 'the first parameter of the rule is no URL' ;;
http://* | https://*) url=$NOTIFY_PARAMETER_1 ;;
*) fail 2 'the first parameter of the rule is no URL' ;;
esac
if [ -n "${NOTIFY_PARAMETER_2-}" ]; then
    NOTIFY_CHECKMK_URL=$NOTIFY_PARAMETER_2
    export NOTIFY_CHECKMK_URL
fi""",
)
# Checkmk's links begin with /check_mk: they go behind the address of the site.
LINK = (
    "([payload.SERVICEURL if payload.SERVICEDESC | words else payload.HOSTURL, payload.url] | any_of | words)"
)
SITE = '(([payload.CHECKMK_URL, base_url] | any_of | words).rstrip("/"))'
SOURCE_LINK = f'({SITE} ~ {LINK} if {LINK}.startswith("/") and {SITE} else {LINK}) | absolute'


def body(kind: str) -> dict[str, str]:
    """Return what the script posts of a service."""
    return example(
        kind,
        WHAT="SERVICE",
        OMD_SITE="prod",
        MONITORING_HOST="cmk1",
        CHECKMK_URL="https://cmk.example.com/prod",
        MICROTIME="1767607205123456",
        SERVICEURL=(
            "/check_mk/index.py?start_url=view.py?view_name%3Dservice%26host%3Ddb1.example.com"
            "%26service%3DFilesystem%20/var%26site%3Dprod"
        ),
    )


TYPE = IntegrationType(
    slug="checkmk",
    title="Checkmk",
    category=Category.HOSTS,
    summary="Host and service notifications of a Checkmk site.",
    documentation="https://docs.checkmk.com/latest/en/notifications.html#scripts",
    templates=templates(SOURCE_LINK),
    example_firing=body("PROBLEM"),
    example_resolved=body("RECOVERY"),
    notes=(
        "Save this script as `~/local/share/check_mk/notifications/tocsin` of the site user, and make it "
        f"executable (`chmod 755`). It is `{SCRIPT.path}` in Tocsin's source.\n\n"
        f"```sh\n{SCRIPT.text}```\n\n"
        "In *Setup > Events > Notifications*, add a rule with the notification method `tocsin` and *Call with the "
        "following parameters*: first the integration's URL, then the address of the site as users see it (for "
        "instance `https://cmk.example.com/prod`), which makes the links. Instead of the first parameter the URL "
        'can stand in the file `~/etc/tocsin.conf` (`url = "<the integration\'s URL>"`).\n\n'
        "A host or a service of a host is one alert group. It resolves with `RECOVERY`, is acknowledged with "
        "`ACKNOWLEDGEMENT`, and the end of flapping resolves it when the state is `OK` or `UP`; downtimes are "
        "answered, but no alert.\n"
    ),
    heartbeat_notes=(
        "Let a cron job of the site call the heartbeat URL each minute (`~/etc/cron.d/tocsin`, then "
        "`omd reload crontab`):\n\n"
        "```\n* * * * * curl -fsS --max-time 10 -o /dev/null <the heartbeat URL>\n```\n"
    ),
    bodies=notifications("Checkmk"),
)
