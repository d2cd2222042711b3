"""Asks until it is answered, at whichever API lives, as a front end on a bad day."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

ANSWER_SECONDS = 5.0
GIVES_UP_SECONDS = 90.0
# What the service says when it cannot answer now; anything else would be an answer.
LATER = frozenset({"BUSY", "TIMED_OUT", "RATE_LIMITED", "UNAVAILABLE"})


class Wrong(Exception):  # noqa: N818 -- a difference, told at the end
    """The service answered what it must not."""


@dataclass
class Asker:
    """`asked` counts what became of each request. `unsure`: the last question was put more than once."""

    addresses: list[str]
    http: httpx.AsyncClient
    chance: random.Random
    asked: Counter[str]
    unsure: bool = False
    slowest: float = 0.0
    _at: int = field(default=0)

    async def ask(self, token: str, document: str, **given: Any) -> Any:
        """The answer's data. Raises Wrong on a top-level error that is no word of later, and when nobody answers."""
        self.unsure = False
        begun = time.monotonic()
        while (elapsed := time.monotonic() - begun) < GIVES_UP_SECONDS:
            answer = await self._once(token, document, given)
            if answer is not None:
                self.slowest = max(self.slowest, elapsed)
                return answer
            self.unsure = True
            self._at += 1
            await asyncio.sleep(self.chance.uniform(0.05, 0.4))
        raise Wrong(f"nobody answered within {GIVES_UP_SECONDS:g} s")

    async def _once(self, token: str, document: str, given: dict[str, Any]) -> Any:
        address = self.addresses[self._at % len(self.addresses)]
        try:
            response = await self.http.post(
                f"{address}/graphql",
                json={"query": document, "variables": {"input": given}},
                headers={"Authorization": f"Bearer {token}"},
            )
            body = response.json()
        except (httpx.TransportError, ValueError) as error:
            self.asked[type(error).__name__] += 1
            return None
        codes = {error["extensions"]["code"] for error in body.get("errors", [])}
        if codes:
            self.asked.update(codes)
            if not codes <= LATER:
                raise Wrong(f"{response.status_code}: {body['errors']}")
            return None
        self.asked["answered"] += 1
        return body["data"]
