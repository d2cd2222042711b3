"""The domain's closed sets as GraphQL enums, each value with its description."""

from enum import Enum
from typing import TypeVar

import strawberry

from jejak.domain import vocabulary as v
from jejak.domain.errors import Code

E = TypeVar("E", bound=Enum)


def enum(cls: type[E], description: str, **values: str) -> type[E]:
    """Registers `cls`; `values` describes its members by name."""
    declared = strawberry.enum(cls, description=description)
    for value in declared.__strawberry_definition__.values:  # type: ignore[attr-defined]
        value.description = values[value.name]
    return declared


UnitKind = enum(
    v.UnitKind,
    "The kind of a unit; each lies under the next one up.",
    HQ="Headquarters.",
    UID="A distribution region.",
    UIW="A region that also generates.",
    UP3="A customer service area, under a region.",
    ULP="A customer service unit, under a UP3.",
)
Role = enum(
    v.Role,
    "What a person may do at a unit and everywhere below it.",
    VIEWER="Sees.",
    CONTRIBUTOR="Captures journeys and reports the progress of tasks.",
    MANAGER="Assigns, accepts and verifies.",
    ADMIN="Manages people and their roles.",
    PROGRAMME="At headquarters: manages the programme and the units.",
)
Language = enum(v.Language, "A language that the service speaks.", ID="Indonesian.", EN="English.")
Service = enum(
    v.Service,
    "A service of PLN.",
    PB_PD="New connection and power change.",
    COMPLAINT="Complaints and outages.",
    SPKLU="Charging stations and home charging.",
    PREPAID="Prepaid electricity.",
    POSTPAID="Postpaid electricity.",
    NON_TAGLIS="Payments other than the electricity bill.",
    SWACAM="Reading one's own meter.",
)
Touchpoint = enum(
    v.Touchpoint,
    "Where the customer met PLN.",
    PLN_MOBILE="The PLN Mobile app.",
    CC123_CALL="Contact centre 123, by phone.",
    CC123_LIVE_CHAT="Contact centre 123, by live chat.",
    SOCIAL_MEDIA="Social media.",
    ULP_OFFICE="The office of a ULP.",
    UP3_OFFICE="The office of a UP3.",
    PAYMENT_COUNTER="A payment counter.",
    FIELD_VISIT="A visit of field officers.",
    SPKLU_STATION="A charging station.",
)
Category = enum(
    v.Category,
    "The CX100 category that a pain point falls under.",
    COMPETENCE="Skill and knowledge of the officers.",
    RELIABILITY="Being done right, every time.",
    COMPLAINT_HANDLING="How complaints are received and settled.",
    COMFORT="Ease of mind and of place.",
    SPEED="How long it takes.",
    PROCESS_EFFICIENCY="How many steps it takes.",
    RESPONSIVENESS="How soon somebody reacts.",
    COMMUNICATION="How things are said.",
    INFORMATION_ACCESSIBILITY="How easily information is found.",
    VALUE_ADDED="What goes beyond the expected.",
)
Parameter = enum(
    v.Parameter,
    "The 3E of CX100.",
    EFFECTIVENESS="Did it solve the customer's need?",
    EASE="How easy was it?",
    EMOTION="How did it feel?",
)
JourneyStatus = enum(
    v.JourneyStatus,
    "Where a journey stands.",
    DRAFT="Being written.",
    SUBMITTED="Waiting to be reviewed.",
    ACCEPTED="Accepted; its pain points can get tasks.",
    RETURNED="Given back with a reason.",
    ARCHIVED="Put away.",
)
PainPointState = enum(
    v.PainPointState,
    "Where a pain point stands; it follows from its tasks.",
    OPEN="No task.",
    ASSIGNED="Tasks, none started.",
    IN_PROGRESS="Work has begun.",
    RESOLVED="All tasks are verified.",
    CLOSED="Closed by the region or headquarters.",
    DISMISSED="Dismissed with a reason.",
)
TaskStatus = enum(
    v.TaskStatus,
    "Where a task stands.",
    PLANNED="Not begun.",
    IN_PROGRESS="Being worked on.",
    SUBMITTED="Handed in as done, waiting to be verified.",
    VERIFIED="Verified by a second person.",
    RETURNED="Given back to work with a reason.",
    BLOCKED="Cannot go on, with a reason.",
    CANCELLED="Given up, with a reason; counts nowhere.",
)
NoticeKind = enum(
    v.NoticeKind,
    "What a notice is about.",
    DUE_SOON="A task is due in the days to come.",
    DUE_TODAY="A task is due today.",
    OVERDUE="A task is past its due date.",
)
ErrorCode = strawberry.enum(
    Code, name="ErrorCode", description="Every reason for a refusal; the message says it in the person's language."
)
