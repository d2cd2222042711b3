"""How the domain refuses: a closed set of codes, each with the path of the input that it is about."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

Path = tuple[str | int, ...]


class Code(StrEnum):
    """Every reason there is. Stable: clients switch on it; the words for it stand in `texts`."""

    ALREADY_ACKNOWLEDGED = "ALREADY_ACKNOWLEDGED"
    BAD_REQUEST = "BAD_REQUEST"
    BUSY = "BUSY"
    CLIENT_ID_REUSED = "CLIENT_ID_REUSED"
    EMAIL_NOT_VERIFIED = "EMAIL_NOT_VERIFIED"
    ESCALATION_ENDED = "ESCALATION_ENDED"
    EVIDENCE_REQUIRED = "EVIDENCE_REQUIRED"
    FORBIDDEN = "FORBIDDEN"
    FORBIDDEN_URL = "FORBIDDEN_URL"
    FOREIGN_ORIGIN = "FOREIGN_ORIGIN"
    FOUR_EYES = "FOUR_EYES"
    FUTURE_DATE = "FUTURE_DATE"
    GONE = "GONE"
    GUESSABLE_PASSWORD = "GUESSABLE_PASSWORD"  # noqa: S105 -- a code, not a password
    HAS_OPEN_TASKS = "HAS_OPEN_TASKS"
    HAS_OPEN_UNITS = "HAS_OPEN_UNITS"
    INTERNAL = "INTERNAL"
    INTROSPECTION_OFF = "INTROSPECTION_OFF"
    INVALID_CHOICE = "INVALID_CHOICE"
    INVALID_CODE = "INVALID_CODE"
    INVALID_EMAIL = "INVALID_EMAIL"
    INVALID_FEATURE = "INVALID_FEATURE"
    INVALID_HOURS = "INVALID_HOURS"
    INVALID_ID = "INVALID_ID"
    INVALID_KIND = "INVALID_KIND"
    INVALID_PAGE = "INVALID_PAGE"
    INVALID_RULE = "INVALID_RULE"
    INVALID_TEXT = "INVALID_TEXT"
    INVALID_TIMEZONE = "INVALID_TIMEZONE"
    INVALID_URL = "INVALID_URL"
    INVITATION_ENDED = "INVITATION_ENDED"
    LAST_ADMINISTRATOR = "LAST_ADMINISTRATOR"
    NO_OWNER = "NO_OWNER"
    NO_UNITS = "NO_UNITS"
    NOT_ACCEPTED = "NOT_ACCEPTED"
    NOT_ESCALATED = "NOT_ESCALATED"
    NOT_FOUND = "NOT_FOUND"
    NOT_STAFF = "NOT_STAFF"
    NO_ACCOUNT = "NO_ACCOUNT"
    NOT_WHOLE_DAYS = "NOT_WHOLE_DAYS"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    PARENT_REFUSED = "PARENT_REFUSED"
    PAST_DATE = "PAST_DATE"
    RATE_LIMITED = "RATE_LIMITED"
    REQUIRED = "REQUIRED"
    SAME_PERSON = "SAME_PERSON"
    SESSION_ENDED = "SESSION_ENDED"
    SIGN_IN_EXPIRED = "SIGN_IN_EXPIRED"
    SIGN_IN_REFUSED = "SIGN_IN_REFUSED"
    SIGN_IN_UNAVAILABLE = "SIGN_IN_UNAVAILABLE"
    SNOOZE_LIMIT = "SNOOZE_LIMIT"
    STALE = "STALE"
    TAKEN = "TAKEN"
    TIMED_OUT = "TIMED_OUT"
    TOO_COMPLEX = "TOO_COMPLEX"
    TOO_COSTLY = "TOO_COSTLY"
    TOO_LARGE = "TOO_LARGE"
    TOO_LONG = "TOO_LONG"
    TOO_MANY = "TOO_MANY"
    TOO_MANY_ATTEMPTS = "TOO_MANY_ATTEMPTS"
    TREE_CYCLE = "TREE_CYCLE"
    UNAVAILABLE = "UNAVAILABLE"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    UNITS_WITHOUT_OWNER = "UNITS_WITHOUT_OWNER"
    UNIT_CLOSED = "UNIT_CLOSED"
    UNKNOWN_DOCUMENT = "UNKNOWN_DOCUMENT"
    UNREADABLE_CALENDAR = "UNREADABLE_CALENDAR"
    UNREADABLE_FILE = "UNREADABLE_FILE"
    UNSUPPORTED_RECURRENCE = "UNSUPPORTED_RECURRENCE"
    WEAK_PASSWORD = "WEAK_PASSWORD"  # noqa: S105 -- a code, not a password
    WRONG_CREDENTIALS = "WRONG_CREDENTIALS"
    WRONG_CSRF_TOKEN = "WRONG_CSRF_TOKEN"  # noqa: S105 -- a code, not a token
    WRONG_HOST = "WRONG_HOST"
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
