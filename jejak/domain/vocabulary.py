"""The closed sets of the domain. Codes are stable: they stand in the database and in the API."""

from enum import StrEnum


class UnitKind(StrEnum):
    """R1: `HQ` > `UID` or `UIW` (regions) > `UP3` > `ULP`."""

    HQ = "HQ"
    UID = "UID"
    UIW = "UIW"
    UP3 = "UP3"
    ULP = "ULP"


class Role(StrEnum):
    VIEWER = "VIEWER"
    CONTRIBUTOR = "CONTRIBUTOR"
    MANAGER = "MANAGER"
    ADMIN = "ADMIN"
    PROGRAMME = "PROGRAMME"


class Language(StrEnum):
    ID = "id"
    EN = "en"


class Service(StrEnum):
    PB_PD = "PB_PD"
    COMPLAINT = "COMPLAINT"
    SPKLU = "SPKLU"
    PREPAID = "PREPAID"
    POSTPAID = "POSTPAID"
    NON_TAGLIS = "NON_TAGLIS"
    SWACAM = "SWACAM"


class Touchpoint(StrEnum):
    PLN_MOBILE = "PLN_MOBILE"
    CC123_CALL = "CC123_CALL"
    CC123_LIVE_CHAT = "CC123_LIVE_CHAT"
    SOCIAL_MEDIA = "SOCIAL_MEDIA"
    ULP_OFFICE = "ULP_OFFICE"
    UP3_OFFICE = "UP3_OFFICE"
    PAYMENT_COUNTER = "PAYMENT_COUNTER"
    FIELD_VISIT = "FIELD_VISIT"
    SPKLU_STATION = "SPKLU_STATION"


class Category(StrEnum):
    COMPETENCE = "COMPETENCE"
    RELIABILITY = "RELIABILITY"
    COMPLAINT_HANDLING = "COMPLAINT_HANDLING"
    COMFORT = "COMFORT"
    SPEED = "SPEED"
    PROCESS_EFFICIENCY = "PROCESS_EFFICIENCY"
    RESPONSIVENESS = "RESPONSIVENESS"
    COMMUNICATION = "COMMUNICATION"
    INFORMATION_ACCESSIBILITY = "INFORMATION_ACCESSIBILITY"
    VALUE_ADDED = "VALUE_ADDED"


class Parameter(StrEnum):
    """The 3E of CX100."""

    EFFECTIVENESS = "EFFECTIVENESS"
    EASE = "EASE"
    EMOTION = "EMOTION"


class Alignment(StrEnum):
    """What a step serves: CX100 categories, the 3E, and three aspects of the method."""

    COMPETENCE = "COMPETENCE"
    RELIABILITY = "RELIABILITY"
    COMPLAINT_HANDLING = "COMPLAINT_HANDLING"
    COMFORT = "COMFORT"
    SPEED = "SPEED"
    PROCESS_EFFICIENCY = "PROCESS_EFFICIENCY"
    RESPONSIVENESS = "RESPONSIVENESS"
    COMMUNICATION = "COMMUNICATION"
    INFORMATION_ACCESSIBILITY = "INFORMATION_ACCESSIBILITY"
    VALUE_ADDED = "VALUE_ADDED"
    EFFECTIVENESS = "EFFECTIVENESS"
    EASE = "EASE"
    EMOTION = "EMOTION"
    SERVICE_ASSET = "SERVICE_ASSET"
    CX_MANAGEMENT = "CX_MANAGEMENT"
    METHODOLOGY = "METHODOLOGY"


class JourneyStatus(StrEnum):
    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    ACCEPTED = "ACCEPTED"
    RETURNED = "RETURNED"
    ARCHIVED = "ARCHIVED"


class PainPointState(StrEnum):
    """R3: derived from the tasks, except for the two decisions at the end."""

    OPEN = "OPEN"
    ASSIGNED = "ASSIGNED"
    IN_PROGRESS = "IN_PROGRESS"
    RESOLVED = "RESOLVED"
    CLOSED = "CLOSED"
    DISMISSED = "DISMISSED"


class TaskStatus(StrEnum):
    PLANNED = "PLANNED"
    IN_PROGRESS = "IN_PROGRESS"
    SUBMITTED = "SUBMITTED"
    VERIFIED = "VERIFIED"
    RETURNED = "RETURNED"
    BLOCKED = "BLOCKED"
    CANCELLED = "CANCELLED"


class Audience(StrEnum):
    """Whom a rung of the reminder ladder speaks to (R6): the task's owner, then up the line of its unit."""

    OWNER = "OWNER"
    UNIT = "UNIT"
    UP3 = "UP3"
    REGION = "REGION"
    HEADQUARTERS = "HEADQUARTERS"


class ReminderOutcome(StrEnum):
    """What became of a planned rung."""

    SENT = "SENT"
    FOLDED = "FOLDED"  # another spoke in its place
    DROPPED = "DROPPED"  # the task was verified or cancelled before


class NoticeKind(StrEnum):
    DUE_SOON = "DUE_SOON"
    DUE_TODAY = "DUE_TODAY"
    OVERDUE = "OVERDUE"
    BLOCKED = "BLOCKED"
    AWAITING_VERIFICATION = "AWAITING_VERIFICATION"
    ESCALATED = "ESCALATED"
    NO_MANAGER = "NO_MANAGER"
    HANDED_OVER = "HANDED_OVER"
    CHANNEL_PAUSED = "CHANNEL_PAUSED"


class Channel(StrEnum):
    """R6: a way by which notices leave the house. The inbox is none: they are there before anything is sent."""

    EMAIL = "EMAIL"
    WEBHOOK = "WEBHOOK"


class ChannelCondition(StrEnum):
    OFF = "OFF"  # nobody has set it up
    OPEN = "OPEN"
    PAUSED = "PAUSED"  # out of reach; looked for from time to time


class DeliveryState(StrEnum):
    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    DEAD = "DEAD"
    WITHDRAWN = "WITHDRAWN"  # there was nothing left to say, or nobody to say it to


class Outcome(StrEnum):
    """Of one attempt at a delivery."""

    DELIVERED = "DELIVERED"
    FAILED = "FAILED"  # may go well another time
    REFUSED = "REFUSED"  # will not
    UNREACHABLE = "UNREACHABLE"  # nothing of this channel goes out


class OwnerRule(StrEnum):
    """By which rule a rollout finds who answers for a unit's task."""

    RANGER = "RANGER"
    MANAGER = "MANAGER"


class WhyNot(StrEnum):
    """Why a unit gets no task of a rollout."""

    NO_OWNER = "NO_OWNER"
    UNIT_CLOSED = "UNIT_CLOSED"
    ALREADY_GIVEN = "ALREADY_GIVEN"
    PAST_DATE = "PAST_DATE"


class WithoutOwner(StrEnum):
    """What becomes of a rollout where units have nobody who could answer for its task."""

    SKIP = "SKIP"
    REFUSE = "REFUSE"


class SpecialDayKind(StrEnum):
    """Why the week does not hold on a day (R6). On all but the last nobody works."""

    HOLIDAY = "HOLIDAY"
    JOINT_LEAVE = "JOINT_LEAVE"
    CLOSURE = "CLOSURE"
    SPECIAL_HOURS = "SPECIAL_HOURS"


class SearchKind(StrEnum):
    """What can be found by its words."""

    JOURNEY = "JOURNEY"
    PAIN_POINT = "PAIN_POINT"
    TASK = "TASK"


class ErrorPolicy(StrEnum):
    """What becomes of the good rows of a bulk change when others are bad."""

    REJECT_EVERYTHING = "REJECT_EVERYTHING"
    REJECT_FAILED_ROWS = "REJECT_FAILED_ROWS"


class RowOutcome(StrEnum):
    """What an import does for a row."""

    CREATED = "CREATED"
    CHANGED = "CHANGED"
    UNCHANGED = "UNCHANGED"


class Topic(StrEnum):
    """What an entry of the feed is about."""

    TASK = "TASK"
    JOURNEY = "JOURNEY"
    COMPLETION = "COMPLETION"
    NOTICE = "NOTICE"
    PERSON = "PERSON"  # their roles or their sign-in: who follows may see other things now
    UNIT = "UNIT"  # its place in the tree: likewise, for everybody


class Trouble(StrEnum):
    """What keeps the service from being well."""

    MIGRATIONS_MISSING = "MIGRATIONS_MISSING"
    NO_WORKER = "NO_WORKER"
    EVENTS_WAIT = "EVENTS_WAIT"
    STEP_LATE = "STEP_LATE"
    STEP_FAILS = "STEP_FAILS"
    VALKEY_AWAY = "VALKEY_AWAY"
    EMAIL_PAUSED = "EMAIL_PAUSED"


class AssessmentStatus(StrEnum):
    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"


class AssessmentSource(StrEnum):
    """How an assessment came here."""

    VISIT = "VISIT"
    IMPORTED = "IMPORTED"


class IssueStatus(StrEnum):
    OPEN = "OPEN"
    CLOSED = "CLOSED"


class RatingChannel(StrEnum):
    """Where a customer was asked (R8)."""

    PLN_MOBILE = "PLN_MOBILE"
    CALL = "CALL"
    LIVE_CHAT = "LIVE_CHAT"
    SOCIAL_MEDIA = "SOCIAL_MEDIA"
    OFFICE = "OFFICE"
    FIELD = "FIELD"


class StaffKind(StrEnum):
    OFFICER = "OFFICER"  # comes to the customer
    AGENT = "AGENT"  # is called or written to


class RatingAspect(StrEnum):
    """What a customer found good: the first three of an officer, the others of an agent."""

    POLITE_UNIFORMED = "POLITE_UNIFORMED"
    GOOD_WORK = "GOOD_WORK"
    ON_TIME = "ON_TIME"
    POLITE = "POLITE"
    SOLVES = "SOLVES"
    FAST = "FAST"


class RatingMetric(StrEnum):
    """R8: what is made of the answers to one question."""

    CSAT = "CSAT"
    OVERALL = "OVERALL"
    CES = "CES"
    NPS = "NPS"


class KpiMetric(StrEnum):
    """What headquarters sets targets for."""

    CSAT = "CSAT"
    NPS = "NPS"
    COMPLETION = "COMPLETION"


class SubmissionOutcome(StrEnum):
    """What became of a rating that was sent."""

    SUBMITTED = "SUBMITTED"
    ALREADY_THERE = "ALREADY_THERE"  # its source has sent it before; what is there stays


class Grain(StrEnum):
    """How long the periods of figures are."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    QUARTER = "QUARTER"
    YEAR = "YEAR"


class Breakdown(StrEnum):
    """What figures are broken down by."""

    NONE = "NONE"
    SERVICE = "SERVICE"
    FEATURE = "FEATURE"
    CHANNEL = "CHANNEL"
    UNIT = "UNIT"


class ReportState(StrEnum):
    """R11: how binding a monthly report is."""

    PREVIEW = "PREVIEW"  # computed when it is asked for, and not kept
    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"  # for ever


class Store(StrEnum):
    """Of apps."""

    PLAY = "PLAY"
