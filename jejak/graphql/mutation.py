"""What all mutations share: input -> frozen change -> domain function -> payload. Translates, decides nothing."""

import dataclasses
import inspect
import types
import typing
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import strawberry

from jejak.domain import access, db
from jejak.domain.access import Viewer
from jejak.domain.bulk import Unread
from jejak.domain.errors import Refused
from jejak.graphql import ids
from jejak.graphql.context import Info
from jejak.graphql.errors import user_errors
from jejak.graphql.reading.schema import rehearse

REF = "ref"
CLIENT_ID = "Makes a retry safe: the same id again returns the first result. At most 100 characters."
VERSION = "The `version` that was read; another one now is refused as STALE."
_DEADLOCKS = 3


def ref(type_name: str, description: str, *, optional: bool = False) -> Any:
    """An input field that holds the global id of a `type_name`."""
    extra: dict[str, Any] = {"default": strawberry.UNSET} if optional else {}
    return strawberry.field(description=description, metadata={REF: type_name}, **extra)


def given(description: str, default: Any = dataclasses.MISSING) -> Any:
    """A plain input field; required without a default."""
    if default is dataclasses.MISSING:
        return strawberry.field(description=description)
    if isinstance(default, list):
        return strawberry.field(description=description, default_factory=list)
    return strawberry.field(description=description, default=strawberry.UNSET if default is None else default)


def errors() -> Any:
    """The field of every payload that says why not, if not."""
    return strawberry.field(description="Empty where it was done.", default_factory=list)


def mutation(  # noqa: PLR0917 -- a declaration, read top to bottom
    takes: type,
    change: type,
    act: Callable[..., Awaitable[Any]],
    payload: type,
    shows: Callable[[Any], dict[str, Any]],
    description: str,
    *,
    current: str | None = None,
) -> Any:
    """`shows` says what of the result the payload holds; `current` names the input whose object a refusal shows as it is."""

    async def resolve(info: Info, input: Any) -> Any:  # noqa: A002 -- Relay's name
        viewer = access.signed_in(info.context.viewer)
        rehearse(info.schema, info._raw_info, number_of_rows(input))  # noqa: SLF001
        try:
            made = await done(act, viewer, translate(input, change))
        except Refused as refused:
            errors = user_errors(refused, info.context.language)
            return payload(errors=errors, **as_it_is(input, payload, current))
        return payload(errors=[], **shows(made))

    return field(resolve, takes, payload, description)


def number_of_rows(given: Any) -> int:
    """How many objects an input has in lists, however deep, and one at least: a payload holds no more of a kind."""
    return max(1, _listed(given))


def _listed(given: Any) -> int:
    if isinstance(given, list):
        return len(given) + sum(map(_listed, given))
    if dataclasses.is_dataclass(given):
        return sum(_listed(getattr(given, f.name)) for f in dataclasses.fields(given))
    return 0


async def done(act: Callable[..., Awaitable[Any]], viewer: Viewer, wanted: Any) -> Any:
    """Of two changes that wait for each other's rows PostgreSQL ends one: it has done nothing, and is done again."""
    for _ in range(_DEADLOCKS):
        try:
            return await act(viewer, wanted)
        except db.Deadlock:
            continue
    return await act(viewer, wanted)


def field(resolve: Callable[..., Awaitable[Any]], takes: type, payload: type, description: str) -> Any:
    argument = strawberry.argument(description="What to do.")
    resolve.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter("info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Info),
            inspect.Parameter(
                "input", inspect.Parameter.KEYWORD_ONLY, annotation=typing.Annotated[takes, argument]
            ),
        ],
        return_annotation=payload,
    )
    resolve.__annotations__ = {"info": Info, "input": typing.Annotated[takes, argument], "return": payload}
    return strawberry.mutation(resolver=resolve, description=description)


def as_it_is(given: Any, payload: type, current: str | None) -> dict[str, Any]:
    """The object that the refused change was about; the reader shows it only to whom it may be shown."""
    shown: dict[str, Any] = {f.name: None for f in dataclasses.fields(payload) if f.name != "errors"}
    if current is not None and getattr(given, current) not in {strawberry.UNSET, None}:
        declared = next(f for f in dataclasses.fields(given) if f.name == current)
        try:
            key = ids.decode(getattr(given, current), declared.metadata[REF])
        except Refused:
            return shown
        shown[current.removesuffix("_id")] = key
    return shown


def translate(given: Any, change: type, at: tuple[str | int, ...] = ()) -> Any:
    """The domain's dataclass for an input: same names, global ids decoded. Refuses INVALID_ID with its path."""
    hints = _hints(change)
    declared = {f.name: f for f in dataclasses.fields(given)}
    values: dict[str, Any] = {}
    for wanted in dataclasses.fields(change):
        if wanted.name in declared:
            if getattr(given, wanted.name) is strawberry.UNSET:
                continue
            here = (*at, wanted.name)
            values[wanted.name] = _value(
                getattr(given, wanted.name), declared[wanted.name], hints[wanted.name], here
            )
        elif dataclasses.is_dataclass(hints[wanted.name]):
            # A part that the input spells out flat, as `CreateTask.task`.
            values[wanted.name] = translate(given, hints[wanted.name], at)
    return change(**values)


@cache
def _hints(change: type) -> dict[str, Any]:
    return typing.get_type_hints(change)


def _value(value: Any, declared: Any, hint: Any, at: tuple[str | int, ...]) -> Any:
    if value is None:
        return None
    kind = declared.metadata.get(REF)
    if isinstance(value, list):
        (inner,) = typing.get_args(_not_null(hint))
        if isinstance(inner, types.UnionType) and Unread in typing.get_args(inner):
            (row_kind,) = (part for part in typing.get_args(inner) if part is not Unread)
            return [_row(one, row_kind, (*at, n)) for n, one in enumerate(value)]
        if kind:
            return [ids.decode(one, kind, (*at, n)) for n, one in enumerate(value)]
        if dataclasses.is_dataclass(inner):
            return [translate(one, typing.cast("type", inner), (*at, n)) for n, one in enumerate(value)]
        return value
    return ids.decode(value, kind, at) if kind else value


def _row(given: Any, kind: type, at: tuple[str | int, ...]) -> Any:
    """A row of a bulk change: what is wrong with it is not wrong with the others."""
    try:
        return translate(given, kind, at)
    except Refused as refused:
        return Unread(refused.problems)


def _not_null(hint: Any) -> Any:
    if isinstance(hint, types.UnionType):
        return next(part for part in typing.get_args(hint) if part is not type(None))
    return hint
