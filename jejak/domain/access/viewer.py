"""R12: who comes, and what their roles let them do."""

from dataclasses import dataclass, field
from enum import Enum, auto
from uuid import UUID

from jejak.domain.errors import Code, Refused
from jejak.domain.vocabulary import Language, Role, UnitKind


class Right(Enum):
    SEE = auto()
    CAPTURE = auto()  # journeys
    PROGRESS = auto()  # report on the unit's tasks, own such tasks
    ASSIGN = auto()  # create and change tasks, decide on pain points
    REVIEW = auto()  # accept and return journeys
    VERIFY = auto()  # verify and return tasks
    PEOPLE = auto()  # persons and roles
    UNITS = auto()  # the tree
    ROLL_OUT = auto()  # give an initiative to many units at once, also by a recurrence
    OPERATE = auto()  # at headquarters: how the service itself is
    RULES = auto()  # the programme's rules, as the reminder ladder and the SLA policy
    CALENDAR = auto()  # working weeks and special days
    CLOSURES = auto()  # closures of units of one's region
    ISSUES = auto()  # at headquarters: group pain points of many units
    MEASURE = auto()  # at headquarters: bring in what customers answer, which a unit could better for itself
    ANSWERS = auto()  # read what single customers answered, in their words
    STAFF = auto()  # see officers and agents of the very unit, and what they are rated
    STORE_REVIEWS = auto()  # at headquarters: bring in the app store's reviews, say what they are about


_CONTRIBUTOR = frozenset({Right.SEE, Right.CAPTURE, Right.PROGRESS})
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.SEE}),
    Role.CONTRIBUTOR: _CONTRIBUTOR,
    Role.MANAGER: _CONTRIBUTOR
    | {
        Right.ASSIGN,
        Right.REVIEW,
        Right.VERIFY,
        Right.CLOSURES,
        Right.ISSUES,
        Right.ANSWERS,
        Right.STAFF,
        Right.STORE_REVIEWS,
    },
    Role.ADMIN: frozenset({Right.SEE, Right.PEOPLE, Right.OPERATE}),
    Role.PROGRAMME: frozenset(
        {
            Right.SEE,
            Right.UNITS,
            Right.ROLL_OUT,
            Right.RULES,
            Right.CALENDAR,
            Right.CLOSURES,
            Right.OPERATE,
            Right.ISSUES,
            Right.MEASURE,
            Right.ANSWERS,
            Right.STORE_REVIEWS,
        }
    ),
}

REGIONS = frozenset({UnitKind.UID, UnitKind.UIW})
REGIONAL = REGIONS | {UnitKind.HQ}


@dataclass(frozen=True, slots=True)
class Grant:
    """A membership in force: `role` over every unit whose path starts with `path`."""

    path: str
    kind: UnitKind
    role: Role


@dataclass(frozen=True, slots=True)
class Standing:
    """By what it is told later whether a viewer is still who they were when they were looked up (`domain/standing.py`)."""

    token_hash: str
    known: str


@dataclass(frozen=True, slots=True)
class Viewer:
    """On whose behalf something is done. `person_id` is None for the service itself only.

    `credential` is the sign-in (or token) that they came by; `integration`: it is an API token. `standing`: None
    where they were not looked up by a token.
    """

    person_id: UUID | None
    language: Language
    grants: tuple[Grant, ...]
    credential: UUID | None = None
    integration: bool = False
    standing: Standing | None = field(default=None, compare=False, repr=False)

    @property
    def paths(self) -> list[str]:
        """The roots of what the viewer sees."""
        return sorted({grant.path for grant in self.grants})

    @property
    def everywhere(self) -> bool:
        """Whether they see every unit there is: all lie below headquarters."""
        return any(grant.kind is UnitKind.HQ for grant in self.grants)

    @property
    def region(self) -> str | None:
        """The path of the region that is all they see; None where that is more, or less than a whole one."""
        top = min(self.grants, key=lambda grant: len(grant.path), default=None)
        if top is None or top.kind not in REGIONS:
            return None
        return top.path if all(grant.path.startswith(top.path) for grant in self.grants) else None

    @property
    def person(self) -> UUID:
        if self.person_id is None:
            raise RuntimeError("the service itself cannot do what a person must answer for")
        return self.person_id


SYSTEM = Viewer(
    person_id=None,
    language=Language.ID,
    grants=tuple(Grant(path="", kind=UnitKind.HQ, role=role) for role in Role),
)


def signed_in(viewer: Viewer | None) -> Viewer:
    """Refuses UNAUTHENTICATED where there is nobody, or nobody any more."""
    if viewer is None:
        raise Refused(Code.UNAUTHENTICATED)
    return viewer


def roles_with(right: Right) -> list[Role]:
    return [role for role, rights in RIGHTS.items() if right in rights]


def paths_with(viewer: Viewer, right: Right) -> list[str]:
    """The roots of where the viewer has `right`."""
    return sorted({grant.path for grant in viewer.grants if right in RIGHTS[grant.role]})


def may(viewer: Viewer, right: Right, path: str) -> bool:
    return any(path.startswith(grant.path) and right in RIGHTS[grant.role] for grant in viewer.grants)


def keeps_rules(viewer: Viewer) -> bool:
    """Whether the viewer has the right RULES at headquarters, as who plans mystery shopping (R9)."""
    return any(grant.kind is UnitKind.HQ and Right.RULES in RIGHTS[grant.role] for grant in viewer.grants)


def at_headquarters(viewer: Viewer, right: Right) -> bool:
    """Whether the viewer has `right` by a role held at headquarters. Never so for a program with an API token."""
    return not viewer.integration and any(
        grant.kind is UnitKind.HQ and right in RIGHTS[grant.role] for grant in viewer.grants
    )
