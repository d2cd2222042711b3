"""The inbox. What they take, what they answer."""

import strawberry

from jejak.domain import notice
from jejak.graphql.errors import UserError
from jejak.graphql.mutation import errors, mutation, ref
from jejak.graphql.notice import Notice
from jejak.graphql.reading import held


@strawberry.input(description="Notices that have been read.")
class MarkNoticesReadInput:
    notice_ids: list[strawberry.ID] = ref("Notice", "Which notices; at most 500.")


@strawberry.type(description="The notices as they are now.")
class NoticesPayload:
    notices: list[Notice] | None = held("The notices; null where it was refused.")
    errors: list[UserError] = errors()


@strawberry.type
class NoticeMutations:
    mark_notices_read: NoticesPayload = mutation(
        MarkNoticesReadInput,
        notice.MarkNoticesRead,
        notice.mark_read,
        NoticesPayload,
        lambda made: {"notices": made},
        "Mark notices as read.",
    )
