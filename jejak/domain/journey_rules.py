"""R2, pure: which step of a journey's life may follow which."""

from enum import StrEnum

from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.vocabulary import JourneyStatus


class JourneyAction(StrEnum):
    REVISE = EventKind.JOURNEY_REVISED
    SUBMIT = EventKind.JOURNEY_SUBMITTED
    ACCEPT = EventKind.JOURNEY_ACCEPTED
    RETURN = EventKind.JOURNEY_RETURNED
    ARCHIVE = EventKind.JOURNEY_ARCHIVED


_S = JourneyStatus
TRANSITIONS: dict[JourneyAction, tuple[frozenset[JourneyStatus], JourneyStatus | None]] = {
    JourneyAction.REVISE: (frozenset({_S.DRAFT, _S.RETURNED}), None),  # stays as it is
    JourneyAction.SUBMIT: (frozenset({_S.DRAFT, _S.RETURNED}), _S.SUBMITTED),
    JourneyAction.ACCEPT: (frozenset({_S.SUBMITTED}), _S.ACCEPTED),
    JourneyAction.RETURN: (frozenset({_S.SUBMITTED}), _S.RETURNED),
    JourneyAction.ARCHIVE: (frozenset({_S.ACCEPTED, _S.RETURNED}), _S.ARCHIVED),
}


def after(action: JourneyAction, status: str) -> JourneyStatus:
    """The status that follows. Refuses WRONG_STATUS."""
    allowed, to = TRANSITIONS[action]
    if status not in allowed:
        raise Refused(Code.WRONG_STATUS, status=status)
    return to or JourneyStatus(status)
