"""The domain's closed sets as GraphQL enums, each value with its description."""

from enum import Enum
from typing import Any

import strawberry

from jejak.domain.errors import Code as ErrorCode
from jejak.domain.errors import Problem
from jejak.domain.texts import message
from jejak.domain.vocabulary import (
    Alignment,
    AssessmentSource,
    AssessmentStatus,
    Audience,
    Category,
    Channel,
    ChannelCondition,
    DeliveryState,
    ErrorPolicy,
    IssueStatus,
    JourneyStatus,
    Language,
    NoticeKind,
    Outcome,
    OwnerRule,
    PainPointState,
    Parameter,
    ReminderOutcome,
    Role,
    RowOutcome,
    SearchKind,
    Service,
    SpecialDayKind,
    Store,
    TaskStatus,
    Touchpoint,
    Trouble,
    UnitKind,
    WhyNot,
    WithoutOwner,
)

__all__ = [
    "Alignment",
    "AssessmentSource",
    "AssessmentStatus",
    "Audience",
    "Category",
    "Channel",
    "ChannelCondition",
    "DeliveryState",
    "ErrorCode",
    "ErrorPolicy",
    "IssueStatus",
    "JourneyStatus",
    "Language",
    "NoticeKind",
    "Outcome",
    "OwnerRule",
    "PainPointState",
    "Parameter",
    "ReminderOutcome",
    "Role",
    "RowOutcome",
    "SearchKind",
    "Service",
    "SpecialDayKind",
    "Store",
    "TaskStatus",
    "Touchpoint",
    "Trouble",
    "UnitKind",
    "WhyNot",
    "WithoutOwner",
    "enum",
]


def enum(cls: type[Enum], description: str, *, name: str | None = None, **values: str) -> None:
    """Registers `cls`; `values` describes its members by name."""
    declared: Any = strawberry.enum(cls, description=description, name=name)
    for value in declared.__strawberry_definition__.values:
        value.description = values[value.name]


class _Names(dict[str, str]):
    """Leaves a message's `{placeholders}` as they are."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


enum(
    UnitKind,
    "The kind of a unit; each lies under the next one up.",
    HQ="Headquarters.",
    UID="A distribution region.",
    UIW="A region that also generates.",
    UP3="A customer service area, under a region.",
    ULP="A customer service unit, under a UP3.",
)
enum(
    Role,
    "What a person may do at a unit and everywhere below it.",
    VIEWER="Sees.",
    CONTRIBUTOR="Captures journeys and reports the progress of tasks.",
    MANAGER="Assigns, accepts and verifies.",
    ADMIN="Manages people and their roles.",
    PROGRAMME="At headquarters: manages the programme and the units.",
)
enum(Language, "A language that the service speaks.", ID="Indonesian.", EN="English.")
enum(
    Service,
    "A service of PLN.",
    PB_PD="New connection and power change.",
    COMPLAINT="Complaints and outages.",
    SPKLU="Charging stations and home charging.",
    PREPAID="Prepaid electricity.",
    POSTPAID="Postpaid electricity.",
    NON_TAGLIS="Payments other than the electricity bill.",
    SWACAM="Reading one's own meter.",
)
enum(
    Touchpoint,
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
_CATEGORIES = {
    "COMPETENCE": "Skill and knowledge of the officers.",
    "RELIABILITY": "Being done right, every time.",
    "COMPLAINT_HANDLING": "How complaints are received and settled.",
    "COMFORT": "Ease of mind and of place.",
    "SPEED": "How long it takes.",
    "PROCESS_EFFICIENCY": "How many steps it takes.",
    "RESPONSIVENESS": "How soon somebody reacts.",
    "COMMUNICATION": "How things are said.",
    "INFORMATION_ACCESSIBILITY": "How easily information is found.",
    "VALUE_ADDED": "What goes beyond the expected.",
}
enum(Category, "The CX100 category that a pain point falls under.", **_CATEGORIES)
_PARAMETERS = {
    "EFFECTIVENESS": "Did it solve the customer's need?",
    "EASE": "How easy was it?",
    "EMOTION": "How did it feel?",
}
enum(Parameter, "The 3E of CX100.", **_PARAMETERS)
enum(
    Alignment,
    "What a step serves.",
    **_CATEGORIES,
    **_PARAMETERS,
    SERVICE_ASSET="The channels through which customers meet PLN.",
    CX_MANAGEMENT="How customer experience is managed.",
    METHODOLOGY="How customer experience is measured.",
)
enum(
    JourneyStatus,
    "Where a journey stands.",
    DRAFT="Being written.",
    SUBMITTED="Waiting to be reviewed.",
    ACCEPTED="Accepted; its pain points can get tasks.",
    RETURNED="Given back with a reason.",
    ARCHIVED="Put away.",
)
enum(
    PainPointState,
    "Where a pain point stands; it follows from its tasks.",
    OPEN="No task.",
    ASSIGNED="Tasks, none started.",
    IN_PROGRESS="Work has begun.",
    RESOLVED="All tasks are verified.",
    CLOSED="Closed by the region or headquarters.",
    DISMISSED="Dismissed with a reason.",
)
enum(
    TaskStatus,
    "Where a task stands.",
    PLANNED="Not begun.",
    IN_PROGRESS="Being worked on.",
    SUBMITTED="Handed in as done, waiting to be verified.",
    VERIFIED="Verified by a second person.",
    RETURNED="Given back to work with a reason.",
    BLOCKED="Cannot go on, with a reason.",
    CANCELLED="Given up, with a reason; counts nowhere.",
)
enum(
    NoticeKind,
    "What a notice is about.",
    DUE_SOON="A task is due in the days to come.",
    DUE_TODAY="A task is due today.",
    OVERDUE="A task is past its due date.",
    BLOCKED="A task cannot go on, and whoever manages its unit is told.",
    AWAITING_VERIFICATION="A task was handed in and is to be verified.",
    ESCALATED="A task of a unit here or below is late.",
    NO_MANAGER="A unit was passed over by an escalation, since nobody manages it.",
    HANDED_OVER="A task is the viewer's own now.",
    CHANNEL_PAUSED="A channel is out of reach, for whoever looks after it.",
    ALERT="An early warning at a unit here or below.",
)
enum(
    OwnerRule,
    "By which rule it was found who answers for a unit's task.",
    RANGER="The unit's PIC Ranger of longest standing.",
    MANAGER="The unit has no PIC Ranger: who has been MANAGER right there for longest.",
)
enum(
    WhyNot,
    "Why a unit gets no task of a rollout.",
    NO_OWNER="It has neither a PIC Ranger nor a MANAGER right there.",
    UNIT_CLOSED="It is closed.",
    ALREADY_GIVEN="It has a task of this rollout, or had one that was cancelled.",
    PAST_DATE="The last working day for it has passed there.",
)
enum(
    WithoutOwner,
    "What becomes of a rollout where units have nobody to answer for its task.",
    SKIP="The others get it; `extendRollout` gives it to these once they have somebody.",
    REFUSE="Nobody gets it.",
)
enum(
    Audience,
    "Who is told: the owner of a task, or who manages a unit on the line above it. Where a unit has no manager, the next above.",
    OWNER="The task's owner.",
    UNIT="Who manages the task's unit.",
    UP3="Who manages the UP3; the next unit above where the task's line has none.",
    REGION="Who manages the region.",
    HEADQUARTERS="Who manages at headquarters; who keeps the programme where nobody does.",
)
enum(
    ReminderOutcome,
    "What became of a planned rung.",
    SENT="It was said.",
    FOLDED="Another one was said in its place.",
    DROPPED="The task had been verified or cancelled before.",
)
enum(
    SpecialDayKind,
    "Why the week does not hold on a day.",
    HOLIDAY="A national holiday.",
    JOINT_LEAVE="Joint leave (cuti bersama).",
    CLOSURE="Closed here, as after a flood; what a region's managers may say as well.",
    SPECIAL_HOURS="Open at other hours than usual.",
)
enum(
    SearchKind,
    "What was found.",
    JOURNEY="A journey, by its title, its narrative or one of its stages.",
    PAIN_POINT="A pain point, by its description.",
    TASK="A task, by its title or description.",
)
enum(
    ErrorCode,
    "Every reason for a refusal; the message says it in the person's language.",
    name="ErrorCode",
    **{code.name: message(Problem(code, values=_Names()), Language.EN) for code in ErrorCode},
)
enum(
    ErrorPolicy,
    "What becomes of the good rows of a bulk mutation where others are bad.",
    REJECT_EVERYTHING="Nothing is written: all rows or none.",
    REJECT_FAILED_ROWS="Good rows are written, bad ones are answered.",
)
enum(
    RowOutcome,
    "What an import did for a row.",
    CREATED="What the row names is new.",
    CHANGED="What the row names was there and is now as the row says.",
    UNCHANGED="It was as the row says already.",
)
enum(
    Channel,
    "A way by which notices leave the house; the inbox has them all anyway.",
    EMAIL="E-mail to the person's address.",
    WEBHOOK="Signed HTTP requests to the person's webhooks.",
)
enum(
    ChannelCondition,
    "How a channel is as a whole.",
    OFF="Nobody has set it up here.",
    OPEN="It works, as far as is known.",
    PAUSED="It is out of reach, and looked for from time to time.",
)
enum(
    DeliveryState,
    "What became of a delivery.",
    PENDING="It waits to be sent, for the first time or again.",
    DELIVERED="The receiver took it.",
    DEAD="It was given up, and can be resent.",
    WITHDRAWN="There was nothing left to say when it was to be sent, or its channel was given up.",
)
enum(
    Outcome,
    "How an attempt at a delivery went.",
    name="DeliveryOutcome",
    DELIVERED="The receiver took it.",
    FAILED="It may go well another time.",
    REFUSED="The receiver will not have it.",
    UNREACHABLE="The channel is out of reach; it does not count against the delivery.",
)
enum(
    Trouble,
    "What keeps the service from being well.",
    MIGRATIONS_MISSING="The database is behind this version; `jejak migrate` brings it up to date.",
    NO_WORKER="No worker has told that it lives for half a minute.",
    EVENTS_WAIT="What has happened has waited for a worker for more than a minute.",
    STEP_LATE="A step has not been done well for twice the time that lies between two of its runs, and a minute.",
    STEP_FAILS="A step has failed three times one after the other.",
    VALKEY_AWAY="Valkey is out of reach: everything is done, some seconds later.",
    EMAIL_PAUSED="E-mail is out of reach and paused: it is tried again by itself, and what is to be said waits.",
)
enum(
    AssessmentStatus,
    "Where an assessment stands.",
    DRAFT="It is being recorded; its assessor and who keeps the rules at headquarters see it.",
    SUBMITTED="It was handed in and counts; whoever sees the unit sees it.",
)
enum(
    AssessmentSource,
    "How an assessment came here.",
    VISIT="Its assessor recorded it, as planned.",
    IMPORTED="It was brought in from a file of an earlier wave.",
)
enum(
    IssueStatus,
    "Whether an issue is being worked on.",
    OPEN="Pain points are gathered, and fixes given.",
    CLOSED="Nothing is to be done about it any more.",
)
enum(Store, "A store of apps.", PLAY="Google Play.")
