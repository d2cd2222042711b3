"""A GraphQL request as it comes in, by whichever way."""

from dataclasses import dataclass
from typing import Any

from litestar.exceptions import HTTPException

# Reading a document holds the event loop: 10 MB of it would take seconds. Its values belong into `variables`.
MOST_DOCUMENT = 100_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A GraphQL request as it came in."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None


def bad(detail: str, status: int = 400, headers: dict[str, str] | None = None) -> HTTPException:
    return HTTPException(detail=detail, status_code=status, headers=headers)


def read(given: Any) -> Asked:
    if not isinstance(given, dict):
        raise bad("the body must be one JSON object with `query`; batches are not taken")
    query, variables, name = (given.get(key) for key in ("query", "variables", "operationName"))
    if not isinstance(query, str) or not query.strip():
        raise bad("`query` must be the text of a GraphQL document")
    if len(query) > MOST_DOCUMENT:
        raise bad("`query` is too long", 413)
    if variables is not None and not isinstance(variables, dict):
        raise bad("`variables` must be a JSON object")
    if name is not None and not isinstance(name, str):
        raise bad("`operationName` must be a text")
    return Asked(query, variables, name)
