"""How many requests a token may make: a bucket for each in this process, and the headers that say what is left."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from math import ceil

from aiohttp import web

from shared.config import Settings

WINDOW_S = 60
# Buckets of tokens that asked longest ago are forgotten: they are full again by then, or nearly so.
MOST_TOKENS = 10_000
# What reaches a person at once and may cost money.
MESSAGES = ("make_call", "send_sms")


@dataclass(frozen=True)
class Allowance:
    """What a token has left: `remaining` requests at once; all of `limit` again after `reset_s`.

    `retry_after_s` is 0 while it is within its limit, else how long to wait. `policy` names the limit.
    """

    limit: int
    remaining: int
    reset_s: int
    retry_after_s: int
    policy: str = "token"

    def headers(self) -> dict[str, str]:
        """Return it as clients read it: in the words of the IETF's draft, and in those of its earlier versions."""
        reset_s = self.retry_after_s or self.reset_s
        return {
            "RateLimit-Policy": f'"{self.policy}";q={self.limit};w={WINDOW_S}',
            "RateLimit": f'"{self.policy}";r={self.remaining};t={reset_s}',
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(reset_s),
        }


ALLOWANCE = web.RequestKey("allowance", Allowance)


class RateLimit:
    """Buckets that hold a minute's requests and fill up evenly; a limit of 0 is none."""

    def __init__(self, per_minute: int, policy: str = "token") -> None:
        self._limit = per_minute
        self._policy = policy
        # By key: what is left, and when that was so (seconds of a clock that never jumps).
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, now_s: float) -> Allowance | None:
        """Count one request; return what is left after it, None without a limit. A refused one costs nothing."""
        if self._limit == 0:
            return None
        per_second = self._limit / WINDOW_S
        left, since_s = self._buckets.get(key, (float(self._limit), now_s))
        left = min(float(self._limit), left + (now_s - since_s) * per_second)
        # What is missing to a whole one by the rounding of floats is none the less there.
        is_within = left >= 1 - 1e-9
        left = left - 1 if is_within else left
        self._buckets[key] = (left, now_s)
        self._buckets.move_to_end(key)
        if len(self._buckets) > MOST_TOKENS:
            self._buckets.popitem(last=False)
        return Allowance(
            limit=self._limit,
            remaining=max(0, int(left + 1e-9)),
            reset_s=max(1, ceil((self._limit - left) / per_second)),
            retry_after_s=0 if is_within else max(1, ceil((1 - left) / per_second)),
            policy=self._policy,
        )


@dataclass(frozen=True)
class Limits:
    """The limits of a token: one for all that it asks, a smaller one for calls and messages to people."""

    requests: RateLimit
    messages: RateLimit

    def take(self, key: str, endpoint: str, now_s: float) -> Allowance | None:
        """Count one request of an endpoint; return what is left of the tightest limit, None without any."""
        allowance = self.requests.take(key, now_s)
        if endpoint not in MESSAGES or (allowance is not None and allowance.retry_after_s):
            return allowance
        return self.messages.take(key, now_s) or allowance


def limits_of(settings: Settings) -> Limits:
    """Return the limits that are configured."""
    return Limits(
        RateLimit(settings.api_requests_per_minute),
        RateLimit(settings.api_messages_per_minute, "messages"),
    )


def tell_allowances(app: web.Application) -> None:
    """Have every answer to a token say what the token has left."""

    async def tell(request: web.Request, response: web.StreamResponse) -> None:
        allowance = request.get(ALLOWANCE)
        if allowance is not None:
            for name, value in allowance.headers().items():
                response.headers.setdefault(name, value)

    app.on_response_prepare.append(tell)
