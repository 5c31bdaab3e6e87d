"""What people write of an integration's access, in the API and in a declaration: the same words, checked the same.

A misspelt word is a mistake, never ignored: what it was meant to hold shut would stand open.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from shared.domain.access import AUTHORIZATION, LAYOUTS, Preset, SignatureLayout
from shared.domain.client_address import networks

MASK = "****************"
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
MAX_SECRET, MAX_NETWORKS = 1024, 1000


def _header(text: str) -> str:
    if not _HEADER.fullmatch(text):
        raise ValueError("must be the name of a header")
    return text


def _network(text: str) -> str:
    try:
        return str(networks([text])[0])
    except ValueError as error:
        raise ValueError(f"{text!r} is no IP address and no CIDR block such as 10.0.0.0/8") from error


Secret = Annotated[str, Field(min_length=1, max_length=MAX_SECRET)]
Header = Annotated[str, AfterValidator(_header)]
NetworkText = Annotated[str, AfterValidator(_network)]


class Form(BaseModel):
    """A part of the form."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SecretsForm(Form, ABC):
    """A method with a secret, and a second one that is valid beside it while senders change over.

    Asterisks, or nothing, keep what is stored.
    """

    @property
    @abstractmethod
    def secret_fields(self) -> tuple[str, str]:
        """The names of the first and the second secret."""

    def written(self, stored: int) -> tuple[str | None, ...]:
        """Return what is written of each of the two secrets: MASK keeps the stored one, None means none."""
        first, second = self.secret_fields
        texts = []
        for position, name in enumerate((first, second)):
            is_kept = name not in self.model_fields_set and position < stored
            texts.append(MASK if is_kept else getattr(self, name))
        return tuple(texts)

    @property
    def whole(self) -> Self:
        """The same, without the second secret unless it is written."""
        second = self.secret_fields[1]
        return self.model_copy(update={second: getattr(self, second)})


class HmacForm(SecretsForm):
    """A signature; what is left out is as the preset has it."""

    preset: Preset = "custom"
    header: Header | None = None
    algorithm: Literal["sha1", "sha256", "sha512"] | None = None
    encoding: Literal["hex", "base64"] | None = None
    prefix: Annotated[str, Field(max_length=50, pattern="^[^,]*$")] | None = None
    timestamp_header: Header | None = None
    timestamp_key: Annotated[str, Field(pattern="^[A-Za-z0-9_]{1,20}$")] | None = None
    separator: Annotated[str, Field(max_length=10)] | None = None
    tolerance_s: Annotated[int, Field(ge=0, le=86_400, strict=True)] | None = None
    secret: Secret | None = None
    second_secret: Secret | None = None

    @property
    def secret_fields(self) -> tuple[str, str]:
        """See SecretsForm."""
        return ("secret", "second_secret")

    @model_validator(mode="after")
    def _one_timestamp(self) -> HmacForm:
        if self.layout.timestamp_header and self.layout.timestamp_key:
            raise ValueError("the timestamp is in timestamp_header or under timestamp_key, not in both")
        return self

    @property
    def layout(self) -> SignatureLayout:
        """The preset with what is written over it."""
        own = {name: getattr(self, name) for name in SignatureLayout.model_fields}
        return LAYOUTS[self.preset].model_copy(
            update={key: one for key, one in own.items() if one is not None}
        )


class BasicForm(SecretsForm):
    """Username and password."""

    username: Annotated[str, Field(min_length=1, max_length=200, pattern="^[^:]*$")]
    password: Secret | None = None
    second_password: Secret | None = None

    @property
    def secret_fields(self) -> tuple[str, str]:
        """See SecretsForm."""
        return ("password", "second_password")


class BearerForm(SecretsForm):
    """A token: behind the word Bearer in Authorization, or alone in another header."""

    header: Header = AUTHORIZATION
    token: Secret | None = None
    second_token: Secret | None = None

    @property
    def secret_fields(self) -> tuple[str, str]:
        """See SecretsForm."""
        return ("token", "second_token")


class AuthenticationForm(Form):
    """Every method that is set must hold. A method that is left out stays as it is; null takes it away."""

    hmac: HmacForm | None = None
    basic: BasicForm | None = None
    bearer: BearerForm | None = None
    ip_allow_list: Annotated[list[NetworkText], Field(max_length=MAX_NETWORKS)] | None = None

    @property
    def whole(self) -> AuthenticationForm:
        """The same with all that is left out taken away, as a declaration means it; only a first secret is kept."""
        return self.model_copy(
            update={
                "hmac": self.hmac and self.hmac.whole,
                "basic": self.basic and self.basic.whole,
                "bearer": self.bearer and self.bearer.whole,
                "ip_allow_list": self.ip_allow_list,
            }
        )


class RateLimitForm(Form):
    """Alerts per minute, and how many may come at once (left out: a minute's worth)."""

    alerts_per_minute: Annotated[int, Field(ge=1, le=1_000_000, strict=True)]
    burst: Annotated[int, Field(ge=1, le=1_000_000, strict=True)] | None = None
