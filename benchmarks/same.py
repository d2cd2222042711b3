"""Whether contenders say the same. Their names for things differ, and so do their ids; what these stand for does not."""

import binascii
import re
from base64 import b64decode
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_KIND = re.compile(r"[a-z_]+\.[a-z_]+")  # of an event, as the table has it


def plain(body: bytes) -> Any:
    """An answer's data without what each writes in its own way. Refuses, by ValueError, an answer with errors."""
    answer = orjson.loads(body)
    if "errors" in answer:
        raise ValueError(body[:500].decode())
    return _plain(answer["data"])


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        # A cursor is good for whoever gave it.
        return {_camel(key): _plain(one) for key, one in value.items() if key != "endCursor"}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return _text(value) if isinstance(value, str) else value


def _camel(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(map(str.capitalize, more))


def _text(value: str) -> str:
    if _MOMENT.match(value):
        return datetime.fromisoformat(value).astimezone(UTC).isoformat()
    if _KIND.fullmatch(value):
        return value.replace(".", "_").upper()
    return _key(value) or value


def _key(value: str) -> str | None:
    """The row's key in a global id: `Task:...` in one, `["tasks", ...]` in the other."""
    try:
        decoded = b64decode(value, validate=True).decode()
        key = orjson.loads(decoded)[1] if decoded.startswith("[") else decoded.split(":")[1]
        return str(UUID(key))
    except (binascii.Error, ValueError, IndexError):
        return None
