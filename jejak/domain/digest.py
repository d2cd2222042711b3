"""R6: what a delivery says: gathered at each attempt, from what is true then and what the person may see then."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from asyncpg import Record

from jejak.domain import access, alert_texts, clock, db, task_rules
from jejak.domain.access import Right
from jejak.domain.delivery import Claimed
from jejak.domain.digest_rules import Section, section_of
from jejak.domain.vocabulary import Channel, Language, NoticeKind


@dataclass(frozen=True, slots=True)
class Line:
    """`kind`: a NoticeKind. What there is of a task is None where the notice is about none.

    The unit is that of the task, of the alert, or the one that nobody manages; else where the person is told. `alert`:
    what it says.
    """

    notice_id: UUID
    kind: str
    task_id: UUID | None = None
    title: str | None = None
    unit_code: str | None = None
    unit_name: str | None = None
    due_on: date | None = None
    status: str | None = None
    channel: Channel | None = None
    alert: str | None = None
    alert_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """Of the tasks that the person owns and sees, and of those that wait for their verification."""

    open: int = 0
    overdue: int = 0
    due_this_week: int = 0
    blocked: int = 0
    to_verify: int = 0


@dataclass(frozen=True, slots=True)
class Digest:
    """`secrets` sign a webhook's, the newest first. `test`: there is nothing in it, and that is meant."""

    delivery_id: UUID
    channel: Channel
    created_at: datetime
    person_id: UUID
    name: str
    email: str
    language: Language
    zone: str
    test: bool = False
    url: str | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)
    sections: dict[Section, tuple[Line, ...]] = field(default_factory=dict)
    totals: Totals = Totals()

    @property
    def lines(self) -> int:
        return sum(map(len, self.sections.values()))


async def gather(claimed: Sequence[Claimed]) -> dict[UUID, Digest]:
    """By delivery; without those that have nothing to say, or nobody to say it to. Three statements, however many."""
    keys = [one.id for one in claimed]
    heads = await db.fetch(_HEADS, keys, clock.now())
    lines = await db.fetch(_LINES, keys, clock.now())
    people = [row["person_id"] for row in heads]
    totals = await db.fetch(_TOTALS, people, clock.now(), access.roles_with(Right.VERIFY))
    of_delivery: dict[UUID, list[Record]] = {}
    for row in lines:
        of_delivery.setdefault(row["delivery_id"], []).append(row)
    of_person = {row["person_id"]: row for row in totals}
    made = [
        _digest(head, of_delivery.get(head["id"], []), of_person.get(head["person_id"])) for head in heads
    ]
    return {digest.delivery_id: digest for digest in made if digest.test or digest.lines}


def _digest(head: Record, rows: list[Record], totals: Record | None) -> Digest:
    sections: dict[Section, list[Line]] = {}
    said: set[tuple[Section, UUID]] = set()
    for row in rows:
        section = _section(row)
        # Of several notices of one task under one heading the latest speaks.
        if section is None or (row["task_id"] is not None and (section, row["task_id"]) in said):
            continue
        said.add((section, row["task_id"]))
        sections.setdefault(section, []).append(_line(row))
    counted = ("open", "overdue", "due_this_week", "blocked", "to_verify")
    return Digest(
        delivery_id=head["id"],
        channel=Channel(head["channel"]),
        created_at=head["created_at"],
        person_id=head["person_id"],
        name=head["name"],
        email=head["email"],
        language=Language(head["language"]),
        zone=head["timezone"] or "Asia/Jakarta",
        test=head["test"],
        url=head["url"],
        secrets=tuple(secret for secret in (head["secret"], head["previous_secret"]) if secret),
        sections={
            section: tuple(
                sorted(sections[section], key=lambda line: (line.due_on or date.max, line.title or ""))
            )
            for section in Section
            if section in sections
        },
        totals=Totals(**{name: totals[name] for name in counted}) if totals else Totals(),
    )


def _section(row: Record) -> Section | None:
    if row["about"] is not None and row["task_id"] is None:
        return None  # a task that they do not see any more
    if row["kind"] == NoticeKind.HANDED_OVER and not row["own"]:
        return None
    if row["channel"] is not None and not row["still_paused"]:
        return None
    if row["kind"] == NoticeKind.ALERT and row["alert"] is None:
        return None  # it has closed, or they do not see its unit any more
    return section_of(row["kind"], row["status"], overdue=bool(row["overdue"]))


def _line(row: Record) -> Line:
    return Line(
        notice_id=row["notice_id"],
        kind=row["kind"],
        task_id=row["task_id"],
        title=row["title"],
        unit_code=row["unit_code"],
        unit_name=row["unit_name"],
        due_on=row["due_on"],
        status=row["status"],
        channel=Channel(row["channel"]) if row["channel"] else None,
        alert=row["alert"],
        alert_id=row["alert_id"],
    )


_HEADS = """
select d.id, d.channel, d.test, d.created_at, p.id as person_id, p.name, p.email, p.language, u.timezone,
    e.url, e.secret, case when e.previous_until > $2 then e.previous_secret end as previous_secret
from delivery d join person p on p.id = d.person_id left join unit u on u.id = d.unit_id
left join webhook_endpoint e on e.id = d.endpoint_id
left join channel_choice c on c.person_id = d.person_id and c.channel = d.channel
where d.id = any($1) and e.removed_at is null and (d.test or coalesce(c.enabled, true))
"""
_LINES = f"""
select l.delivery_id, n.id as notice_id, n.kind, n.task_id as about, t.id as task_id, t.title, t.due_on, t.status,
    t.owner_id = n.person_id as own, u.code as unit_code, u.name as unit_name, n.channel, {task_rules.overdue("t", "u", "$2::timestamptz")} as overdue,
    exists (
        select from channel_state s where s.channel = n.channel and s.endpoint_id is not distinct from n.endpoint_id
        and s.state = 'PAUSED'
    ) as still_paused, warning.id as alert_id, case d.language
        when 'en' then {alert_texts.sentence("warning", Language.EN)} else {alert_texts.sentence("warning", Language.ID)}
    end as alert
from delivery_notice l
join (select d.id, d.person_id, p.language from delivery d join person p on p.id = d.person_id) d on d.id = l.delivery_id
join notice n on n.id = l.notice_id and n.person_id = d.person_id
left join lateral (
    select a.* from alert a join unit whose on whose.id = a.unit_id
    where a.id = n.alert_id and a.closed_at is null and {access.sees("n.person_id", "whose.path")}
) warning on true
left join vacancy v on v.id = n.vacancy_id
left join lateral (
    select t.* from task t join unit whose on whose.id = t.unit_id
    where t.id = n.task_id and {access.sees("n.person_id", "whose.path")}
) t on true
left join lateral (
    select u.* from unit u
    where u.id = coalesce(t.unit_id, warning.unit_id, v.unit_id, n.unit_id) and {access.sees("n.person_id", "u.path")}
) u on true
where l.delivery_id = any($1)
order by n.created_at desc, n.id desc
"""
_TOTALS = f"""
select p.id as person_id, own.*, (
    select count(*) from task t join unit u on u.id = t.unit_id
    where t.status = 'SUBMITTED' and t.owner_id <> p.id and t.submitted_by is distinct from p.id
      and {access.works_at("p.id", "u.path", "$3::text[]")}
) as to_verify
from person p cross join lateral (
    select count(*) as open, count(*) filter (where {task_rules.overdue("t", "u", "$2::timestamptz")}) as overdue,
        count(*) filter (where t.due_on - ($2::timestamptz at time zone u.timezone)::date between 0 and 6) as due_this_week,
        count(*) filter (where t.status = 'BLOCKED') as blocked
    from task t join unit u on u.id = t.unit_id
    where t.owner_id = p.id and t.status in {task_rules.in_sql(task_rules.OPEN)} and {access.sees("p.id", "u.path")}
) own
where p.id = any($1)
"""
