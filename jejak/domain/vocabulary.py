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
    """Whom a rung of the reminder ladder speaks to (R6)."""

    OWNER = "OWNER"


class NoticeKind(StrEnum):
    DUE_SOON = "DUE_SOON"
    DUE_TODAY = "DUE_TODAY"
    OVERDUE = "OVERDUE"
