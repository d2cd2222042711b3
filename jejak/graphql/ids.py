"""Relay's global ids: a type's name and a key, opaque to clients, stable for ever."""

import binascii
from base64 import b64decode, b64encode
from uuid import UUID

from jejak.domain.errors import Code, Path, Refused


def encode(type_name: str, key: UUID | str) -> str:
    return b64encode(f"{type_name}:{key}".encode()).decode()


def encoded_in_sql(type_name: str, key: str) -> str:
    """`encode` as an SQL expression over the uuid expression `key`."""
    # 64 characters at the most for our names, so that PostgreSQL, which breaks lines at 76, adds none.
    return f"encode(convert_to('{type_name}:' || {key}, 'UTF8'), 'base64')"


def split(value: str, *at: str | int) -> tuple[str, UUID]:
    """The type's name and the key. Refuses INVALID_ID."""
    try:
        name, written = b64decode(value, validate=True).decode().split(":")
        key = UUID(written)
        if encode(name, key) != value:
            # One thing has one id: clients compare ids as texts.
            raise ValueError(value)  # noqa: TRY301 -- all ways of being no id end alike
    except (binascii.Error, ValueError):
        raise Refused(Code.INVALID_ID, *at) from None
    return name, key


def decode(value: str, type_name: str, at: Path = ()) -> UUID:
    """The key, if the id is one of `type_name`'s. Refuses INVALID_ID."""
    name, key = split(value, *at)
    if name != type_name:
        raise Refused(Code.INVALID_ID, *at)
    return key
