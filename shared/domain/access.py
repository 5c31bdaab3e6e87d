"""Who may send to an integration besides whoever knows its URL: how senders prove themselves, how fast they may."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from shared.domain.model import Frozen

Preset = Literal["custom", "github", "grafana", "sentry", "pagerduty", "stripe"]
DEFAULT_TOLERANCE_S = 300
AUTHORIZATION = "Authorization"


class SignatureLayout(Frozen):
    """How a sender signs: HMAC with `algorithm` over the body, in `header`, each value behind `prefix`.

    With `timestamp_header`, or `timestamp_key` inside the signature header ("t" of `t=…,v1=…`), what is
    signed is timestamp (seconds since 1970), `separator`, body; a timestamp more than `tolerance_s` away
    is refused (0: any is taken).
    """

    header: str
    algorithm: Literal["sha1", "sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    timestamp_header: str | None = None
    timestamp_key: str | None = None
    separator: str = ":"
    tolerance_s: int = DEFAULT_TOLERANCE_S


# As the tools document it; a timestamp header of Grafana's is for its user to name.
LAYOUTS: dict[str, SignatureLayout] = {
    "custom": SignatureLayout(header="X-Signature"),
    "github": SignatureLayout(header="X-Hub-Signature-256", prefix="sha256="),
    "grafana": SignatureLayout(header="X-Grafana-Alerting-Signature"),
    "sentry": SignatureLayout(header="Sentry-Hook-Signature"),
    "pagerduty": SignatureLayout(header="X-PagerDuty-Signature", prefix="v1="),
    "stripe": SignatureLayout(header="Stripe-Signature", prefix="v1=", timestamp_key="t", separator="."),
}


class SignatureMethod(Frozen):
    """Signed bodies. `secrets` is ciphertext, the newest first; any of them will do."""

    preset: Preset = "custom"
    layout: SignatureLayout
    secrets: tuple[str, ...]


class BasicMethod(Frozen):
    """Username and password (RFC 7617). `passwords` is ciphertext, the newest first."""

    username: str
    passwords: tuple[str, ...]


class BearerMethod(Frozen):
    """A token: behind the word Bearer in Authorization, or alone in another header. `tokens` is ciphertext."""

    header: str = AUTHORIZATION
    tokens: tuple[str, ...]


class Authentication(Frozen):
    """What a request must show; every method that is set must hold. `addresses` are networks, empty: any."""

    signature: SignatureMethod | None = None
    basic: BasicMethod | None = None
    bearer: BearerMethod | None = None
    addresses: tuple[str, ...] = ()


class RateLimit(Frozen):
    """A token bucket: `burst` alerts at once, refilled with `alerts_per_minute`."""

    alerts_per_minute: int
    burst: int


class FormerToken(Frozen):
    """A URL token that was replaced and is taken until `valid_until`. `ending` are its last characters, for people."""

    digest: str
    ending: str
    valid_until: datetime

    @property
    def id(self) -> str:
        """What it is called in the API."""
        return self.digest[:12]

    @property
    def where(self) -> str:
        """What it is called among the integration's problems."""
        return f"token {self.id}"

    @property
    def where_refused(self) -> str:
        """The same for what comes after its time."""
        return f"{self.where} refused"

    @property
    def used(self) -> str:
        """The sentence about a request that it let in; the same each time, so that they are counted."""
        until = self.valid_until.strftime("%Y-%m-%d %H:%M UTC")
        return f"the former URL, whose token ends in {self.ending}, is still used; it works until {until}"

    @property
    def refused(self) -> str:
        """The sentence about a request that came too late for it."""
        return f"the former URL, whose token ends in {self.ending}, was used after its time: 403"


class Access(Frozen):
    """Everything that stands between a known URL and an accepted alert. The default lets everybody in."""

    authentication: Authentication | None = None
    rate_limit: RateLimit | None = None
    former_tokens: tuple[FormerToken, ...] = ()
    rotated_at: datetime | None = None
