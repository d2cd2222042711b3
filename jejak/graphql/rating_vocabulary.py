"""The closed sets of what customers answer as GraphQL enums, each value with its description."""

from jejak.domain.vocabulary import (
    Breakdown,
    Grain,
    KpiMetric,
    RatingAspect,
    RatingChannel,
    StaffKind,
    SubmissionOutcome,
)
from jejak.graphql.vocabulary import enum

__all__ = [
    "Breakdown",
    "Grain",
    "KpiMetric",
    "RatingAspect",
    "RatingChannel",
    "StaffKind",
    "SubmissionOutcome",
]

enum(
    RatingChannel,
    "Where a customer was asked.",
    PLN_MOBILE="In the PLN Mobile app.",
    CALL="After a call to contact centre 123.",
    LIVE_CHAT="After a live chat with contact centre 123.",
    SOCIAL_MEDIA="On social media.",
    OFFICE="At an office.",
    FIELD="After a visit of field officers.",
)
enum(
    StaffKind,
    "Whom of PLN a customer met.",
    OFFICER="An officer, who comes to the customer.",
    AGENT="An agent of the contact centre.",
)
enum(
    RatingAspect,
    "What a customer found good.",
    POLITE_UNIFORMED="The officer was polite and in uniform.",
    GOOD_WORK="The officer did good work.",
    ON_TIME="The officer came on time.",
    POLITE="The agent was polite.",
    SOLVES="The agent solves problems.",
    FAST="The agent was fast.",
)
enum(
    KpiMetric,
    "What headquarters sets targets for, in percent.",
    CSAT="The share of customers who gave a 4 or 5.",
    NPS="The share who gave a 9 or 10 less the share who gave 0 to 6, -100 to 100.",
    COMPLETION="How far the programme has come, by verified tasks.",
)
enum(
    SubmissionOutcome,
    "What became of a rating that was sent.",
    SUBMITTED="It is new and counts.",
    ALREADY_THERE="Its source has sent it before; what is there stays.",
)
enum(
    Grain,
    "How long the periods of figures are: whole ones of the calendar.",
    DAY="A day.",
    WEEK="A week from Monday on.",
    MONTH="A month.",
    QUARTER="A quarter.",
    YEAR="A year.",
)
enum(
    Breakdown,
    "What figures are broken down by.",
    NONE="By nothing but the period.",
    SERVICE="By service: all of them, or those that are chosen.",
    FEATURE="By feature: the 30 with the most answers, or those that are chosen; `feature` is null for answers without one.",
    CHANNEL="By channel: all of them, or those that are chosen.",
    UNIT="By the open units right below. What was answered about the unit itself is in none of them.",
)
