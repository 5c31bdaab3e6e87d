"""The token in an integration's URL: made, fixed by a declaration, rotated with the old one valid for a while."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from services.api.refusals import Invalid, Refused
from services.api.resources.desk import Desk
from shared.domain.access import Access, FormerToken
from shared.domain.configuration import Integration
from shared.domain.inbound_email import SLUG as INBOUND_EMAIL
from shared.domain.inbound_email import domains_of
from shared.domain.public_ids import mail_token, url_token
from shared.integrations import by_slug, path_word

# So many characters of a former token are shown, for people to tell it from others.
SHOWN_CHARS = 4
MAX_FORMER = 10


def link_of(desk: Desk, row: Integration) -> str | None:
    """Return the URL that a monitoring tool posts to, None for a type that has none."""
    known = by_slug(row.type)
    if known is not None and not known.has_url:
        return None
    token = desk.tools.secrets.decrypt(row.token_encrypted)
    return f"{desk.tools.ingest_url.rstrip('/')}/integrations/v1/{path_word(row.type)}/{token}/"


def inbound_email_of(desk: Desk, row: Integration) -> str | None:
    """Return the address that mail is sent to; None for other types, and where no domain is configured."""
    domains = domains_of(desk.tools.mail_domain)
    if row.type != INBOUND_EMAIL or not domains:
        return None
    return f"{desk.tools.secrets.decrypt(row.token_encrypted)}@{domains[0]}"


def new_token(desk: Desk, type: str) -> dict[str, str]:
    """Return the fields that hold a new random token; one for mail survives systems that change its case."""
    make = mail_token if type == INBOUND_EMAIL else url_token
    return _token_fields(desk, make(desk.tools.below))


def retoken(desk: Desk, row: Integration, token: str) -> Integration:
    """Give an integration the URL token that a declaration fixes; the one before is gone at once.

    Raises:
        Invalid: another integration has it, or had it and still takes it.
    """
    wanted = desk.tools.secrets.digest(token)
    if wanted == row.token_digest:
        return row
    for other in desk.draft.all(Integration):
        if other.id != row.id and any(one.digest == wanted for one in other.access.former_tokens):
            raise Invalid.field("token", "Another integration had this token before its URL was rotated.")
    kept = tuple(one for one in row.access.former_tokens if one.digest != wanted)
    access = row.access.model_copy(update={"former_tokens": kept})
    return _put(desk, row, {**_token_fields(desk, token), "access": access})


def rotate(desk: Desk, row: Integration, now: datetime, keep_for: timedelta) -> Integration:
    """Give an integration a new URL; the old one is taken for `keep_for` longer.

    Raises:
        Invalid: more than ten old ones would be valid at once.
    """
    kept = _valid(row.access, now)
    if keep_for > timedelta(0):
        ending = desk.tools.secrets.decrypt(row.token_encrypted)[-SHOWN_CHARS:]
        kept = (FormerToken(digest=row.token_digest, ending=ending, valid_until=now + keep_for), *kept)
    if len(kept) > MAX_FORMER:
        raise Invalid.field(
            "keep_old_for", f"{MAX_FORMER} former URLs are valid already: revoke one first, or send 0."
        )
    access = row.access.model_copy(update={"former_tokens": kept, "rotated_at": now})
    return _put(desk, row, {**new_token(desk, row.type), "access": access})


def revoke(desk: Desk, row: Integration, token_id: str, now: datetime) -> None:
    """Take a former URL away at once.

    Raises:
        Refused: 404, there is none of this id.
    """
    kept = tuple(one for one in _valid(row.access, now) if one.id != token_id)
    if all(one.id != token_id for one in row.access.former_tokens):
        raise Refused.not_found()
    _put(desk, row, {"access": row.access.model_copy(update={"former_tokens": kept})})


def _put(desk: Desk, row: Integration, fields: dict[str, Any]) -> Integration:
    after = row.model_copy(update=fields)
    desk.draft.put(after)
    return after


def _valid(access: Access, now: datetime) -> tuple[FormerToken, ...]:
    return tuple(one for one in access.former_tokens if one.valid_until > now)


def _token_fields(desk: Desk, token: str) -> dict[str, str]:
    digest = desk.tools.secrets.digest(token)
    if desk.draft.find(Integration, "token_digest", digest):
        raise Invalid.field("token", "Another integration has this token.")
    return {"token_digest": digest, "token_encrypted": desk.tools.secrets.encrypt(token)}
