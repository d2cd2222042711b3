"""How the domain refuses: a closed set of codes, each with the path of the input that it is about."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

Path = tuple[str | int, ...]


class Code(StrEnum):
    """Every reason there is. Stable: clients switch on it; the words for it stand in `texts`."""

    BAD_REQUEST = "BAD_REQUEST"
    CLIENT_ID_REUSED = "CLIENT_ID_REUSED"
    EVIDENCE_REQUIRED = "EVIDENCE_REQUIRED"
    FORBIDDEN = "FORBIDDEN"
    FOUR_EYES = "FOUR_EYES"
    FUTURE_DATE = "FUTURE_DATE"
    GONE = "GONE"
    HAS_OPEN_TASKS = "HAS_OPEN_TASKS"
    HAS_OPEN_UNITS = "HAS_OPEN_UNITS"
    INTERNAL = "INTERNAL"
    INVALID_CODE = "INVALID_CODE"
    INVALID_EMAIL = "INVALID_EMAIL"
    INVALID_ID = "INVALID_ID"
    INVALID_KIND = "INVALID_KIND"
    INVALID_PAGE = "INVALID_PAGE"
    INVALID_TEXT = "INVALID_TEXT"
    INVALID_TIMEZONE = "INVALID_TIMEZONE"
    INVALID_URL = "INVALID_URL"
    LAST_ADMINISTRATOR = "LAST_ADMINISTRATOR"
    NO_OWNER = "NO_OWNER"
    NOT_ACCEPTED = "NOT_ACCEPTED"
    NOT_FOUND = "NOT_FOUND"
    NOT_STAFF = "NOT_STAFF"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    PAST_DATE = "PAST_DATE"
    REQUIRED = "REQUIRED"
    STALE = "STALE"
    TAKEN = "TAKEN"
    TOO_COSTLY = "TOO_COSTLY"
    TOO_LARGE = "TOO_LARGE"
    TOO_LONG = "TOO_LONG"
    TOO_MANY = "TOO_MANY"
    TREE_CYCLE = "TREE_CYCLE"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    UNIT_CLOSED = "UNIT_CLOSED"
    UNREADABLE_FILE = "UNREADABLE_FILE"
    WEAK_PASSWORD = "WEAK_PASSWORD"  # noqa: S105 -- a code, not a password
    WRONG_CREDENTIALS = "WRONG_CREDENTIALS"
    WRONG_KIND = "WRONG_KIND"
    WRONG_STATUS = "WRONG_STATUS"


@dataclass(frozen=True, slots=True)
class Problem:
    code: Code
    path: Path = ()
    values: dict[str, Any] = field(default_factory=dict)


class Refused(Exception):  # noqa: N818 -- a refusal is an answer, not a fault
    """What was asked for may not be. Nothing has been written."""

    def __init__(self, code: Code, *path: str | int, **values: Any) -> None:
        super().__init__(code)
        self.problems: tuple[Problem, ...] = (Problem(code, path, values),)

    @classmethod
    def because(cls, problems: list[Problem]) -> Self:
        refusal = cls(problems[0].code)
        refusal.problems = tuple(problems)
        return refusal

    @property
    def code(self) -> Code:
        return self.problems[0].code
