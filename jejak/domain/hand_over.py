"""A person's open tasks, the unread notices about them and, where wanted, their roles, handed over to another.

All of it in one transaction, by set-based statements. A preview does the very same and takes it back.
"""

from dataclasses import dataclass, field
from uuid import UUID

from jejak.domain import access, change, db, event, feed, hand_over_notices, person, task_rules
from jejak.domain.access import Allowed, Right, Viewer
from jejak.domain.change import Altered
from jejak.domain.checks import REASON, Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.hand_over_notices import Move
from jejak.domain.tables.person import Membership, Person
from jejak.domain.tables.task import Task
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import Role, TaskStatus


@dataclass(frozen=True, slots=True)
class HandOver:
    """What lies at and below `unit_id`, or wherever the viewer may do it. `roles`: roles and PIC Ranger marks, too."""

    from_id: UUID
    to_id: UUID
    reason: str
    unit_id: UUID | None = None
    roles: bool = False
    preview: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """A task or a role that stays where it is, and why."""

    why: Code
    task_id: UUID | None = None
    membership_id: UUID | None = None


@dataclass(slots=True)
class HandedOver:
    """By ids. Roles are those of whom they were taken from."""

    tasks: list[UUID] = field(default_factory=list)
    memberships: list[UUID] = field(default_factory=list)
    notices: int = 0
    left: list[Left] = field(default_factory=list)


class _OnlyToLookAtError(Exception):
    """Rolls back what a preview has done."""


async def hand_over(viewer: Viewer, wanted: HandOver) -> HandedOver:
    """Refuses NOT_FOUND, SAME_PERSON, and FORBIDDEN without ASSIGN at the unit (with `roles`: without PEOPLE).

    Left where they are: tasks where the other is no staff (NOT_STAFF), or which lie beyond the viewer's rights
    (FORBIDDEN), or were handed in by a colleague, which the owner until now could then verify (FOUR_EYES).
    """
    with Checks() as checks:
        reason = checks.text(wanted.reason, "reason", most=REASON)
    done = HandedOver()
    try:
        async with db.transaction():
            await _hand_over(viewer, wanted, reason, done)
    except _OnlyToLookAtError:
        pass
    return done


async def _hand_over(viewer: Viewer, wanted: HandOver, reason: str, done: HandedOver) -> None:
    if wanted.roles:
        await db.lock(db.Lock.PEOPLE)
    # Held, since it is told in their history, too.
    people = await change.find_all(Person, [wanted.from_id, wanted.to_id])
    seen = await person.seen(viewer, people)
    for at, who in (("from_id", wanted.from_id), ("to_id", wanted.to_id)):
        if who not in seen:
            raise Refused(Code.NOT_FOUND, at)
    if wanted.from_id == wanted.to_id:
        raise Refused(Code.SAME_PERSON, "to_id")
    root, by = await _place(viewer, wanted)
    roots = [root.path] if root else viewer.paths
    places = await _roles(viewer, wanted, roots, done) if wanted.roles else set()
    await _tasks(viewer, wanted, roots, reason, done)
    moved = Move(wanted.from_id, wanted.to_id, done.tasks, places)
    notices = await hand_over_notices.move(moved)
    done.notices = len(notices)
    # Whoever takes over themselves knows.
    if wanted.to_id != viewer.person_id:
        await hand_over_notices.expect(moved)
    if done.tasks or done.memberships:
        after = {
            "person_id": wanted.to_id,
            "tasks": len(done.tasks),
            "notices": done.notices,
            "roles": len(done.memberships),
            "reason": reason,
        }
        subject = ("person", wanted.from_id)
        await event.append(by, EventKind.PERSON_HANDED_OVER, subject, root.id if root else None, after=after)
    # Last: whoever writes the feed waits for no other lock.
    await feed.noticed(notices)
    if wanted.preview:
        raise _OnlyToLookAtError


async def _place(viewer: Viewer, wanted: HandOver) -> tuple[Unit | None, Allowed]:
    """The unit that it is about, if one is named, and that the viewer may do it there, or anywhere."""
    root = None
    if wanted.unit_id is not None:
        root, _ = await change.unit(viewer, Right.SEE, wanted.unit_id, "unit_id", open_only=False)
    places = [root.path] if root else viewer.paths
    if not wanted.roles:
        at = "unit_id" if root else "from_id"
        return root, access.require_somewhere(viewer, Right.ASSIGN, places, at)
    return root, access.require_somewhere(viewer, Right.PEOPLE, places, "roles")


async def _roles(viewer: Viewer, wanted: HandOver, roots: list[str], done: HandedOver) -> set[UUID]:
    """Moves the roles; the units at which they are held."""
    rows = await db.fetch(
        """
        select m.id from membership m join unit u on u.id = m.unit_id
        where m.person_id = $1 and m.revoked_at is null and u.path ^@ any($2::text[]) order by m.id
        """,
        wanted.from_id,
        roots,
    )
    held = await change.find_all(Membership, [UUID(str(row["id"])) for row in rows])
    units = await change.units(row.unit_id for row in held.values())
    others = await (
        Membership.objects()
        .where((Membership.person_id == wanted.to_id) & Membership.revoked_at.is_null())
        .order_by(Membership.id)
    )
    theirs = {(row.unit_id, row.role): row for row in others}
    granted, revoked = [], []
    for row in held.values():
        unit = units[row.unit_id]
        try:
            _, by = change.admit(viewer, Right.PEOPLE, unit)
        except Refused as refused:
            done.left.append(Left(refused.code, membership_id=row.id))
            continue
        other = theirs.get((row.unit_id, row.role))
        ranger = bool(row.ranger or (other and other.ranger))
        granted.append(person.granted(by, wanted.to_id, unit, Role(row.role), other, ranger=ranger))
        revoked.append((by, row))
    await person.write_granted(granted)
    if revoked:
        await person.write_revoked(revoked)
    done.memberships = [row.id for _, row in revoked]
    return {row.unit_id for _, row in revoked}


async def _tasks(viewer: Viewer, wanted: HandOver, roots: list[str], reason: str, done: HandedOver) -> None:
    rows = await db.fetch(
        f"""
        select t.id from task t join unit u on u.id = t.unit_id
        where t.owner_id = $1 and t.status in {task_rules.in_sql(task_rules.OPEN)} and u.path ^@ any($2::text[])
        """,
        wanted.from_id,
        roots,
    )
    found = await change.locked(Task, [UUID(str(row["id"])) for row in rows])
    # As they are now that they are held.
    held = [
        (task, unit)
        for task, unit in found.values()
        if task.owner_id == wanted.from_id and task.status in task_rules.OPEN
    ]
    staff = await person.staff((wanted.to_id, unit) for _, unit in held)
    altered: list[Altered] = []
    for task, unit in held:
        why = _why_not(viewer, wanted, task, unit, staff)
        if why is not None:
            done.left.append(Left(why, task_id=task.id))
            continue
        by = access.require(viewer, Right.ASSIGN, unit)
        told: change.Told = ({}, {"reason": reason})
        kind = EventKind.TASK_HANDED_OVER
        altered.append(change.alter(by, kind, task, unit.id, told=told, owner_id=wanted.to_id))
        done.tasks.append(task.id)
    await change.write(altered)


def _why_not(
    viewer: Viewer, wanted: HandOver, task: Task, unit: Unit, staff: set[tuple[UUID, UUID]]
) -> Code | None:
    if not access.may(viewer, Right.ASSIGN, unit.path):
        return Code.FORBIDDEN
    if task.status == TaskStatus.SUBMITTED and task.submitted_by != wanted.from_id:
        return Code.FOUR_EYES
    return None if (wanted.to_id, unit.id) in staff else Code.NOT_STAFF
