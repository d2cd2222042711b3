"""The viewer's inbox."""

from datetime import date, datetime
from enum import Enum

import strawberry

from jejak.domain import access, texts
from jejak.domain.vocabulary import NoticeKind as Kind
from jejak.graphql.filters import any_of, given, is_it, is_key, moments
from jejak.graphql.node import Node, global_id
from jejak.graphql.reading import Field, Key, column, entity, expression, one, own
from jejak.graphql.task import Task
from jejak.graphql.vocabulary import NoticeKind, enum


def _text(field: Field) -> str:
    cases = []
    for kind in Kind:
        template = (
            texts.notice_template(kind, field.statement.language)
            .replace("{title}", "%1$s")
            .replace("{due}", "%2$s")
            .replace("{channel}", "%3$s")
        )
        cases.append(f"when '{kind}' then {field.statement.param(template, 'text')}")
    # Whoever no longer sees the task is not told its title, as it may have changed since.
    seen = access.seen("task.unit_id", field.statement.paths)
    title = f"coalesce((select task.title from task where task.id = {field.t}.task_id and {seen}), '...')"
    channel = f"case {field.t}.channel when 'EMAIL' then 'e-mail' when 'WEBHOOK' then 'webhook' end"
    return f"format(case {field.t}.kind {' '.join(cases)} end, {title}, {field.t}.due_on, {channel})"


@entity("notice", own("person_id"), "Something that the viewer was told.")
class Notice(Node):
    id: strawberry.ID = global_id("Notice")
    kind: NoticeKind = column("What it is about.")
    text: str = expression(_text, "The sentence, in the person's language.")
    due_on: date | None = column("The due date it speaks of; null where it speaks of none.")
    digest_id: strawberry.ID = expression("{t}.digest_id::text", "Notices of one run share it.")
    task: Task | None = one("{u}.id = {t}.task_id", "The task; null where the viewer no longer sees it.")
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
