"""Default templates from a short description of a payload: the same facts, said in each medium's own mark-up.

A type says what its alerts are called, which facts stand in the message, and where they link to; what a
payload lacks is left out, so no field that is missing or odd can make a message unreadable. All texts given
here are Jinja2 expressions (not templates); `names` gives nested objects a short name in all of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from shared.domain.configuration import Templates
from shared.integrations.wording import SLACK_TITLE

Pairs = Sequence[tuple[str, str]]
FALLBACK = '("Alert from " ~ integration_name)'


def templates(
    *,
    title: str,
    grouping_key: str,
    resolve: str | None,
    look: Look,
    acknowledge: str | None = None,
) -> Templates:
    """Return the default templates of a type.

    `title` names the problem; when it makes nothing, the integration's name does. `grouping_key` makes the
    text that groups (see the filter `identity`), `resolve` and `acknowledge` make true or false.
    """
    named = "{{ (" + title + ") | words or " + FALLBACK + " }}"
    spoken = "{{ (" + (look.spoken or title) + ") | words or " + FALLBACK + " }}"
    return {
        "grouping_key": look.named("{{ " + grouping_key + " }}"),
        "resolve_signal": _signal(look, resolve),
        "acknowledge_signal": _signal(look, acknowledge),
        "source_link": look.named("{{ " + look.source_link + " }}") if look.source_link else None,
        "web": look.parts(look.named(named), "markdown"),
        "slack": look.parts(SLACK_TITLE, "slack"),
        "telegram": look.parts(look.named(named), "telegram"),
        "sms": {"title": look.named(spoken)},
        "phone_call": {"title": look.named(spoken)},
        "mobile_app": {"title": look.named(spoken), "message": look.message("markdown")},
    }


def _signal(look: Look, expression: str | None) -> str | None:
    return None if expression is None else look.named("{{ " + expression + " }}")


def first_key(*candidates: str) -> str:
    """Return an expression for a grouping key: the first of these lists that holds something names the problem.

    Empty texts count as missing here, which is right for bodies that people write themselves: a placeholder
    that their tool left empty must not put everything in one group.
    """
    return " or ".join(f'(({one}) | identity if ({one}) | joined else "")' for one in candidates)


class Look:
    """What stands in the message: facts, then a longer text, then links."""

    def __init__(
        self,
        *,
        facts: Pairs,
        text: str = "",
        links: Pairs = (),
        names: Mapping[str, str] | None = None,
        source_link: str = "",
        image: str = "",
        spoken: str = "",
        block: tuple[str, str] = ("", ""),
    ) -> None:
        """`facts` and `links` are (name, expression); `names` are object expressions, in their order.

        `source_link` and `image` make addresses (see the filter `absolute`), `spoken` a title for SMS,
        phone and push where the ordinary one is too long to be read out. `block` is a name and a template
        whose text that name stands for, after `names`: for what an expression cannot say, such as a loop.
        """
        self.source_link = source_link
        self.spoken = spoken
        self._facts = facts
        self._text = text
        self._links = links
        self._image = image
        self._names = dict(names or {})
        self._block = block

    def named(self, template: str) -> str:
        """Return the template with the names that it uses before it."""
        used = template
        name, text = self._block
        if name and _uses(used, name):
            used = "{%- set " + name + " -%}" + text + "{%- endset -%}" + used
        for name, expression in reversed(self._names.items()):
            if _uses(used, name):
                used = "{%- set " + name + " = (" + expression + ") | object -%}" + used
        return used

    def parts(self, title: str, markup: str) -> dict[str, str | None]:
        """Return title, message and image of a medium with this mark-up."""
        image = self.named("{{ " + self._image + " }}") if self._image else None
        return {"title": title, "message": self.message(markup), "image_url": image}

    def message(self, markup: str) -> str:
        """Return the template of the message."""
        said = [f'{_pairs(self._facts)} | facts("{markup}")']
        if self._text:
            said.append(f'({self._text}) | prose("{markup}")')
        if self._links:
            said.append(f'{_pairs(self._links)} | links("{markup}")')
        return self.named("{{ [" + ", ".join(said) + '] | joined("\\n\\n") }}')


def _uses(template: str, name: str) -> bool:
    return re.search(rf"\b{name}\b", template) is not None


def _pairs(pairs: Pairs) -> str:
    return "[" + ", ".join(f'["{name}", {expression}]' for name, expression in pairs) + "]"
