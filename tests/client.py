"""People at the API: real HTTP requests to the real application, without a socket."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

import httpx

from jejak.api.app import create_app
from jejak.domain import clock, db
from jejak.domain.access import Viewer
from jejak.domain.tables.person import Person
from jejak.domain.tables.task import Task
from jejak.graphql import ids

LEAKS = (
    "Traceback",
    "asyncpg",
    "piccolo",
    "psycopg",
    "site-packages",
    "json_build_object",
    "SELECT ",
    "select exists",
    "PostgresError",
)


@cache
def http() -> httpx.AsyncClient:
    """The application, made once: building its schema takes longer than most tests."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(create_app()), base_url="http://jejak.test")


@dataclass(frozen=True, slots=True)
class Client:
    """`post` and `do` fail a test by themselves on a 5xx, and on an answer that tells of the inside."""

    token: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def all_headers(self) -> dict[str, str]:
        return ({"Authorization": f"Bearer {self.token}"} if self.token else {}) | self.headers

    async def raw(self, query: str, variables: dict[str, Any] | None = None, **body: Any) -> httpx.Response:
        return await self.send({"query": query, "variables": variables or {}} | body)

    async def send(self, body: Any) -> httpx.Response:
        """Whatever `body` is."""
        response = await http().post("/graphql", json=body, headers=self.all_headers)
        assert response.status_code < 500, response.text[:2_000]
        told = [leak for leak in LEAKS if leak in response.text]
        assert not told, f"the answer tells {told}: {response.text[:2_000]}"
        return response

    async def post(self, query: str, **variables: Any) -> tuple[Any, list[dict[str, Any]]]:
        """The answer's data and its top-level errors."""
        answer = (await self.raw(query, variables)).json()
        return answer.get("data"), answer.get("errors", [])

    async def data(self, query: str, **variables: Any) -> Any:
        """The data of a query that has to go well."""
        data, errors = await self.post(query, **variables)
        assert errors == []
        return data

    async def do(self, mutation: str, shows: str = "__typename", **given: Any) -> dict[str, Any]:
        """A mutation's payload, refused or not."""
        data = await self.data(document(mutation, shows), input=given)
        payload: dict[str, Any] = data[mutation]
        return payload

    async def done(self, mutation: str, shows: str = "__typename", **given: Any) -> dict[str, Any]:
        """The payload of a mutation that has to be done."""
        payload = await self.do(mutation, shows, **given)
        assert problems(payload) == []
        return payload

    async def refusals(self, mutation: str, **given: Any) -> list[tuple[str, list[str]]]:
        """Code and path of everything that a mutation was refused for."""
        payload = await self.do(mutation, **given)
        return [(error["code"], error["path"][1:]) for error in problems(payload)]


NOBODY = Client()


async def as_(who: Person | Viewer, **headers: str) -> Client:
    """Signed in as `who`, without the slow work that a password takes."""
    person_id = who.person_id if isinstance(who, Viewer) else who.id
    token = f"test_{secrets.token_hex(16)}"
    now = clock.now()
    await db.execute(
        "insert into session (id, person_id, token_hash, created_at, expires_at) values ($1, $2, $3, $4, $5)",
        db.new_id(),
        person_id,
        hashlib.sha256(token.encode()).hexdigest(),
        now,
        now + timedelta(hours=1),
    )
    return Client(token, headers)


def document(mutation: str, shows: str = "__typename") -> str:
    """With every reason for a refusal, also those of the rows of a bulk mutation."""
    field = schema().mutation_type.fields[mutation]
    wrong = "errors { code path message }"
    if is_bulk(mutation):
        wrong += f" results {{ {wrong} }}"
    return (
        f"mutation ($input: {field.args['input'].type}) {{ {mutation}(input: $input) {{ {shows} {wrong} }} }}"
    )


def is_bulk(mutation: str) -> bool:
    return "results" in schema().mutation_type.fields[mutation].type.of_type.fields


def problems(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """Why a mutation was refused, as a whole or in its rows."""
    return payload["errors"] + [error for row in payload.get("results", []) for error in row["errors"]]


@cache
def schema() -> Any:
    """graphql-core's schema, to generate tests from."""
    from jejak.graphql.schema import build_schema  # noqa: PLC0415 -- slow, and not every user of this module wants it

    return build_schema()._schema


def gid(thing: Any) -> str:
    """The global id of a row."""
    return ids.encode(type(thing).__name__, thing.id)


def versioned(task: Task, **more: Any) -> dict[str, Any]:
    return {"taskId": gid(task), "expectedVersion": task.version} | more
