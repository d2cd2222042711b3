"""R12: who may change what. Whoever may is handed an `Allowed`, without which nothing is written."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from jejak.domain.access.viewer import (
    REGIONAL,
    RIGHTS,
    SYSTEM,
    Right,
    Viewer,
    at_headquarters,
    keeps_rules,
    may,
)
from jejak.domain.errors import Code, Refused
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import UnitKind


@dataclass(frozen=True, slots=True)
class Allowed:
    """That the viewer may make the change at hand."""

    viewer: Viewer


# What the service does by itself, in jobs and at set-up.
SERVICE = Allowed(SYSTEM)


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


def require_headquarters(viewer: Viewer, right: Right, *at: str | int) -> Allowed:
    """By a role held at headquarters. Refuses FORBIDDEN; what may not even be seen is refused before."""
    if not any(grant.kind is UnitKind.HQ and right in RIGHTS[grant.role] for grant in viewer.grants):
        raise Refused(Code.FORBIDDEN, *at)
    return Allowed(viewer)


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


def require_delivery(viewer: Viewer, receiver: UUID, *at: str | int) -> Allowed:
    """A delivery to `receiver`: theirs, and for who manages people at headquarters.

    Refuses NOT_FOUND, and FORBIDDEN to a program with an API token.
    """
    allowed = account(viewer)
    if receiver != viewer.person_id and not at_headquarters(viewer, Right.PEOPLE):
        raise Refused(Code.NOT_FOUND, *at)
    return allowed


def require_keeper(viewer: Viewer, *at: str | int) -> Allowed:
    """For what everybody sees and who `keeps_rules` may change. Refuses FORBIDDEN."""
    if not keeps_rules(viewer):
        raise Refused(Code.FORBIDDEN, *at)
    return Allowed(viewer)


def require_planned(viewer: Viewer, assessor: UUID, *at: str | int) -> Allowed:
    """A visit that is planned: by who is to make it in person (R9). Refuses NOT_FOUND, and FORBIDDEN to who plans it."""
    if viewer.integration or assessor != viewer.person_id:
        raise Refused(Code.FORBIDDEN if keeps_rules(viewer) else Code.NOT_FOUND, *at)
    return Allowed(viewer)
