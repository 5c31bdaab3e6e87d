"""The form of who may send to an integration, read into the API's body; a secret left empty stays as it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from multidict import MultiMapping

from services.api.console.form_fields import filled, is_ticked, number, text

LAYOUT_TEXTS = ("header", "algorithm", "encoding", "timestamp_header", "timestamp_key")
# These may be empty on purpose.
LAYOUT_EXACT = ("prefix", "separator")


def access_body(form: MultiMapping[str], stored: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return `authentication` and `rate_limit`; `stored` is the integration as the API shows it, None for a new one.

    Raises:
        Invalid: a number is none; the field is named.
    """
    before = (stored or {}).get("authentication") or {}
    per_minute, burst = number(form, "alerts_per_minute"), number(form, "burst")
    return {
        "authentication": {
            "bearer": _bearer(form) if is_ticked(form, "bearer") else None,
            "basic": _basic(form) if is_ticked(form, "basic") else None,
            "hmac": _hmac(form, before.get("hmac")) if is_ticked(form, "hmac") else None,
            "ip_allow_list": text(form, "ip_allow_list").split() or None,
        },
        "rate_limit": {"alerts_per_minute": per_minute, "burst": burst} if per_minute is not None else None,
    }


def _bearer(form: MultiMapping[str]) -> dict[str, Any]:
    header = filled(form, "bearer_header")
    return {**({"header": header} if header else {}), **_secret(form, "bearer_token", "token")}


def _basic(form: MultiMapping[str]) -> dict[str, Any]:
    return {"username": text(form, "basic_username"), **_secret(form, "basic_password", "password")}


def _hmac(form: MultiMapping[str], stored: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the signature; with another preset than before its own layout counts, whatever the form still says."""
    preset = form.get("hmac_preset", "custom")
    found = {"preset": preset, **_secret(form, "hmac_secret", "secret")}
    if stored is not None and stored["preset"] != preset:
        return found
    found |= {name: one for name in LAYOUT_TEXTS if (one := filled(form, f"hmac_{name}")) is not None}
    found |= {name: text(form, f"hmac_{name}") for name in LAYOUT_EXACT if f"hmac_{name}" in form}
    tolerance_s = number(form, "hmac_tolerance_s")
    return found | ({"tolerance_s": tolerance_s} if tolerance_s is not None else {})


def _secret(form: MultiMapping[str], field: str, name: str) -> dict[str, str]:
    found = form.get(field, "")
    return {name: found} if found else {}
