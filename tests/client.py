"""People at the API: real HTTP requests to the real application, without a socket."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import Any

import httpx

from jejak.api import app as application
from jejak.api.app import create_app
from jejak.domain import clock, db, secret
from jejak.domain.access import Viewer
from jejak.domain.tables.person import Person
from jejak.domain.tables.task import Task
from jejak.graphql import ids
from jejak.graphql.limits import Known
from jejak.graphql.schema import Schema, build_schema
from jejak.settings import Limits, Settings

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


# As for everybody, but for how often: a test asks more often than a person does.
SETTINGS = Settings(limits=Limits(per_minute=10_000_000, burst=10_000_000, at_once=1_000, at_once_each=1_000))


_built = cache(build_schema)


def _as_new(limits: Limits, *, introspection: bool) -> Schema:
    """Applications of the same limits have one schema, which takes longer to build than most tests. It learns nothing
    but documents.
    """
    schema = _built(limits, introspection=introspection)
    schema.known = Known(schema)
    return schema


application.build_schema = _as_new


@cache
def http() -> httpx.AsyncClient:
    """The application of most tests."""
    return over(create_app(SETTINGS))


def over(app: Any, base_url: str = "http://jejak.test", **transport: Any) -> httpx.AsyncClient:
    """An application of a test's own."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, **transport), base_url=base_url)


@dataclass(frozen=True, slots=True)
class Client:
    """`post` and `do` fail a test by themselves on a 5xx, on an answer that tells of the inside, and on a request
    that needs more than half of any limit: what the tests ask for is what front ends ask for. `near_limits` is for
    tests about the limits themselves.
    """

    token: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    near_limits: bool = False

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
        if not self.near_limits:
            assert beyond_half(response.json()) == []
        return response

    def at_limits(self) -> "Client":
        """The same person, who may ask for as much as there is."""
        return replace(self, near_limits=True)

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


def beyond_half(answer: dict[str, Any]) -> list[str]:
    """Of what its cost tells, that which is more than half of the most."""
    cost = answer.get("extensions", {}).get("cost")
    return [name for name, most in cost["most"].items() if cost[name] > most / 2] if cost else []


NOBODY = Client()


async def as_(who: Person | Viewer, **headers: str) -> Client:
    """Signed in as `who`, without the slow work that a password takes."""
    person_id = who.person_id if isinstance(who, Viewer) else who.id
    token = f"test_{secrets.token_hex(16)}"
    now = clock.now()
    await db.execute(
        """
        with begun as (
            insert into session (id, person_id, browser, address, agent, created_at, used_at, expires_at)
            values ($1, $2, false, '', '', $3, $3, $4) returning id, expires_at
        )
        insert into session_token (id, session_id, kind, token_hash, expires_at)
        select id, id, 'ACCESS', $5, expires_at from begun
        """,
        db.new_id(),
        person_id,
        now,
        now + timedelta(hours=1),
        secret.digest(token),
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
    return build_schema()._schema


def gid(thing: Any) -> str:
    """The global id of a row."""
    return ids.encode(type(thing).__name__, thing.id)


def versioned(task: Task, **more: Any) -> dict[str, Any]:
    return {"taskId": gid(task), "expectedVersion": task.version} | more
