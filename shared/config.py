"""Settings from the environment (prefix TOCSIN_): the only place that reads it."""

from __future__ import annotations

import os
import socket
from functools import cached_property
from pathlib import Path

from pydantic import AnyUrl, Field, Secret, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What every service may need. URLs with passwords are wrapped so that they never print."""

    model_config = SettingsConfigDict(env_prefix="TOCSIN_", extra="ignore", ignored_types=(cached_property,))

    amqp_url: Secret[AnyUrl] = Field(default=Secret(AnyUrl("amqp://guest:guest@127.0.0.1:5672/")))
    mongo_url: Secret[AnyUrl] = Field(
        default=Secret(AnyUrl("mongodb://127.0.0.1:27017/tocsin?replicaSet=rs0")),
        description="MongoDB replica set, with the database name as its path",
    )
    secret_key: SecretStr = Field(
        default=SecretStr(""), description="Fernet keys, comma-separated; the first encrypts, all decrypt"
    )
    data_dir: Path = Field(
        default=Path(".tocsin/data"), description="spool and configuration snapshots live here"
    )
    env: str = Field(default="production", description="production, development or test")
    host: str = Field(default="127.0.0.1", description="address that the service's own HTTP port binds to")
    port: int = Field(
        default=0, description="port for /healthz, /readyz, /metrics and the service's HTTP; 0: any"
    )
    public_url: str = Field(default="http://127.0.0.1:8080", description="base URL of the api, used in links")
    ingest_url: str = Field(
        default="http://127.0.0.1:8081", description="base URL of the receiver, used in links"
    )
    inbound_email_domain: str = Field(
        default="",
        description="domains that mail for integrations comes to, comma-separated; the first is shown",
    )
    log_format: str = Field(default="json", description="json or console")
    log_level: str = Field(default="info", description="debug, info, warning or error")
    instance: str = Field(default="", description="name of this instance; default: host name and process id")
    otlp_endpoint: str = Field(
        default="", description="OTLP/HTTP endpoint for spans; empty: none are exported"
    )

    prefetch: int = Field(
        default=20, description="messages in hand per lane; a message holds up to 64 events"
    )
    storm_groups_per_minute: int = Field(
        default=300,
        ge=0,
        description="more new alert groups of one integration a minute are a storm; 0: never",
    )
    storm_digest_interval_s: int = Field(
        default=300, ge=30, description="in a storm each person is paged once in so many seconds, per channel"
    )
    page_intervals: str = Field(
        default="sms=120,phone_call=120",
        description="seconds between pages of one person by channel; what comes in between goes out together",
    )
    page_limits: str = Field(
        default="sms=10/30,phone_call=6/30",
        description="messages/minutes: no more to one person by channel; what is above goes out together",
    )
    resend_unknown: str = Field(
        default="",
        description="channels whose pages of unknown outcome are sent again, comma-separated; others are held",
    )
    resolve_notices: str = Field(
        default="slack,telegram,mattermost,mobile_app,mobile_app_critical",
        description="channels by which people who were paged hear of the resolve, comma-separated",
    )
    watchdog_heartbeat_url: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="asked with GET once a minute while every open group has somebody, a timer or a reason, and "
        "every stage works; empty: nobody is told",
    )
    acknowledge_reminder_s: int = Field(
        default=0,
        ge=0,
        description="whoever acknowledged is asked so often whether he still works on it; 0: never",
    )
    unacknowledge_after_s: int = Field(
        default=0,
        ge=0,
        description="without a confirm within this after a reminder the group is unacknowledged; 0: never",
    )
    resolution_note_required: bool = Field(
        default=False, description="people may resolve only alert groups with a resolution note"
    )
    template_timeout_s: float = Field(default=0.25, description="limit for one template evaluation")
    retention_days: int = Field(
        default=90, ge=1, description="resolved groups, their alerts and journal are kept so long"
    )

    api_requests_per_minute: int = Field(
        default=3000,
        ge=0,
        description="requests that one API token may make of one instance; above it 429; 0: any number",
    )
    api_messages_per_minute: int = Field(
        default=60,
        ge=0,
        description="make_call and send_sms that one API token may ask of one instance; above it 429; 0: any number",
    )
    max_body_bytes: int = Field(default=1024 * 1024, description="larger ingest bodies are answered 413")
    max_body_depth: int = Field(default=64, description="deeper ingest bodies are answered 400")
    max_body_keys: int = Field(default=20_000, description="ingest bodies with more keys are answered 400")
    spool_max_bytes: int = Field(default=1024 * 1024 * 1024, description="a fuller spool answers 503")
    confirm_timeout_s: float = Field(default=2.0, description="no confirm within this: the alert is spooled")

    smtp_host: str = ""
    smtp_port: int = 25
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_tls: str = Field(default="none", description="none, starttls or tls")
    smtp_from: str = "Tocsin <tocsin@localhost>"
    smtp_timeout_s: float = 30.0
    slack_api_url: str = "https://slack.com/api/"
    slack_bot_token: SecretStr = SecretStr("")
    slack_signing_secret: SecretStr = SecretStr("")
    slack_default_channel: str = ""
    slack_refresh_s: int = Field(
        default=1800,
        ge=60,
        description="Slack's user groups and channels are read again after so many seconds",
    )
    telegram_bot: str = Field(
        default="", description="name of the bot without @, for the link that connects a person to Telegram"
    )
    chat_edit_interval_s: float = Field(
        default=10.0, description="edits of a chat message that only tell of more alerts are this far apart"
    )
    phone_provider: str = Field(default="twilio", description="who carries SMS and calls: twilio or vonage")
    twilio_api_url: str = "https://api.twilio.com"
    twilio_account_sid: str = Field(default="", description="AC…; empty: Twilio is not used")
    twilio_auth_token: SecretStr = Field(
        default=SecretStr(""), description="also verifies what Twilio calls back"
    )
    twilio_api_key_sid: str = Field(default="", description="SK…; empty: the account's own token logs in")
    twilio_api_key_secret: SecretStr = SecretStr("")
    twilio_number: str = Field(default="", description="our number in E.164; people are called from it")
    twilio_messaging_service_sid: str = Field(default="", description="MG…: sends SMS in the number's place")
    twilio_timeout_s: float = 15.0
    vonage_api_url: str = "https://api.nexmo.com"
    vonage_application_id: str = Field(default="", description="of an application with Messages and Voice")
    vonage_private_key: SecretStr = Field(
        default=SecretStr(""), description="the application's, PEM; line breaks may be written \\n"
    )
    vonage_signature_secret: SecretStr = Field(
        default=SecretStr(""), description="verifies what Vonage calls back"
    )
    vonage_number: str = Field(default="", description="our number in E.164; people are called from it")
    vonage_timeout_s: float = 15.0
    telegram_api_url: str = "https://api.telegram.org"
    telegram_token: SecretStr = Field(default=SecretStr(""), description="of the bot, from @BotFather")
    telegram_webhook_secret: SecretStr = Field(
        default=SecretStr(""), description="given to setWebhook as secret_token; verifies updates"
    )
    telegram_timeout_s: float = 15.0
    mattermost_url: str = Field(default="", description="of the server, without /api; empty: not used")
    mattermost_bot_token: SecretStr = SecretStr("")
    mattermost_bot_user_id: str = Field(default="", description="the bot's own user id, for direct messages")
    mattermost_timeout_s: float = 15.0
    apprise_url: str = Field(default="", description="of an Apprise API server; empty: not used")
    apprise_username: str = Field(default="", description="where a proxy in front of it wants a login")
    apprise_password: SecretStr = SecretStr("")
    apprise_timeout_s: float = 30.0
    ntfy_url: str = Field(default="https://ntfy.sh", description="server of topics that name none")
    ntfy_token: SecretStr = Field(default=SecretStr(""), description="access token of our account, tk_…")
    ntfy_username: str = Field(default="", description="login in the token's place")
    ntfy_password: SecretStr = SecretStr("")
    ntfy_timeout_s: float = 15.0
    pushover_api_url: str = "https://api.pushover.net"
    pushover_token: SecretStr = Field(default=SecretStr(""), description="API token of the application")
    pushover_retry_s: int = Field(
        default=60, ge=30, le=10_800, description="an important page rings again after so many seconds"
    )
    pushover_expire_s: int = Field(
        default=1800, ge=30, le=10_800, description="and stops by itself after so many"
    )
    pushover_timeout_s: float = 15.0
    webhook_timeout_s: float = 10.0
    oidc_issuer: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="address of an OpenID provider that people sign in with at the console; empty: none",
    )
    oidc_client_id: str = Field(default="", description="what the provider knows Tocsin as")
    oidc_client_secret: SecretStr = Field(default=SecretStr(""), description="empty: a public client")
    oidc_name: str = Field(default="single sign-on", description="what the button calls the provider")
    oidc_scope: str = Field(default="openid profile email", description="what the provider is asked for")
    oidc_username_claim: str = Field(
        default="preferred_username",
        description="claim with the username here; it must be one that people cannot choose themselves",
    )
    oidc_new_user_role: str = Field(
        default="",
        pattern="^(viewer|editor)?$",
        description="whoever the provider lets in and nobody knows is added with this role; empty: is refused",
    )
    allow_private_addresses: bool = Field(
        default=False, description="webhooks and external calendars may be at private addresses"
    )

    @cached_property
    def instance_name(self) -> str:
        """The name that this process signs its decisions with."""
        return self.instance or f"{socket.gethostname()}-{os.getpid()}"


def words_of(text: str) -> frozenset[str]:
    """Return the words of a comma-separated setting."""
    return frozenset(one.strip() for one in text.split(",") if one.strip())


def environment(name: str) -> str | None:
    """Return a variable that a person named, whatever its prefix; None when it is not set or empty."""
    return os.environ.get(name) or None
