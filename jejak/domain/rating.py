"""R8: what customers answer, taken in. Nothing is counted twice: what a source has sent once is there for ever.

How it gets into the histograms: `rating_tally.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import orjson

from jejak.domain import clock, db
from jejak.domain.checks import Checks
from jejak.domain.errors import Code
from jejak.domain.metric_rules import SCALES
from jejak.domain.vocabulary import RatingAspect, RatingChannel, Service

COMMENT = 2_000
_MOST_ASPECTS = len(RatingAspect)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a customer said: CSAT and overall 1-5, CES 1-7, NPS 0-10; null where they did not answer."""

    csat: int | None = None
    overall: int | None = None
    ces: int | None = None
    nps: int | None = None
    aspects: Sequence[RatingAspect] = ()
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class NewRating:
    """An answer that has been `checked`, and what it is about. `external_id`: its source's name for it, for ever."""

    unit_id: UUID
    external_id: str
    service: Service
    channel: RatingChannel
    answered_at: datetime
    answer: Answer
    feature: str = ""
    staff_id: UUID | None = None
    subject_hash: str | None = None

    def by(self, staff_id: UUID) -> "NewRating":
        """The same, naming the officer or agent."""
        return replace(self, staff_id=staff_id)


def checked(checks: Checks, answer: Answer) -> Answer:
    """As it can be kept. Refuses REQUIRED (no score at all, at `csat`), OUT_OF_RANGE, TOO_LONG, INVALID_TEXT, TOO_MANY."""
    for scale in SCALES.values():
        checks.between(getattr(answer, scale.name), scale.least, scale.most, scale.name)
    if all(getattr(answer, scale.name) is None for scale in SCALES.values()):
        checks.refuse(Code.REQUIRED, "csat")
    checks.at_most(len(answer.aspects), _MOST_ASPECTS, "aspects")
    comment = checks.text(answer.comment, "comment", most=COMMENT, required=False) or None
    aspects = [aspect for aspect in RatingAspect if aspect in answer.aspects]
    return Answer(answer.csat, answer.overall, answer.ces, answer.nps, aspects, comment)


async def add(ratings: Sequence[NewRating], source: str) -> set[int]:
    """Writes ratings inside the open transaction, by one statement however many: the one place that does.

    The places in `ratings` of those that were new. What `source` has sent before, under the same external id, stays as
    it is, also where it is there twice in one call. Of what access and checks say nothing is asked here.
    """
    if not ratings:
        return set()
    now = clock.now()
    rows = [
        {
            "id": db.new_id(),
            "unit_id": one.unit_id,
            "external_id": one.external_id,
            "service": one.service,
            "feature": one.feature,
            "channel": one.channel,
            "staff_id": one.staff_id,
            "csat": one.answer.csat,
            "overall": one.answer.overall,
            "ces": one.answer.ces,
            "nps": one.answer.nps,
            "aspects": one.answer.aspects,
            "comment": one.answer.comment,
            "answered_at": one.answered_at,
            "subject_hash": one.subject_hash,
        }
        for one in ratings
    ]
    added = await db.fetch(_ADD, orjson.dumps(rows, default=str).decode(), source, now)
    new = {row["rating_id"] for row in added}
    return {place for place, row in enumerate(rows) if row["id"] in new}


# By external id, so that of two calls with the same ones neither waits for the other while it is waited for.
_ADD = """
with added as (
    insert into rating (id, unit_id, service, feature, channel, staff_id, csat, overall, ces, nps, aspects, comment,
        answered_at, day, received_at, source, external_id, subject_hash)
    select given.id, given.unit_id, given.service, given.feature, given.channel, given.staff_id, given.csat,
        given.overall, given.ces, given.nps, given.aspects, given.comment, given.answered_at,
        (given.answered_at at time zone place.timezone)::date, $3, $2, given.external_id, given.subject_hash
    from json_populate_recordset(null::rating, $1::json) given join unit place on place.id = given.unit_id
    order by given.external_id, given.id
    on conflict (source, external_id) do nothing returning id
)
insert into rating_pending (rating_id) select id from added returning rating_id
"""
