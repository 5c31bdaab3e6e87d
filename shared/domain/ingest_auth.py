"""Whether a request shows what its integration asks for: signature, password, token, address.

Everything secret is compared in constant time, and every value that is valid is tried, matched or not.
"""

from __future__ import annotations

import binascii
import hmac
import re
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.access import AUTHORIZATION, Authentication, SignatureLayout
from shared.domain.client_address import Address, Network, is_in, networks

# No sender signs with more keys at once; what comes after is not looked at.
MAX_SIGNATURES = 16
_SECONDS = re.compile(r"[0-9]{1,12}")
REALM = 'realm="Tocsin integration"'


@dataclass(frozen=True)
class Denial:
    """Why a request is refused: `word` counts it, `reason` tells the sender what to mend."""

    status: int
    word: str
    reason: str
    challenge: str | None = None


@dataclass(frozen=True)
class Lock:
    """An integration's authentication with its secrets opened; they never print."""

    settings: Authentication
    signature_keys: tuple[bytes, ...] = field(default=(), repr=False)
    passwords: tuple[bytes, ...] = field(default=(), repr=False)
    tokens: tuple[bytes, ...] = field(default=(), repr=False)
    allowed: tuple[Network, ...] = ()

    @classmethod
    def opened(cls, settings: Authentication, decrypt: Callable[[str], str]) -> Lock:
        """Open the secrets.

        Raises:
            Permanent: `decrypt` does not open one of them.
        """

        def opened(ciphertexts: Sequence[str]) -> tuple[bytes, ...]:
            return tuple(decrypt(one).encode() for one in ciphertexts)

        return cls(
            settings=settings,
            signature_keys=opened(settings.signature.secrets) if settings.signature else (),
            passwords=opened(settings.basic.passwords) if settings.basic else (),
            tokens=opened(settings.bearer.tokens) if settings.bearer else (),
            allowed=networks(settings.addresses),
        )


def denied_head(lock: Lock, headers: Mapping[str, str], address: Address | None) -> Denial | None:
    """Check what needs no body: address, basic, bearer. None: it may go on."""
    return _denied_address(lock, address) or _denied_basic(lock, headers) or _denied_bearer(lock, headers)


def denied_body(lock: Lock, headers: Mapping[str, str], body: bytes, now: datetime) -> Denial | None:
    """Check the signature over the body's bytes as they were sent (unpacked). None: it may go on."""
    method = lock.settings.signature
    if method is None:
        return None
    layout = method.layout
    sent = headers.get(layout.header)
    if not sent:
        return Denial(401, "no_signature", _missing_signature(layout))
    items = [one.strip() for one in sent.split(",", MAX_SIGNATURES)]
    stamp = _timestamp(layout, headers, items)
    if stamp is not None:
        denial = _denied_timestamp(layout, stamp, now)
        if denial is not None:
            return denial
    signed = body if stamp is None else f"{stamp}{layout.separator}".encode() + body
    if _is_signed(layout, items, signed, lock.signature_keys):
        return None
    return Denial(
        401,
        "wrong_signature",
        f"The signature in {layout.header} does not fit the body: check that the sender signs with the secret of "
        f"this integration, HMAC-{layout.algorithm.upper()} in {layout.encoding}"
        + (f', written as "{layout.prefix}<signature>".' if layout.prefix else "."),
    )


def _denied_address(lock: Lock, address: Address | None) -> Denial | None:
    if not lock.allowed or (address is not None and is_in(address, lock.allowed)):
        return None
    shown = address or "an unknown address"
    return Denial(
        403,
        "wrong_address",
        f"This integration does not take alerts from {shown}: add it to the integration's ip_allow_list, "
        "or, when that is a proxy of yours, to TOCSIN_TRUSTED_PROXIES.",
    )


def _denied_basic(lock: Lock, headers: Mapping[str, str]) -> Denial | None:
    method = lock.settings.basic
    if method is None:
        return None
    challenge = f'Basic {REALM}, charset="UTF-8"'
    scheme, _, value = headers.get(AUTHORIZATION, "").partition(" ")
    if scheme.lower() != "basic":
        hint = "This integration needs HTTP basic authentication: send its username and password."
        return Denial(401, "no_credentials", hint, challenge)
    username, password = _basic(value)
    # Both are compared whatever the first one gives.
    is_user = hmac.compare_digest(username, method.username.encode())
    is_password = _is_one_of(password, lock.passwords)
    if is_user and is_password:
        return None
    return Denial(
        401, "wrong_credentials", "Username or password are not those of this integration.", challenge
    )


def _denied_bearer(lock: Lock, headers: Mapping[str, str]) -> Denial | None:
    method = lock.settings.bearer
    if method is None:
        return None
    sent = headers.get(method.header, "")
    challenge = None
    if method.header.lower() == AUTHORIZATION.lower():
        scheme, _, sent = sent.partition(" ")
        sent = sent if scheme.lower() == "bearer" else ""
        challenge = f"Bearer {REALM}"
    if not sent.strip():
        words = "Bearer <token>" if challenge else "<token>"
        hint = f'This integration needs a token: send the header "{method.header}: {words}".'
        return Denial(401, "no_credentials", hint, challenge)
    if _is_one_of(_bytes(sent.strip()), lock.tokens):
        return None
    reason = f"The token in {method.header} is not the one of this integration."
    return Denial(401, "wrong_credentials", reason, challenge)


def _basic(value: str) -> tuple[bytes, bytes]:
    try:
        text = b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b"", b""
    username, _, password = text.partition(b":")
    return username, password


def _is_one_of(sent: bytes, valid: Sequence[bytes]) -> bool:
    matches = [hmac.compare_digest(sent, one) for one in valid]
    return any(matches)


def _bytes(text: str) -> bytes:
    """Header bytes that are no UTF-8 arrive as lone surrogates; no secret has any."""
    return text.encode("utf-8", "surrogatepass")


def _missing_signature(layout: SignatureLayout) -> str:
    return (
        f"The request is not signed: this integration needs an HMAC-{layout.algorithm.upper()} signature of the body "
        f"in the header {layout.header}."
    )


def _timestamp(layout: SignatureLayout, headers: Mapping[str, str], items: Sequence[str]) -> str | None:
    """Return the timestamp that is signed, "" when it should be there and is not, None when there is none to be."""
    if layout.timestamp_key is not None:
        start = f"{layout.timestamp_key}="
        return next((one.removeprefix(start) for one in items if one.startswith(start)), "")
    if layout.timestamp_header is not None:
        return headers.get(layout.timestamp_header, "").strip()
    return None


def _denied_timestamp(layout: SignatureLayout, stamp: str, now: datetime) -> Denial | None:
    if not _SECONDS.fullmatch(stamp):
        place = layout.timestamp_header or f'"{layout.timestamp_key}=" of {layout.header}'
        return Denial(401, "no_timestamp", f"{place} must hold when it was signed, in seconds since 1970.")
    if layout.tolerance_s and abs(now.timestamp() - int(stamp)) > layout.tolerance_s:
        return Denial(
            401,
            "old_timestamp",
            f"The request was signed more than {layout.tolerance_s} s away from now: check the sender's clock; "
            "a request that is sent again must be signed again.",
        )
    return None


def _is_signed(layout: SignatureLayout, items: Sequence[str], signed: bytes, keys: Sequence[bytes]) -> bool:
    sent = [
        _decoded(layout, one.removeprefix(layout.prefix)) for one in items if one.startswith(layout.prefix)
    ]
    expected = [hmac.digest(key, signed, layout.algorithm) for key in keys]
    matches = [hmac.compare_digest(one, other) for one in sent for other in expected]
    return any(matches)


def _decoded(layout: SignatureLayout, text: str) -> bytes:
    try:
        return bytes.fromhex(text) if layout.encoding == "hex" else b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
