"""One question to both executors: the compiled one answers whatever it can, and the ordinary one is its oracle."""

import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from jejak.domain import clock
from tests.client import Client
from tests.sql import counting

# What else there is of headers is about the connection, or counts requests.
HEADERS = ("content-type", "cache-control", "set-cookie", "www-authenticate")


@dataclass(frozen=True)
class Asked:
    """A request's body, without what it says of executors."""

    query: str
    variables: dict[str, Any] = field(default_factory=dict)
    operation_name: str | None = None

    def by(self, executor: str) -> dict[str, Any]:
        name = {} if self.operation_name is None else {"operationName": self.operation_name}
        more = {"variables": self.variables, "extensions": {"executor": executor}}
        return {"query": self.query} | more | name


@contextmanager
def stopped_clock() -> Iterator[None]:
    """It stands still, but can be shifted: what passes between two requests makes no difference."""
    at = clock.now() - clock.shifted()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: at + clock.shifted())
        yield


async def answered_alike(client: Client, asked: Asked, who: str = "somebody") -> dict[str, Any]:
    """The answer, with what tells of the executor. Fails where the other executor answers anything else.

    With a stopped clock, and where nothing else changes meanwhile.
    """
    try:
        one, other = [await client.send(asked.by(executor)) for executor in ("any", "ordinary")]
        answer = one.json()
        difference = first_difference(_told(one), _told(other))
        assert difference is None, difference
        assert "INTERNAL" not in codes(answer), answer["errors"]
        assert ran(answer) != "ordinary FAILED", "the compiled executor failed"
    except BaseException as error:
        error.add_note(shown(asked, who))
        raise
    return answer


Send = Callable[[Client, Any], Awaitable[httpx.Response]]


def of_both(send: Send) -> Send:
    """Sends, and asks the other executor for the answer to each query, too.

    What differs once may be time that has passed, or a change meanwhile; what differs each time is not.
    """

    async def sent(client: Client, body: Any) -> httpx.Response:
        response = await send(client, body)
        if not _is_query(body) or counting():
            return response
        one, differences = response, []
        for _ in range(3):
            other = await send(client, body | {"extensions": {"executor": "ordinary"}})
            differences.append(first_difference(_told(one), _told(other)))
            if differences[-1] is None:
                return response
            one = await send(client, body)
        asked = Asked(body["query"], body.get("variables") or {}, body.get("operationName"))
        pytest.fail(f"{differences}\n{shown(asked, 'whoever asks')}")

    return sent


def _is_query(body: Any) -> bool:
    """As far as its text shows at a glance."""
    text = body.get("query") if isinstance(body, dict) and "extensions" not in body else None
    return isinstance(text, str) and "mutation" not in text and "subscription" not in text


def codes(answer: dict[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in answer.get("errors", [])]


def ran(answer: dict[str, Any]) -> str:
    """Which executor answered, and why not the compiled one. Empty where the request was refused before any did."""
    told = answer.get("extensions", {}).get("executor", {})
    return " ".join(told[name] for name in ("ran", "why") if name in told)


def _told(response: httpx.Response) -> dict[str, Any]:
    body = response.json()
    body.get("extensions", {}).pop("executor", None)
    headers = {name: response.headers.get(name) for name in HEADERS}
    return {"status": response.status_code, "headers": headers, "body": body}


def first_difference(one: Any, other: Any, at: str = "") -> str | None:
    """Where two answers part, the order of fields included, which is the query's."""
    if type(one) is not type(other):
        return f"{at or '.'}: {one!r} where the ordinary executor answers {other!r}"
    if isinstance(one, dict):
        if list(one) != list(other):
            return f"{at or '.'}: fields {list(one)} where the ordinary executor answers {list(other)}"
        parts = ((f"{at}.{name}", one[name], other[name]) for name in one)
    elif isinstance(one, list):
        if len(one) != len(other):
            return f"{at}: {len(one)} rows where the ordinary executor answers {len(other)}"
        parts = (
            (f"{at}[{n}]", mine, others) for n, (mine, others) in enumerate(zip(one, other, strict=True))
        )
    else:
        return None if one == other else f"{at or '.'}: {one!r} where the ordinary executor answers {other!r}"
    differences = (first_difference(mine, others, place) for place, mine, others in parts)
    return next((found for found in differences if found is not None), None)


def shown(asked: Asked, who: str) -> str:
    variables = json.dumps(asked.variables, indent=2)
    named = f"\noperation {asked.operation_name}" if asked.operation_name is not None else ""
    return f"as {who}, {clock.shifted()} from now:{named}\n{asked.query}\nvariables {variables}"
