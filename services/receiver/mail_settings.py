"""Where mail comes in: the receiver's own SMTP port, and the mail providers that post to it."""

from __future__ import annotations

from typing import Self

from pydantic import Field, SecretStr, model_validator

from shared.config import Settings
from shared.domain.inbound_email import domains_of
from shared.mail_providers.registry import PROVIDERS, slugs_of


class MailSettings(Settings):
    """Settings of inbound e-mail and of Amazon SNS (prefix TOCSIN_)."""

    inbound_smtp_port: int = Field(default=0, description="port of the receiver's own SMTP server; 0: none")
    inbound_smtp_host: str = Field(default="127.0.0.1", description="address that the SMTP port binds to")
    inbound_smtp_name: str = Field(
        default="", description="name in the SMTP greeting; default: the first of the domains"
    )
    inbound_smtp_tls_certificate: str = Field(
        default="",
        description="PEM file with the certificate chain for STARTTLS; read again when it changes",
    )
    inbound_smtp_tls_key: str = Field(
        default="", description="PEM file with its key; default: the key is in the certificate's file"
    )
    inbound_smtp_require_tls: bool = Field(default=False, description="take mail only after STARTTLS")
    inbound_smtp_max_connections: int = Field(
        default=100, description="more SMTP connections at once are answered 421; one address may have half"
    )
    inbound_smtp_timeout_s: float = Field(
        default=300.0, description="a command, or a whole mail, must have come within this"
    )
    inbound_email_max_bytes: int = Field(
        default=20 * 1024 * 1024, description="larger mails, and posts of mail providers, are refused"
    )
    inbound_email_esp: str = Field(
        default="", description="mail providers that may post mail, comma-separated, tried in order"
    )
    inbound_email_webhook_secret: SecretStr = Field(
        default=SecretStr(""), description="secret of the mail provider, where it has none of its own below"
    )
    inbound_email_mailgun_secret: SecretStr = Field(
        default=SecretStr(""), description=PROVIDERS["mailgun"].secret
    )
    inbound_email_mailjet_secret: SecretStr = Field(
        default=SecretStr(""), description=PROVIDERS["mailjet"].secret
    )
    inbound_email_mandrill_secret: SecretStr = Field(
        default=SecretStr(""), description=PROVIDERS["mandrill"].secret
    )
    inbound_email_postal_secret: SecretStr = Field(
        default=SecretStr(""), description=PROVIDERS["postal"].secret
    )
    inbound_email_postmark_secret: SecretStr = Field(
        default=SecretStr(""), description=PROVIDERS["postmark"].secret
    )
    inbound_email_sendgrid_secret: SecretStr = Field(
        default=SecretStr(""), description=PROVIDERS["sendgrid"].secret
    )
    inbound_email_sparkpost_secret: SecretStr = Field(
        default=SecretStr(""), description=PROVIDERS["sparkpost"].secret
    )
    amazon_sns_raw: bool = Field(
        default=False, description="take raw deliveries of Amazon SNS, which carry no signature"
    )
    amazon_sns_endpoint: str = Field(
        default="", description="base URL of a stand-in for Amazon SNS (LocalStack) that is trusted like it"
    )

    @property
    def mail_domains(self) -> tuple[str, ...]:
        """The domains that mail is taken for, in lower case."""
        return domains_of(self.inbound_email_domain)

    @property
    def mail_providers(self) -> tuple[str, ...]:
        """The slugs of the providers that may post, in the order in which they are tried."""
        return slugs_of(self.inbound_email_esp)

    def secret_of(self, provider: str) -> str:
        """Return a provider's secret, "" when there is none."""
        own = getattr(self, f"inbound_email_{provider}_secret", SecretStr(""))
        return str(own.get_secret_value() or self.inbound_email_webhook_secret.get_secret_value())

    @model_validator(mode="after")
    def _hold_together(self) -> Self:
        missing = [one for one in self.mail_providers if PROVIDERS[one].secret and not self.secret_of(one)]
        if missing:
            name = f"TOCSIN_INBOUND_EMAIL_{missing[0].upper()}_SECRET"
            raise ValueError(
                f"TOCSIN_INBOUND_EMAIL_ESP names {missing[0]}: set {name} ({PROVIDERS[missing[0]].secret})"
            )
        if (self.inbound_smtp_port or self.mail_providers) and not self.mail_domains:
            raise ValueError(
                "mail is to be taken, but TOCSIN_INBOUND_EMAIL_DOMAIN does not say for which domain"
            )
        if self.inbound_smtp_require_tls and not self.inbound_smtp_tls_certificate:
            raise ValueError("TOCSIN_INBOUND_SMTP_REQUIRE_TLS needs TOCSIN_INBOUND_SMTP_TLS_CERTIFICATE")
        return self
