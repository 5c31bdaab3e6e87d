"""Integrations: who may send to one and how fast. Secrets go in and never come out."""

from __future__ import annotations

from typing import Any

from services.api.refusals import Invalid
from services.api.resources.desk import Body, Desk
from shared.domain.access import (
    Access,
    Authentication,
    BasicMethod,
    BearerMethod,
    RateLimit,
    SignatureLayout,
    SignatureMethod,
)
from shared.domain.access_form import MASK, AuthenticationForm, RateLimitForm, SecretsForm
from shared.domain.configuration import Integration
from shared.integrations import by_slug


class AccessBody(Body):
    """What a client writes of an integration's access."""

    authentication: AuthenticationForm | None = None
    rate_limit: RateLimitForm | None = None


def shown(_desk: Desk, row: Integration) -> dict[str, Any]:
    """Return the public shape: null for what is not asked for, asterisks for secrets."""
    found, limit = row.access.authentication or Authentication(), row.access.rate_limit
    signature, basic, bearer = found.signature, found.basic, found.bearer
    hmac = signature and {
        "preset": signature.preset,
        **signature.layout.model_dump(),
        **_masked(signature.secrets, "secret"),
    }
    return {
        "authentication": {
            "hmac": hmac,
            "basic": basic and {"username": basic.username, **_masked(basic.passwords, "password")},
            "bearer": bearer and {"header": bearer.header, **_masked(bearer.tokens, "token")},
            "ip_allow_list": list(found.addresses),
        },
        "rate_limit": limit and limit.model_dump(),
    }


def changes(desk: Desk, row: Integration, body: AccessBody) -> dict[str, Access]:
    """Return the fields of the row that the body changes.

    Raises:
        Invalid: a secret is missing, two methods need the same header, or the type has no URL.
    """
    after = row.access
    if body.sent("authentication"):
        form = body.authentication or AuthenticationForm().whole
        wanted = _authentication(desk, row, form)
        known = by_slug(row.type)
        if wanted is not None and known is not None and not known.has_url:
            raise Invalid.field(
                "authentication", f"Alerts of the type {row.type} come without a request to check."
            )
        after = after.model_copy(update={"authentication": wanted})
    if body.sent("rate_limit"):
        after = after.model_copy(update={"rate_limit": _rate_limit(body.rate_limit)})
    return {"access": after} if after != row.access else {}


def _masked(stored: tuple[str, ...], name: str) -> dict[str, str | None]:
    return {name: MASK, f"second_{name}": MASK if len(stored) > 1 else None}


def _authentication(desk: Desk, row: Integration, form: AuthenticationForm) -> Authentication | None:
    before = row.access.authentication or Authentication()
    sent = form.model_fields_set
    after = Authentication(
        signature=_signature(desk, before, form) if "hmac" in sent else before.signature,
        basic=_basic(desk, before, form) if "basic" in sent else before.basic,
        bearer=_bearer(desk, before, form) if "bearer" in sent else before.bearer,
        addresses=tuple(form.ip_allow_list or ()) if "ip_allow_list" in sent else before.addresses,
    )
    if after.basic and after.bearer and after.bearer.header.lower() == "authorization":
        raise Invalid.field(
            "authentication", "bearer: basic uses the header Authorization: give the token another header."
        )
    return after if after != Authentication() else None


def _signature(desk: Desk, before: Authentication, form: AuthenticationForm) -> SignatureMethod | None:
    if form.hmac is None:
        return None
    stored = before.signature.secrets if before.signature else ()
    layout: SignatureLayout = form.hmac.layout
    return SignatureMethod(
        preset=form.hmac.preset, layout=layout, secrets=_secrets(desk, "hmac", form.hmac, stored)
    )


def _basic(desk: Desk, before: Authentication, form: AuthenticationForm) -> BasicMethod | None:
    if form.basic is None:
        return None
    stored = before.basic.passwords if before.basic else ()
    return BasicMethod(username=form.basic.username, passwords=_secrets(desk, "basic", form.basic, stored))


def _bearer(desk: Desk, before: Authentication, form: AuthenticationForm) -> BearerMethod | None:
    if form.bearer is None:
        return None
    stored = before.bearer.tokens if before.bearer else ()
    return BearerMethod(header=form.bearer.header, tokens=_secrets(desk, "bearer", form.bearer, stored))


def _secrets(desk: Desk, method: str, form: SecretsForm, stored: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ciphertexts to store, the first secret first."""
    found: list[str] = []
    for position, (name, text) in enumerate(zip(form.secret_fields, form.written(len(stored)), strict=True)):
        if text == MASK:
            if position >= len(stored):
                raise Invalid.field(
                    "authentication", f"{method}.{name}: No value is stored that could be kept."
                )
            found.append(stored[position])
        elif text is not None:
            # The same secret keeps its ciphertext, so that writing it again changes nothing.
            same = [one for one in stored if desk.tools.secrets.decrypt(one) == text]
            found.append(same[0] if same else desk.tools.secrets.encrypt(text))
        elif position == 0:
            raise Invalid.field("authentication", f"{method}.{name}: This field is required.")
    return tuple(dict.fromkeys(found))


def _rate_limit(form: RateLimitForm | None) -> RateLimit | None:
    if form is None:
        return None
    burst = form.burst if form.burst is not None else form.alerts_per_minute
    return RateLimit(alerts_per_minute=form.alerts_per_minute, burst=burst)
