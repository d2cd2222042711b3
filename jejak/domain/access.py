"""R12: who may do what, decided here alone and denied by default.

A person sees the subtrees of their memberships and nothing else. What a person may not see is refused as
NOT_FOUND; what they see but may not do as FORBIDDEN.

Every read is given a `Sight` and every write an `Allowed`. Both are made here and nowhere else, so that whatever
forgets to ask does not type-check.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import NewType
from uuid import UUID

from jejak.domain.errors import Code, Refused
from jejak.domain.tables.unit import Unit
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


_CONTRIBUTOR = frozenset({Right.SEE, Right.CAPTURE, Right.PROGRESS})
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.SEE}),
    Role.CONTRIBUTOR: _CONTRIBUTOR,
    Role.MANAGER: _CONTRIBUTOR | {Right.ASSIGN, Right.REVIEW, Right.VERIFY, Right.CLOSURES},
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


@dataclass(frozen=True, slots=True)
class Allowed:
    """That the viewer may make the change at hand."""

    viewer: Viewer


# What the service does by itself, in jobs and at set-up.
SERVICE = Allowed(SYSTEM)

Sight = NewType("Sight", str)
"""An SQL condition: which rows the viewer sees."""


def roles_with(right: Right) -> list[Role]:
    return [role for role, rights in RIGHTS.items() if right in rights]


def paths_with(viewer: Viewer, right: Right) -> list[str]:
    """The roots of where the viewer has `right`."""
    return sorted({grant.path for grant in viewer.grants if right in RIGHTS[grant.role]})


def may(viewer: Viewer, right: Right, path: str) -> bool:
    return any(path.startswith(grant.path) and right in RIGHTS[grant.role] for grant in viewer.grants)


def require(viewer: Viewer, right: Right, unit: Unit, *at: str | int) -> Allowed:
    """Refuses unless the viewer has `right` at `unit`; `at` is the input that named what lies there."""
    if not may(viewer, Right.SEE, unit.path):
        raise Refused(Code.NOT_FOUND, *at)
    if not may(viewer, right, unit.path):
        raise Refused(Code.FORBIDDEN, *at)
    return Allowed(viewer)


def require_regional(viewer: Viewer, right: Right, unit: Unit, *at: str | int) -> Allowed:
    """As `require`, but by a role held at the region or at headquarters (R3)."""
    allowed = require(viewer, right, unit, *at)
    regional = tuple(grant for grant in viewer.grants if grant.kind in REGIONAL)
    if not may(replace(viewer, grants=regional), right, unit.path):
        raise Refused(Code.FORBIDDEN, *at)
    return allowed


def require_rules(viewer: Viewer, unit: Unit, *at: str | int) -> Allowed:
    """The rules kept at `unit`: by who has the right, and a region's own also by who manages it at the region or above."""
    if may(viewer, Right.RULES, unit.path) or unit.kind == UnitKind.HQ:
        return require(viewer, Right.RULES, unit, *at)
    return require_regional(viewer, Right.ASSIGN, unit, *at)


def oneself(viewer: Viewer) -> Allowed:
    """For what concerns nobody but the viewer, as their inbox."""
    if viewer.person_id is None:
        raise RuntimeError("the service itself has neither inbox nor account")
    return Allowed(viewer)


def account(viewer: Viewer) -> Allowed:
    """For an account: password, language, sessions, tokens, invitations. Refuses FORBIDDEN to a program with an API token."""
    if viewer.integration:
        raise Refused(Code.FORBIDDEN)
    return Allowed(viewer)


def require_everywhere(viewer: Viewer, right: Right, paths: Iterable[str], *at: str | int) -> Allowed:
    """Refuses FORBIDDEN unless there are units at all, and the viewer has `right` at each of them."""
    paths = list(paths)
    if viewer is not SYSTEM and not (paths and all(may(viewer, right, path) for path in paths)):
        raise Refused(Code.FORBIDDEN, *at)
    return Allowed(viewer)


def require_somewhere(viewer: Viewer, right: Right, paths: Iterable[str], *at: str | int) -> Allowed:
    """Refuses FORBIDDEN unless the viewer has `right` at one of the units; of each thing it is asked again where it lies."""
    if not any(may(viewer, right, path) for path in paths):
        raise Refused(Code.FORBIDDEN, *at)
    return Allowed(viewer)


def require_token(viewer: Viewer, owner: UUID, path: str, *at: str | int) -> Allowed:
    """An API token of `owner`'s for the unit at `path`: theirs, and for who manages people there.

    Refuses NOT_FOUND, and FORBIDDEN to a program with an API token.
    """
    allowed = account(viewer)
    if owner != viewer.person_id and not may(viewer, Right.PEOPLE, path):
        raise Refused(Code.NOT_FOUND, *at)
    return allowed


def at_headquarters(viewer: Viewer, right: Right) -> bool:
    """Whether the viewer has `right` by a role held at headquarters. Never so for a program with an API token."""
    return not viewer.integration and any(
        grant.kind is UnitKind.HQ and right in RIGHTS[grant.role] for grant in viewer.grants
    )


def require_delivery(viewer: Viewer, receiver: UUID, *at: str | int) -> Allowed:
    """A delivery to `receiver`: theirs, and for who manages people at headquarters.

    Refuses NOT_FOUND, and FORBIDDEN to a program with an API token.
    """
    allowed = account(viewer)
    if receiver != viewer.person_id and not at_headquarters(viewer, Right.PEOPLE):
        raise Refused(Code.NOT_FOUND, *at)
    return allowed


# In place of the paths of a viewer who is `everywhere`.
EVERYWHERE = "everywhere"


def seen(unit_id: str, paths: str) -> Sight:
    """Rows of units below one of `paths`, a text[] expression, or EVERYWHERE; `unit_id` is an expression, too."""
    if paths == EVERYWHERE:
        return Sight("true")
    return Sight(f"{unit_id} in (select seen.id from unit seen where seen.path ^@ any({paths}))")


class Below(str):
    """An SQL condition for rows whose unit, in their column `column`, is a unit that is seen or lies below it.

    Whoever sees a unit sees all below it, so this is their Sight as well, and nothing is left to be asked.
    """

    __slots__ = ("column", "unit")
    column: str
    unit: str

    def by_kind(self, region_id: str) -> list[str]:
        """The same in conditions of which all but one find nothing, by what the unit is: a region, headquarters, another.

        `region_id` is the rows' column.
        """

        def of_unit(what: str) -> str:
            return f"(select {what} from unit top where top.id = {self.unit})"

        region = of_unit("case when top.kind in ('UID', 'UIW') then top.id end")
        headquarters = of_unit("top.kind = 'HQ'")
        another = of_unit("top.kind not in ('HQ', 'UID', 'UIW')")
        return [
            in_region(Sight(self), region_id, region),
            f"({self}) is true and {headquarters}",
            f"{self} and {another}",
        ]


def below(column: str, expression: str, unit: str, paths: str) -> Below:
    """`expression` is the column of the rows, `unit` a key; none where the unit is not seen."""
    scope = seen("top.id", paths)
    units = f"select below.id from unit top join unit below on below.path ^@ top.path where top.id = {unit} and {scope}"
    found = Below(f"{expression} in ({units})")
    found.column, found.unit = column, unit
    return found


def region_at(path: str) -> str:
    """SQL: the key of the region at this path, an expression."""
    return f"(select region.id from unit region where region.path = {path})"


def in_region(sight: Sight, region_id: str, region: str) -> Sight:
    """A sight that holds in one region only, given by its key: rows are found by that, in the order of an index.

    `is true` keeps the planner from finding them unit by unit, and from taking both for narrower than one.
    """
    return Sight(f"({sight}) is true and {region_id} = {region}")


def rollout_seen(rollout: str, unit_id: str, paths: str) -> Sight:
    """A rollout: for whoever sees the unit below which it lies, or one of its tasks. Takes expressions."""
    given = f"select from task given where given.rollout_id = {rollout} and {seen('given.unit_id', paths)}"
    return Sight(f"({seen(unit_id, paths)} or exists ({given}))")


def recurrence_seen(recurrence: str, unit_id: str, paths: str) -> Sight:
    """A recurrence: for whoever sees the unit below which it lies, or one of its rollouts. Takes expressions."""
    made = rollout_seen("made.id", "made.unit_id", paths)
    return Sight(
        f"({seen(unit_id, paths)} or exists (select from rollout made where made.recurrence_id = {recurrence} and {made}))"
    )


def person_seen(person: str, paths: str, viewer: str) -> Sight:
    """The viewer, and whoever holds or held a role below one of the viewer's `paths`. Takes expressions."""
    place = seen("held.unit_id", paths)
    held = f"select from membership held where held.person_id = {person} and {place}"
    return Sight(f"({person} = {viewer} or exists ({held}))")


def league(parent_id: str, beside_id: str, paths: str) -> Sight:
    """Figures of a unit, and its code and name, for whoever sees one of its siblings: the unit `beside_id` with the
    same parent. Nothing else of it is seen by that, and so a row with this sight must hold no id of it.
    """
    siblings = f"beside.id = {beside_id} and beside.parent_id is not distinct from {parent_id}"
    return Sight(f"exists (select from unit beside where {siblings} and {seen('beside.id', paths)})")


def own(person: str, viewer: str) -> Sight:
    """Rows that belong to the viewer. Takes expressions."""
    return Sight(f"{person} = {viewer}")


def account_seen(person: str, viewer: str, integration: str) -> Sight:
    """Rows of the viewer's own account, which no program with an API token gets to see. Takes expressions."""
    return Sight(f"(not {integration} and {person} = {viewer})")


def delivery_seen(receiver: str, viewer: str, integration: str, everyone: str) -> Sight:
    """As `require_delivery`; `everyone`: that the viewer manages people at headquarters. Takes expressions."""
    return Sight(f"(not {integration} and ({everyone} or {receiver} = {viewer}))")


def token_seen(membership: str, viewer: str, paths: str, integration: str) -> Sight:
    """As `require_token`; `paths` are those where the viewer manages people. Takes expressions."""
    place = seen("held.unit_id", paths)
    return Sight(
        f"(not {integration} and exists (select from membership held where held.id = {membership} "
        f"and (held.person_id = {viewer} or {place})))"
    )


def operated(paths: str) -> Sight:
    """How the service itself is; `paths`, a text[] expression, are those where the viewer has the right OPERATE, of
    which only headquarters counts.
    """
    return Sight(f"exists (select from unit top where top.kind = 'HQ' and top.path ^@ any({paths}))")


def public() -> Sight:
    """What every signed-in person sees: the programme, and whatever is reached only through a row that is seen."""
    return Sight("true")


def works_at(person: str, path: str, roles: str) -> str:
    """SQL: the person holds one of `roles`, a text[] expression, at the unit with this path or above it."""
    return f"""exists (
        select from membership held join unit place on place.id = held.unit_id
        where held.person_id = {person} and held.revoked_at is null and held.role = any({roles}) and {path} ^@ place.path
    )"""


def sees(person: str, path: str) -> Sight:
    """SQL: the person, who need not be the viewer, sees what lies at the unit with this path.

    Takes expressions, in which `held` and `place` would mean what they mean here.
    """
    return Sight(f"""exists (
        select from membership held join unit place on place.id = held.unit_id
        where held.person_id = {person} and held.revoked_at is null and {path} ^@ place.path
    )""")


def works_from(person: str, path: str, roles: str) -> str:
    """SQL: the unit at which the person holds one of `roles`, nearest to this path, at it or above; null without one."""
    return f"""(
        select place.id from membership held join unit place on place.id = held.unit_id
        where held.person_id = {person} and held.revoked_at is null and held.role = any({roles}) and {path} ^@ place.path
        order by length(place.path) desc limit 1
    )"""
