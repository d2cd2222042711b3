"""What early warning speaks of, as GraphQL enums."""

from jejak.domain.vocabulary import (
    AlertClosed,
    AlertKind,
    AlertPeriod,
    AlertSeverity,
    AlertState,
    RatingMetric,
)
from jejak.graphql.vocabulary import enum

__all__ = [
    "AlertClosed",
    "AlertKind",
    "AlertPeriod",
    "AlertSeverity",
    "AlertState",
    "RatingMetric",
]

enum(
    AlertKind,
    "What a rule of early warning looks for.",
    METRIC_FLOOR="A metric below its floor, with the whole of its 95 % interval. Closes once the value is back at `clearAt`.",
    METRIC_DROP="A metric below what it was in the three periods before, taken together: the intervals do not overlap. Closes once the value is inside that interval again.",
    OVERDUE_SHARE="The share of open tasks that are overdue.",
    COMPLETION_PACE="Verified completion that, at the pace of the last 28 days, misses the target at the programme's end.",
    REVIEW_SPIKE="More bad reviews on Play Store than before.",
)
enum(
    AlertPeriod,
    "So many whole days up to yesterday, in the unit's zone.",
    WEEK="7 days.",
    MONTH="28 days: four whole weeks.",
)
enum(
    AlertSeverity,
    "How bad an alert is.",
    INFO="Good to know.",
    WARNING="To be looked at.",
    CRITICAL="Told to the level above as well.",
)
enum(
    AlertState,
    "Where an alert stands.",
    OPEN="Nobody has taken it on.",
    ACKNOWLEDGED="Somebody takes care of it; its cause lasts.",
    CLOSED="It has closed by itself.",
)
enum(
    AlertClosed,
    "Why an alert has closed.",
    RECOVERED="Its cause is gone.",
    SETTLED="The level that it had dropped to has become the usual one.",
    NO_DATA="There is nothing left to judge it by.",
    RULE_OFF="The rule was switched off, or watches such units no more.",
    UNIT_CLOSED="The unit was closed.",
)
enum(
    RatingMetric,
    "What is made of the answers to one question.",
    CSAT="Share of 4 and 5, of 1 to 5: how satisfied customers are.",
    OVERALL="Share of 4 and 5, of 1 to 5: how customers find it overall.",
    CES="Share of 5 to 7, of 1 to 7: how easy it was.",
    NPS="Share of 9 and 10 less share of 0 to 6, of 0 to 10, from -100 to 100: whether customers recommend PLN.",
)
