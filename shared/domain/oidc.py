"""Whom an identity provider means: from its verified claims to a person of the configuration, or why to nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.people import User


@dataclass(frozen=True)
class Claimed:
    """What a provider says of somebody who signed in there. `email` is "" unless the provider verified it.

    `subject` is the provider's own name for the account: the only one that never passes to somebody else
    (OpenID Connect Core 1.0, section 5.7).
    """

    subject: str
    username: str
    email: str
    name: str = ""


def claimed(claims: Mapping[str, Any], username_claim: str) -> Claimed:
    """Read the claims of a verified ID token, those of the userinfo endpoint among them."""
    return Claimed(
        subject=_text(claims, "sub"),
        username=_text(claims, username_claim),
        # Only `true` counts: an address that its owner never proved would open somebody else's account.
        email=_text(claims, "email") if claims.get("email_verified") is True else "",
        name=_text(claims, "name"),
    )


def person_for(who: Claimed, users: Iterable[User]) -> User | None:
    """Return the person with the claimed username, else with the verified address, whatever the case of letters.

    An address that two people share names nobody.
    """
    people = list(users)
    if who.username:
        found = [one for one in people if one.username.casefold() == who.username.casefold()]
        if found:
            return found[0]
    if who.email:
        found = [one for one in people if one.email.casefold() == who.email.casefold()]
        if len(found) == 1:
            return found[0]
    return None


def new_username(who: Claimed) -> str:
    """Return the username of somebody who is to be created; "" when the provider gave none to go by."""
    return who.username or who.email


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value.strip() if isinstance(value, str) else ""
