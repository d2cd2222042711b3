"""The viewer's inbox."""

from datetime import date, datetime
from enum import Enum

import strawberry

from jejak.domain import access, alert_texts, texts
from jejak.domain.vocabulary import NoticeKind as Kind
from jejak.graphql.alert import Alert
from jejak.graphql.filters import any_of, given, is_it, is_key, moments
from jejak.graphql.node import Node, global_id
from jejak.graphql.reading import Field, Key, column, entity, expression, one, own
from jejak.graphql.task import Task
from jejak.graphql.unit import Unit
from jejak.graphql.vocabulary import Audience, NoticeKind, enum

# What of `about`, `vacant` and `warning` stands for each name in a sentence.
_VALUES = {
    "title": "coalesce(about.title, '...')",
    "unit": "coalesce(about.unit, '...')",
    "owner": "coalesce(about.owner, '...')",
    "late": "about.late",
    "vacant": "coalesce(vacant.name, '...')",
    "alert": "coalesce(warning.said, '...')",
}


def _text(field: Field) -> str:
    t, cases = field.t, []
    channel = f"case {t}.channel when 'EMAIL' then 'e-mail' when 'WEBHOOK' then 'webhook' end"
    values = _VALUES | {"due": f"{t}.due_on", "channel": channel}
    for kind in Kind:
        template = texts.notice_template(kind, field.statement.language)
        for position, name in enumerate(texts.NAMED, 1):
            template = template.replace(f"{{{name}}}", f"%{position}$s")
        cases.append(f"when '{kind}' then {field.statement.param(template, 'text')}")
    # Whoever no longer sees the task, or the unit, is not told its name, as it may have changed since.
    seen = access.seen("task.unit_id", field.statement.paths)
    place_seen = access.seen("place.id", field.statement.paths)
    warned = access.seen("a.unit_id", field.statement.paths)
    said = alert_texts.sentence("a", field.statement.language)
    named = ", ".join(values[name] for name in texts.NAMED)
    return f"""(
        select format(case {t}.kind {" ".join(cases)} end, {named})
        from (values (1)) this left join (
            select task.title, place.name as unit, owner.name as owner,
                ({t}.created_at at time zone place.timezone)::date - {t}.due_on as late
            from task join unit place on place.id = task.unit_id join person owner on owner.id = task.owner_id
            where task.id = {t}.task_id and {seen}
        ) about on true left join (
            select place.name from vacancy v join unit place on place.id = v.unit_id
            where v.id = {t}.vacancy_id and {place_seen}
        ) vacant on true left join (
            select {said} as said from alert a where a.id = {t}.alert_id and {warned}
        ) warning on true
    )"""


def _of_rung(column: str) -> str:
    return f"(select r.{column} from reminder r where r.id = {{t}}.reminder_id)"


@entity("notice", own("person_id"), "Something that the viewer was told.")
class Notice(Node):
    id: strawberry.ID = global_id("Notice")
    kind: NoticeKind = column("What it is about.")
    text: str = expression(_text, "The sentence, in the person's language.")
    due_on: date | None = column("The due date it speaks of; null where it speaks of none.")
    digest_id: strawberry.ID = expression("{t}.digest_id::text", "Notices of one run share it.")
    task: Task | None = one(
        "{u}.id = {t}.task_id", "The task; null where it speaks of none, or the viewer no longer sees it."
    )
    unit: Unit | None = one(
        "{u}.id = {t}.unit_id",
        "Where the viewer held the role by which they were told; null where they no longer see it.",
    )
    audience: Audience | None = expression(
        _of_rung("audience"), "As whom the ladder told the viewer; null where it is no rung of the ladder."
    )
    offset_days: int | None = expression(
        _of_rung("offset_days"), "The rung's working days around the due date, as in the rules."
    )
    vacant_unit: Unit | None = one(
        "{u}.id = (select v.unit_id from vacancy v where v.id = {t}.vacancy_id)",
        "Of NO_MANAGER, the unit that nobody manages; null where the viewer does not see it.",
    )
    alert: Alert | None = one(
        "{u}.id = {t}.alert_id",
        "The early warning; null where it speaks of none, or the viewer no longer sees it.",
    )
    created_at: datetime = column("When.")
    read_at: datetime | None = column("When the viewer marked it as read.")


class NoticeOrder(Enum):
    NEWEST_FIRST = (
        Key("{u}.created_at", "timestamptz", descending=True),
        Key("{u}.id", "uuid", descending=True),
    )
    OLDEST_FIRST = (Key("{u}.created_at", "timestamptz"), Key("{u}.id", "uuid"))


enum(NoticeOrder, "Order of notices.", NEWEST_FIRST="Latest first.", OLDEST_FIRST="Earliest first.")


@strawberry.input(description="Which notices.")
class NoticeFilter:
    unread: bool | None = given("Only those that are (or are not) unread.")
    kinds: list[NoticeKind] | None = given("Of these kinds.")
    task_id: strawberry.ID | None = given("About this task.")
    created_from: datetime | None = given("Told at this moment or later.")
    created_to: datetime | None = given("Told before this moment.")

    def where(self, field: Field) -> list[str]:
        return [
            *any_of(field, self, kinds="{u}.kind"),
            *is_it(f"{field.u}.read_at is null", wanted=self.unread),
            *is_key(field, "task_id", "Task", self.task_id, within="task"),
            *moments(field, "created_at", self.created_from, self.created_to),
        ]
