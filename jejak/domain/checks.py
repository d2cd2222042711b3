"""What every text, number and date from outside must satisfy. Collects all problems of an input, then refuses once."""

import re
import unicodedata
from datetime import date
from typing import Self
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from jejak.domain import clock
from jejak.domain.errors import Code, Path, Problem, Refused

TITLE = 200
BODY = 5_000
REASON = 1_000
MOST_YEARS_AHEAD = 10
EARLIEST_YEAR = 2000
# Line breaks and tabs are part of people's texts; other control characters are not, and PostgreSQL stores no NUL.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,31}")
_FEATURE = re.compile(r"[A-Z0-9][A-Z0-9_./-]{0,63}")
# Every zone that PostgreSQL knows too; these two are the machine's own and mean nothing elsewhere.
_ZONES = frozenset(available_timezones() - {"localtime", "Factory"})
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


class Checks:
    """`with Checks() as checks: ...` refuses at the end of the block with every problem found."""

    def __init__(self, at: Path = (), problems: list[Problem] | None = None) -> None:
        self._at = at
        self.problems: list[Problem] = [] if problems is None else problems

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and self.problems:
            raise Refused.because(self.problems)

    def at(self, *path: str | int) -> "Checks":
        """The same collection, for a part of the input."""
        return Checks(self._at + path, self.problems)

    def refuse(self, code: Code, *path: str | int, **values: object) -> None:
        self.problems.append(Problem(code, self._at + path, values))

    def text(self, value: str | None, name: str, *, most: int, required: bool = True) -> str:
        """Trimmed and in Unicode's composed form; at most `most` characters, counted before the trim."""
        if value is not None and len(value) > most:
            self.refuse(Code.TOO_LONG, name, most=most)
            return ""
        if value is not None and not storable(value):
            self.refuse(Code.INVALID_TEXT, name)
            return ""
        cleaned = unicodedata.normalize("NFC", value or "").strip()
        if required and not cleaned:
            self.refuse(Code.REQUIRED, name)
        return cleaned

    def between(self, value: int | None, least: int, most: int, name: str) -> None:
        if value is not None and not least <= value <= most:
            self.refuse(Code.OUT_OF_RANGE, name, least=least, most=most)

    def at_most(self, count: int, most: int, name: str) -> None:
        if count > most:
            self.refuse(Code.TOO_MANY, name, most=most)

    def not_past(self, value: date, zone: str, name: str) -> None:
        today = clock.today(zone)
        if value < today:
            self.refuse(Code.PAST_DATE, name)
        elif value.year > today.year + MOST_YEARS_AHEAD:
            self.refuse(Code.OUT_OF_RANGE, name, least=today.year, most=today.year + MOST_YEARS_AHEAD)

    def not_future(self, value: date, zone: str, name: str) -> None:
        today = clock.today(zone)
        if value > today:
            self.refuse(Code.FUTURE_DATE, name)
        elif value.year < EARLIEST_YEAR:
            self.refuse(Code.OUT_OF_RANGE, name, least=EARLIEST_YEAR, most=today.year)

    def code(self, value: str, name: str) -> str:
        cleaned = value.strip().upper()
        if not _CODE.fullmatch(cleaned):
            self.refuse(Code.INVALID_CODE, name)
        return cleaned

    def feature(self, value: str, name: str) -> str:
        """What an app calls a part of it: a code that may be longer, with dots and slashes."""
        cleaned = value.strip().upper()
        if not _FEATURE.fullmatch(cleaned):
            self.refuse(Code.INVALID_FEATURE, name)
        return cleaned

    def email(self, value: str, name: str) -> str:
        cleaned = value.strip().lower()
        if len(cleaned) > TITLE or not storable(cleaned) or not _EMAIL.fullmatch(cleaned):
            self.refuse(Code.INVALID_EMAIL, name)
        return cleaned

    def timezone(self, value: str, name: str) -> str:
        if value not in _ZONES:
            self.refuse(Code.INVALID_TIMEZONE, name)
        return value

    def url(self, value: str | None, name: str) -> str | None:
        if value is None:
            return None
        cleaned = self.text(value, name, most=2_000)
        try:
            parts = urlsplit(cleaned)
            valid = (
                parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", cleaned)
            )
        except ValueError:
            valid = False
        if cleaned and not valid:
            self.refuse(Code.INVALID_URL, name)
        return cleaned


def storable(value: str) -> bool:
    """Whether it is text: no control characters but line breaks and tabs, and no lone surrogates."""
    return _UNSTORABLE.search(value) is None
