"""What a query asks of the database, to look at: its statement, what fills it, and PostgreSQL's plan."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from graphql import GraphQLError

from jejak.domain import access, db
from jejak.domain.access import Standing, Viewer
from jejak.domain.errors import Refused
from jejak.graphql.reading.compile import Compiler
from jejak.graphql.reading.cost import Cost
from jejak.graphql.reading.operation import NotCompiled, Operation, Why
from jejak.graphql.reading.plan import Plan, write
from jejak.graphql.reading.request import Request
from jejak.graphql.reading.statement import Statement
from jejak.settings import Limits

# Sees everything and is no row of any table.
HEADQUARTERS = replace(access.SYSTEM, person_id=UUID(int=0), credential=UUID(int=0))
_BROUGHT = "<what the token brings>"


@dataclass(frozen=True, slots=True)
class Explained:
    """A statement; the values of its parameters; what was asked while it was written, with the answers; the most rows."""

    sql: str
    values: Sequence[Any]
    answers: Sequence[tuple[str, Any]]
    rows: int


def as_by_token(viewer: Viewer) -> Viewer:
    """As somebody whom the API has looked up by a token, which is none: no statement then reads without a look at it."""
    return replace(viewer, standing=Standing(_BROUGHT, _BROUGHT))


def compiled(operation: Operation, request: Request, limits: Limits) -> Explained:
    """The whole operation as one statement. Refuses, by NotCompiled, what the ordinary executor would answer."""
    if not operation.reads:
        raise NotCompiled(Why.OPERATION)
    plan = operation.plan(request, limits)
    return Explained(plan.sql, _values(plan, request), operation.answers(request), plan.rows)


def ordinary(operation: Operation, request: Request, limits: Limits) -> dict[str, Explained]:
    """The statements of its fields, by their keys, as the ordinary executor issues them; those that have none are left out.

    Refuses as `compiled` does.
    """
    if not operation.reads:
        raise NotCompiled(Why.OPERATION)
    cost = Cost(limits=limits)
    found = {}
    for key, nodes in operation.fields(Statement(request)).items():
        statement = Statement(request, cost)
        compiler = Compiler(operation.schema, operation.fragments, statement)
        try:
            plan = write(compiler, operation.field(compiler, nodes))
        except NotCompiled:
            continue
        except (Refused, GraphQLError) as refused:
            raise NotCompiled(Why.REFUSED) from refused
        answers = [(question.about, answer) for question, answer in statement.asked]
        found[key] = Explained(plan.sql, _values(plan, request), answers, plan.rows)
    return found


def _values(plan: Plan, request: Request) -> list[Any]:
    # Of what no table holds nothing is asked: no statement hangs on it.
    try:
        return plan.values(request)
    except Refused as refused:
        raise NotCompiled(Why.REFUSED) from refused


async def plan_of(explained: Explained, *, analyze: bool) -> str:
    """PostgreSQL's plan; `analyze` runs the statement, in a transaction that can only read."""
    options = "analyze, buffers" if analyze else "costs"
    async with db.transaction():
        await db.execute("set transaction read only")
        lines = await db.fetch(f"explain ({options}) {explained.sql}", *explained.values)
    return "\n".join(line[0] for line in lines)
