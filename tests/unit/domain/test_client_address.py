"""X-Forwarded-For is believed as far as trusted proxies wrote it, and not one hop further."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.client_address import client_address, is_in, networks, parsed

PROXIES = networks(["10.0.0.0/8", "fd00::/8"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["192.0.2.1"], "203.0.113.9"),
        ("10.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", ["198.51.100.7, 192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", ["198.51.100.7", "192.0.2.1, 10.0.0.2"], "192.0.2.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("fd00::1", ["2001:db8::7"], "2001:db8::7"),
        ("::ffff:10.0.0.1", ["::ffff:192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", ["192.0.2.1:4711"], "192.0.2.1"),
        ("10.0.0.1", ["[2001:db8::7]:4711"], "2001:db8::7"),
        ("10.0.0.1", ["192.0.2.1, unknown"], None),
        ("10.0.0.1", ["192.0.2.1,"], None),
        ("10.0.0.1", [""], None),
        (None, ["192.0.2.1"], None),
    ],
)
def test_the_client_is_the_first_hop_from_the_right_that_is_no_trusted_proxy(
    peer: str | None, forwarded: list[str], client: str | None
) -> None:
    assert client_address(peer, forwarded, PROXIES) == (parsed(client) if client else None)


@given(st.ip_addresses(), st.lists(st.text() | st.ip_addresses().map(str)))
def test_without_trusted_proxies_the_header_means_nothing(peer: object, forwarded: list[str]) -> None:
    assert client_address(str(peer), forwarded, ()) == parsed(str(peer))


@given(st.lists(st.ip_addresses().map(str)), st.ip_addresses(v=4).map(str))
def test_whatever_a_client_writes_itself_the_proxy_s_word_stands(claimed: list[str], client: str) -> None:
    header = ", ".join([*claimed, client])
    found = client_address("10.0.0.1", [header], networks(["10.0.0.1"]))
    assert found == parsed(client) or client == "10.0.0.1"


@given(st.text())
def test_any_text_is_an_address_or_none(text: str) -> None:
    found = parsed(text)
    assert found is None or is_in(found, networks(["0.0.0.0/0", "::/0"]))


def test_a_block_may_have_host_bits_and_a_mistake_is_quoted() -> None:
    assert [str(one) for one in networks(["10.1.2.3/8", " 192.0.2.1 "])] == ["10.0.0.0/8", "192.0.2.1/32"]
    with pytest.raises(ValueError, match=r"'10\.0\.0\.0/33'"):
        networks(["10.0.0.0/33"])
