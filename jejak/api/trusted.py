"""Trusted documents: with a list of them the service runs those alone, by their ids or word for word."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import strawberry
from graphql import GraphQLError, validate

from jejak.api.asked import Asked
from jejak.domain.errors import Code, Refused
from jejak.domain.texts import message
from jejak.domain.vocabulary import Language
from jejak.graphql.limits import read
from jejak.graphql.reading.cost import Cost
from jejak.settings import Limits, SettingsError

SHA256 = "sha256:"
# The draft's own prefix, an application's, or a plain name.
_ID = re.compile(r"sha256:[0-9a-f]{64}|(x-[\w.~-]+:)?[\w.~-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Trusted:
    """The documents by id."""

    documents: Mapping[str, str]
    texts: frozenset[str]


def look_up(asked: Asked, trusted: Trusted | None) -> Asked:
    """What is to be run, with its text. Refuses UNKNOWN_DOCUMENT for what is not on the list, or names one without it."""
    if trusted is None:
        if asked.document_id is not None:
            raise Refused(Code.UNKNOWN_DOCUMENT)
        return asked
    if asked.document_id is None:
        if asked.query not in trusted.texts:
            raise Refused(Code.UNKNOWN_DOCUMENT)
        return asked
    if asked.document_id not in trusted.documents:
        raise Refused(Code.UNKNOWN_DOCUMENT)
    return replace(asked, query=trusted.documents[asked.document_id])


def load(file: Path, schema: strawberry.Schema, limits: Limits) -> Trusted:
    """The list in `file`, each document of which runs on `schema`. Refuses, by SettingsError, one that would not."""
    try:
        given = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{file} cannot be read as JSON: {error}") from None
    if not isinstance(given, dict) or not all(isinstance(text, str) for text in given.values()):
        raise SettingsError(
            f"{file} is not one JSON object of ids and documents; make it by: jejak trust-documents"
        )
    for name, text in given.items():
        if not _ID.fullmatch(name) or (name.startswith(SHA256) and name != sha256(text)):
            raise SettingsError(f"{file}: {name!r} is no id, or the document under it is another one")
        wrong = problem(text, schema, limits)
        if wrong:
            raise SettingsError(f"{file}: the document {name} would not run: {wrong}")
    return Trusted(MappingProxyType(given), frozenset(given.values()))


def sha256(text: str) -> str:
    """The id of a document by its text."""
    return SHA256 + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def problem(text: str, schema: strawberry.Schema, limits: Limits) -> str | None:
    """Why a document would be refused, in one line; None for one that runs."""
    try:
        document = read(text, Cost(limits=limits))
    except Refused as refused:
        return message(refused.problems[0], Language.EN)
    except GraphQLError as error:
        return error.message
    errors = validate(schema._schema, document)  # noqa: SLF001 -- graphql-core's, which Strawberry gives no other way to
    return errors[0].message if errors else None


def gather(folder: Path, schema: strawberry.Schema, limits: Limits, *, named: bool) -> dict[str, str]:
    """The `.graphql` files below `folder`, by sha256 or by their names. Refuses, by SettingsError, one that would not run."""
    found: dict[str, str] = {}
    for file in sorted(folder.rglob("*.graphql")):
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise SettingsError(f"{file} cannot be read: {error}") from None
        wrong = problem(text, schema, limits)
        if wrong:
            raise SettingsError(f"{file} would not run: {wrong}")
        name = file.stem if named else sha256(text)
        if not _ID.fullmatch(name):
            raise SettingsError(f"{file}: its name is no id; use letters, digits, '-', '.', '_' and '~'")
        if found.setdefault(name, text) != text:
            raise SettingsError(
                f"{file}: there is another document of this name; give one of them another name"
            )
    if not found:
        raise SettingsError(f"there is no .graphql file in {folder}")
    return found
