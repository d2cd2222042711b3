"""From the schema: every way in which every field of every mutation's input can be wrong, and what it is refused for."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLList, GraphQLNonNull

from jejak.domain import clock
from jejak.graphql import ids
from tests.client import gid, schema
from tests.graphql.world import World

Place = tuple[str | int, ...]
NUL = "a\x00b"
LONG = "x" * 10_000_000
BROKEN = "BAD_REQUEST"

# Words of their own for what is no text of theirs, whatever is wrong with it.
OWN_WORD = {
    "code": "INVALID_CODE",
    "email": "INVALID_EMAIL",
    "timezone": "INVALID_TIMEZONE",
    "clientMutationId": "INVALID_ID",
    "parentCode": "INVALID_CODE",
    "unitCode": "INVALID_CODE",
    "itemCode": "NOT_FOUND",
    "dimensionCode": "NOT_FOUND",
    "rule": "INVALID_RULE",
    "opens": "INVALID_HOURS",
    "closes": "INVALID_HOURS",
    "source": "INVALID_CODE",
    "feature": "INVALID_FEATURE",
}
# What is right or wrong, whatever is wrong with it.
SECRETS: dict[str, tuple[str]] = {
    "currentPassword": ("WRONG_CREDENTIALS",),
    "refreshToken": ("SESSION_ENDED",),
    "token": ("INVITATION_ENDED",),
}
# May be blank; the note of evidence only beside a link.
OPTIONAL = {"description", "narrative", "customerDid", "customerSaid", "note", "comment"}
# What the store's export leaves empty.
OPTIONAL_OF = {"importStoreReviews": {"versionName", "language", "device", "title", "text", "reply"}}
BOUNDS = {
    "progress": (0, 100),
    "weight": (1, 1_000),
    "severity": (1, 5),
    "reach": (1, 5),
    "emotion": (-2, 2),
    "targetMinutes": (0, 525_600),
    "actualMinutes": (0, 525_600),
    "dueInDays": (1, 500),
    "leadDays": (0, 60),
    "ceiling": (1, 24),
    "offsetDays": (-60, 60),
    "snoozeLimitDays": (0, 60),
    "acknowledgeDays": (1, 60),
    "weekday": (1, 7),
    "priorityFrom": (1, 25),
    "days": (1, 250),
    "validDays": (1, 30),
    "csat": (1, 5),
    "rating": (1, 5),
    "versionCode": (0, 2_100_000_000),
    "overall": (1, 5),
    "ces": (1, 7),
    "nps": (0, 10),
    "year": (2000, clock.now().year + 10),
    "number": (1, 100),
    "leastN": (1, 1_000_000),
}
# Where a mutation has others.
BOUNDS_OF = {("setKpiTargets", "year"): (2000, 2100)}
MOST = {
    "stages": 50,
    "painPoints": 20,
    "tasks": 100,
    "evidence": 20,
    "noticeIds": 500,
    "assignments": 500,
    "rows": 1_000,
    "requests": 1_000,
    "kinds": 10,
    "unitIds": 1_000,
    "preferences": 2,
    "rungs": 30,
    "days": 7,
    "hours": 6,
    "bands": 25,
    "ratings": 10_000,
    "targets": 500,
    "aspects": 6,
    "dimensions": 20,
    "items": 50,
    "visits": 500,
    "scores": 200,
}
MOST_ROWS = {
    ("createIssue", "painPointIds"): 500,
    ("addToIssue", "painPoints"): 500,
    ("removeFromIssue", "painPoints"): 500,
    ("tagStoreReviews", "reviews"): 500,
    ("createTasks", "tasks"): 500,
    ("updateTasks", "tasks"): 500,
    ("removeSpecialDays", "days"): 1_000,
}
# Which thing a field's id names; by default the field says it itself.
NAMED = {
    "parentId": "Unit",
    "ownerId": "Person",
    "recapturesId": "Journey",
    "fromId": "Person",
    "toId": "Person",
    "templateId": "AssessmentTemplate",
    "assessorId": "Person",
    "causeId": "ReviewCause",
}


@dataclass(frozen=True)
class Bad:
    """`at` is the field that is wrong; a broken request names it in its message, a refusal in its path."""

    why: str
    at: Place
    given: Any
    code: str
    path: Place | None = None

    def __str__(self) -> str:
        return f"{self.why} in {'.'.join(map(str, self.at))}"

    def into(self, valid: dict[str, Any]) -> dict[str, Any]:
        """The valid input with this one thing wrong."""
        wrong = deepcopy(valid)
        part: Any = wrong
        for step in self.at[:-1]:
            part = part[step]
        part[self.at[-1]] = self.given
        return wrong


def all_of(mutation: str, valid: dict[str, Any], world: World) -> list[Bad]:
    kind = schema().mutation_type.fields[mutation].args["input"].type.of_type
    return [*_extra(kind, ()), *_of_object(mutation, kind, valid, (), world)]


def _extra(kind: GraphQLInputObjectType, at: Place) -> Iterator[Bad]:
    yield Bad("an unknown field", (*at, "nonsense"), 1, BROKEN)


def _of_object(
    mutation: str, kind: GraphQLInputObjectType, valid: dict[str, Any], at: Place, world: World
) -> Iterator[Bad]:
    for name, field in kind.fields.items():
        here = (*at, name)
        required = isinstance(field.type, GraphQLNonNull)
        inner = field.type.of_type if required else field.type
        if required:
            yield Bad("null", here, None, BROKEN)
        yield from _of_value(mutation, inner, valid.get(name), here, world)


def _of_value(mutation: str, kind: Any, valid: Any, at: Place, world: World) -> Iterator[Bad]:
    kind = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    if isinstance(kind, GraphQLList):
        name = str(at[-1])
        most = MOST_ROWS.get((mutation, name)) or MOST[name]
        yield Bad("too many", at, valid * (most + 1), "TOO_MANY")
        if mutation in BULK and name in ROWS:
            yield Bad("nothing", at, [], "REQUIRED")
        yield from _of_value(mutation, kind.of_type, valid[0], (*at, 0), world)
    elif isinstance(kind, GraphQLInputObjectType):
        yield Bad("a text", at, "nonsense", BROKEN)
        yield from _extra(kind, at)
        yield from _of_object(mutation, kind, valid, at, world)
    elif isinstance(kind, GraphQLEnumType):
        yield from (
            Bad("no such value", at, wrong, BROKEN) for wrong in ("NONSENSE", "", NUL, 1, valid.lower())
        )
    else:
        yield from _SCALARS[kind.name](mutation, at, world)


def _text(mutation: str, at: Place, world: World) -> Iterator[Bad]:
    name = str(at[-1])
    yield Bad("a number", at, 7, BROKEN)
    yield Bad("a list", at, ["x"], BROKEN)
    secret = ("WRONG_CREDENTIALS", ("password",)) if mutation == "signIn" else SECRETS.get(name)
    if secret is not None:
        yield from (Bad("a wrong text", at, wrong, *secret) for wrong in (NUL, LONG, "", "  "))
        return
    if name in {"password", "newPassword"}:
        # Any character is good in a password: it is hashed, never stored.
        yield Bad("a short text", at, "x" * 14, "WEAK_PASSWORD")
        yield Bad("a common text", at, "password12345678", "GUESSABLE_PASSWORD")
        yield Bad("10 MB", at, LONG, "TOO_LONG")
        return
    yield Bad("a null byte", at, NUL, OWN_WORD.get(name, "INVALID_TEXT"))
    yield Bad("an escape", at, "a\x1b[31m", OWN_WORD.get(name, "INVALID_TEXT"))
    yield Bad("10 MB", at, LONG, OWN_WORD.get(name, "TOO_LONG"))
    if name == "url":
        yield from (
            Bad("no link", at, wrong, "INVALID_URL")
            for wrong in (
                "ftp://pln.example",
                "javascript:alert(1)",
                "http://",
                "https://a b",
                "http://[",
                "pln.example",
            )
        )
    if name not in OPTIONAL | OPTIONAL_OF.get(mutation, set()):
        blank = "REQUIRED" if mutation == "importUnits" else OWN_WORD.get(name, "REQUIRED")
        yield Bad("an empty text", at, "", blank)
        if name != "clientMutationId":
            yield Bad("a blank text", at, " \n\t ", blank)
    if name == "email":
        yield from (
            Bad("no address", at, wrong, "INVALID_EMAIL")
            for wrong in ("a", "a@b", "@b.id", "a b@c.id", "a@b@c.id")
        )
    if name == "timezone":
        yield from (
            Bad("no zone", at, wrong, "INVALID_TIMEZONE")
            for wrong in ("WIB", "Asia", "../etc/passwd", "localtime", "Asia/Atlantis")
        )
    if name == "code":
        yield from (
            Bad("no code", at, wrong, "INVALID_CODE") for wrong in ("A/B", "-A", "A" * 33, "É", "A\nB")
        )


def _id(mutation: str, at: Place, world: World) -> Iterator[Bad]:
    name = str(at[-1] if isinstance(at[-1], str) else at[-2]).removesuffix("s") if at else ""
    kind = NAMED.get(name) or name[0].upper() + name.removesuffix("Id")[1:]
    other = "Task" if kind == "Unit" else "Unit"
    malformed = {
        "an empty id": "",
        "a plain key": str(uuid4()),
        "no base64": "not!base64",
        "a null byte": NUL,
        "an id without a key": ids.encode(kind, ""),
        "an id of a number": ids.encode(kind, "1"),
        "an id with more": ids.encode(kind, f"{uuid4()}:x"),
        "an id of another type": ids.encode(other, uuid4()),
        "an id in other letters": ids.encode(kind.lower(), uuid4()),
        "10 MB": LONG,
    }
    yield from (Bad(why, at, wrong, "INVALID_ID") for why, wrong in malformed.items())
    yield Bad("a list", at, [["x"]], BROKEN)
    yield Bad("a fraction", at, 1.5, BROKEN)
    if at != ("journeyId",) or mutation != "captureJourney":  # which there needs a version beside it
        yield Bad("an unknown id", at, ids.encode(kind, uuid4()), "NOT_FOUND")
    hidden = {"Unit": world.elsewhere} if kind == "Unit" and mutation not in SEES_ALL else {}
    yield from (Bad("an id of what is not seen", at, gid(thing), "NOT_FOUND") for thing in hidden.values())


# By people of headquarters, from whom nothing is hidden.
SEES_ALL = {
    "createUnit",
    "moveUnit",
    "closeUnit",
    "createPerson",
    "grantRole",
    "revokeRole",
    "importPeople",
    "rolloutInitiative",
    "extendRollout",
    "cancelRollout",
    "createRecurrence",
    "createRatingLink",
    "requestRatings",
    "updateRecurrence",
    "endRecurrence",
    "updateReminderRules",
    "setWorkingWeek",
    "setSpecialDays",
    "importSpecialDays",
    "createIssue",
    "updateIssue",
    "addToIssue",
    "removeFromIssue",
    "closeIssue",
    "reopenIssue",
    "assignIssue",
    "submitRatings",
    "setKpiTargets",
    "planVisits",
    "importStoreReviews",
    "tagStoreReviews",
    "createReviewCause",
    "updateReviewCause",
}
ROWS = {"tasks", "assignments", "rows", "requests", "ratings", "targets", "painPoints", "reviews", "visits"}
BULK = {
    "createTasks",
    "updateTasks",
    "assignPainPoints",
    "importUnits",
    "importPeople",
    "submitRatings",
    "requestRatings",
    "setKpiTargets",
}
BULK |= {"addToIssue", "removeFromIssue", "importAssessments", "importWaveResults"}
BULK |= {"importStoreReviews", "tagStoreReviews"}


def _int(mutation: str, at: Place, world: World) -> Iterator[Bad]:
    name = str(at[-1])
    yield from (
        Bad("no such number", at, wrong, BROKEN)
        for wrong in (2**31, -(2**31) - 1, 2**64, 1.5, "1", True, [[1]])
    )
    if name == "expectedVersion":
        if mutation != "captureJourney":
            yield from (Bad("another version", at, wrong, "STALE") for wrong in (0, -1, 999, 2**31 - 1))
        return
    least, most = BOUNDS_OF.get((mutation, name), BOUNDS[name])
    yield from (
        Bad("out of range", at, wrong, "OUT_OF_RANGE") for wrong in (least - 1, most + 1, -(2**31), 2**31 - 1)
    )


def _boolean(mutation: str, at: Place, world: World) -> Iterator[Bad]:
    yield from (Bad("no truth", at, wrong, BROKEN) for wrong in (1, "true", []))


def _date(mutation: str, at: Place, world: World) -> Iterator[Bad]:
    wrong = (
        "",
        "tomorrow",
        "2026-02-30",
        "2026-13-01",
        "10000-01-01",
        "0000-01-01",
        "2026-01-01T00:00:00",
        NUL,
        20260101,
        True,
    )
    yield from (Bad("no day", at, one, BROKEN) for one in wrong)
    if mutation in {"setSpecialDays", "removeSpecialDays"}:
        code = "NOT_FOUND" if mutation == "removeSpecialDays" else "OUT_OF_RANGE"
        yield from (Bad("out of range", at, one, code) for one in ("2024-12-31", "0001-01-01", "9999-12-31"))
    elif mutation in OF_WAVES:
        yield from (Bad("out of range", at, one, "OUT_OF_RANGE") for one in ("1999-12-31", "0001-01-01"))
        if at[-1] == "visitedOn":
            yield from (Bad("to come", at, one, "FUTURE_DATE") for one in ("2999-01-01", "9999-12-31"))
    elif at[-1] == "month":
        yield from (Bad("not ended", at, one, "NOT_ENDED") for one in ("2999-01-01", "9999-12-31"))
        yield from (Bad("gone by", at, one, "OUT_OF_RANGE") for one in ("1999-12-31", "0001-01-01"))
    elif at[-1] == "occurredOn":
        yield from (Bad("to come", at, one, "FUTURE_DATE") for one in ("2999-01-01", "9999-12-31"))
    else:
        yield from (Bad("gone by", at, one, "PAST_DATE") for one in ("2020-01-01", "0001-01-01"))
        if at[-1] == "expiresOn":
            yield from (Bad("too far", at, one, "OUT_OF_RANGE") for one in ("2999-01-01", "9999-12-31"))


OF_WAVES = {"createWave", "updateWave", "planVisits", "recordAssessment", "importAssessments"}
SCORED = {"recordAssessment", "importAssessments", "importWaveResults"}


def _moment(mutation: str, at: Place, world: World) -> Iterator[Bad]:
    wrong = ("", "now", "2026-01-01", "2026-01-01T00:00:00", "2026-02-30T00:00:00Z", NUL, 1, True)
    yield from (Bad("no moment", at, one, BROKEN) for one in wrong)
    yield Bad("to come", at, "2999-01-01T00:00:00Z", "FUTURE_DATE")
    if mutation == "submitRatings":
        yield Bad("long gone by", at, "2001-01-01T00:00:00+07:00", "OUT_OF_RANGE")


def _decimal(mutation: str, at: Place, world: World) -> Iterator[Bad]:
    yield from (Bad("no number", at, one, BROKEN) for one in ("", "baik", "1,5", NUL, True, [[1]], {}))
    yield from (Bad("no number", at, one, BROKEN) for one in ("NaN", "-Infinity", "1e9"))
    wrong = ["100.01", "-1", "-0.01", 101]
    if mutation in SCORED:
        yield from (Bad("no score", at, one, "INVALID_SCORE") for one in (*wrong, "0.001", 0.125))
    else:
        yield from (Bad("out of range", at, one, "OUT_OF_RANGE") for one in wrong)


_SCALARS = {
    "String": _text,
    "ID": _id,
    "Int": _int,
    "Boolean": _boolean,
    "Date": _date,
    "DateTime": _moment,
    "Decimal": _decimal,
}
