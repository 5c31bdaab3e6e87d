"""Draws templates of integrations and payloads that they see in every way a template can."""

from __future__ import annotations

from hypothesis import strategies as st

from shared.domain.labels import Label, LabelSettings

FRAGMENTS = (
    *("{{ payload.a }}", "{{ payload['a'].b }}", "{{ payload.get('c', 'x') }}", "{{ payload.get('a').b }}"),
    *("{{ payload.a.b.c }}", "{{ payload.l[0] }}", "{{ payload['l'][5] }}", "{{ payload[0] }}"),
    *("{% for one in payload.l %}{{ one }},{% endfor %}", "{{ payload.items() | list }}", "{{ payload | tojson }}"),
    *("{{ payload.s | upper }}", "{{ payload.s.upper() }}", "{{ payload['items'] is defined }}"),
    *("{{ payload.l.append(1) }}{{ payload.l }}", "{% set payload = payload.a %}{{ payload.b }}"),
    *("{{ payload.a == 1 }}", "{{ payload.a is true }}", "{{ payload.a is defined }}", "{{ 1 / payload.n }}"),
    *("{% if payload.n > 0 %}more{% endif %}", "{{ payload.n }}", "{{ nothing.x }}", "{{ payload.a[payload.s] }}"),
    *("{{ labels.k }}", "{{ integration_name }}", "{{ source_link }}", "{{ web_title }}", "{{ web_message | upper }}"),
    *("{{ time() }}", "{{ time().year * 0 + 1 }}", "fixed", "1", "{{ payload", "{{ payload | besides(labels) }}"),
)  # fmt: skip
plain = st.sampled_from([None, True, False, 0, 1, 1.0, -0.0, 2, "", "x", "1", "None", "<b>&"])
values = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("bcx"), inner, max_size=2),
    max_leaves=4,
)
payloads = (
    st.dictionaries(st.sampled_from([*"abclsn", "items"]), values, max_size=5)
    | st.lists(values, max_size=2)
    | plain
)
sources = st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=2).map("".join)
templates = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("grouping_key", "resolve_signal", "acknowledge_signal", "source_link"), sources),
        **{
            medium: st.fixed_dictionaries({}, optional={"title": sources, "message": sources})
            for medium in ("web", "slack", "sms", "email")
        },
    },
)
labels = st.none() | sources.map(lambda source: LabelSettings(dynamic=(Label(key="k", value=source),)))
