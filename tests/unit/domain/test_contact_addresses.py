"""Addresses as people enter them: their normal form, what of them is shown, and what is none."""

from __future__ import annotations

import pytest

from shared.domain.contact_addresses import NotAnAddress, entered, masked
from shared.domain.contacts import KINDS, Kind

PUSHOVER = "uQiRzpo4DXghDmr9QzzfQu27cmVRsG"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("+49 (0)30 123456", "+4930123456"),
        ("+1 415-555-2671", "+14155552671"),
        (" +44 20 7946 0958 ", "+442079460958"),
        ("+39 06 6982", "+39066982"),
    ],
)
def test_a_telephone_number_is_kept_in_e164(text: str, kept: str):
    assert entered("phone", text).shown == kept


@pytest.mark.parametrize("text", ["030 123456", "+49", "+999 12345678", "one", "", "+4930123456789012345"])
def test_what_is_no_telephone_number_of_a_country_is_refused(text: str):
    with pytest.raises(NotAnAddress):
        entered("phone", text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("pushover", PUSHOVER),
        ("ntfy", "https://ntfy.example.org/oncall-alice-7f3"),
        ("ntfy", "oncall-alice-7f3"),
        ("webhook", "https://hooks.example.org/services/T0/B0/abcdefgh"),
        ("apprise", "tgram://123456789:abcdefg_hijklmnop/12315544/"),
    ],
)
def test_an_address_that_is_a_secret_is_shown_only_so_far_that_its_owner_knows_it(kind: Kind, text: str):
    found = entered(kind, text)

    assert found.secret == text
    assert text not in found.shown
    assert text[-4:] not in found.shown
    for part in text.split("/")[3:]:
        assert not part or part not in found.shown


def test_tokens_that_apprise_writes_where_hosts_stand_are_masked_too():
    assert masked("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/") == "slack://…/…FQ/"
    assert masked("https://me:pass@h.example.org/a/b/c") == "https://h.example.org/…b/c"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("email", "nobody"),
        ("email", "a@b\r\nBcc: c@d"),
        ("slack", "@alice"),
        ("telegram", "@alice"),
        ("mattermost", "alice"),
        ("pushover", "short"),
        ("ntfy", "two words"),
        ("ntfy", "ftp://ntfy.sh/x"),
        ("webhook", "hooks.example.org"),
        ("webhook", "https://a b"),
        ("apprise", "no url"),
    ],
)
def test_what_is_no_address_of_its_kind_is_refused(kind: Kind, text: str):
    with pytest.raises(NotAnAddress):
        entered(kind, text)


@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_takes_nothing_or_a_novel(kind: Kind):
    for text in ("", " ", "https://example.org/" + "x" * 3000):
        with pytest.raises(NotAnAddress):
            entered(kind, text)
