"""A GraphQL request as it comes in, by whichever way."""

from dataclasses import dataclass
from typing import Any

from jejak.api.errors import HttpRefused, bad
from jejak.domain.errors import Code, Problem
from jejak.graphql.context import Execution
from jejak.settings import Limits


@dataclass(frozen=True, slots=True)
class Asked:
    """`query` is the document's text, empty where the document is named by `document_id`.

    `executor`: the client wants to be told which one answers ("any"), or wants none but the "ordinary" one.
    """

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    document_id: str | None = None
    executor: str | None = None


def read(given: Any, limits: Limits) -> Asked:
    """What a JSON body asks for; what it holds besides is passed over. Refuses BAD_REQUEST (400), TOO_LARGE (413)."""
    if not isinstance(given, dict):
        raise bad("the body must be one JSON object with `query`; batches are not taken")
    query, document_id = given.get("query"), given.get("documentId")
    if document_id is not None:
        if not isinstance(document_id, str) or not document_id:
            raise bad("`documentId` must be a text")
        if query is not None:
            raise bad("send `query` or `documentId`, not both")
    elif not isinstance(query, str) or not query.strip():
        raise bad("`query` must be the text of a GraphQL document")
    elif len(query) > limits.characters:
        raise HttpRefused(Problem(Code.TOO_LARGE), 413)
    name = given.get("operationName")
    if name is not None and not isinstance(name, str):
        raise bad("`operationName` must be a text")
    executor = (_map(given, "extensions") or {}).get("executor")
    if executor is not None and not (isinstance(executor, str) and executor in {"any", "ordinary"}):
        raise bad('`extensions.executor` must be "any" or "ordinary"')
    return Asked(query or "", _map(given, "variables"), name, document_id, executor)


def execution_of(asked: Asked) -> Execution:
    return Execution(told=asked.executor is not None, ordinary=asked.executor == "ordinary")


def _map(given: dict[str, Any], name: str) -> dict[str, Any] | None:
    value = given.get(name)
    if value is not None and not isinstance(value, dict):
        raise bad(f"`{name}` must be a JSON object")
    return value
