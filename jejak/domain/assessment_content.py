"""R9: the scores of an assessment with their notes and evidence, checked against its template."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from jejak.domain import change, clock, db
from jejak.domain.checks import REASON, Checks
from jejak.domain.errors import Code
from jejak.domain.tables.assessment import Assessment, AssessmentEvidence, AssessmentItem, AssessmentScore
from jejak.domain.task import MOST_EVIDENCE, NewEvidence

MOST_SCORES = 200
_BEST = 100
_DECIMALS = 2


@dataclass(frozen=True, slots=True)
class NewScore:
    """Of an item by its code: a score from 0 to 100, or that it did not apply."""

    item_code: str
    score: Decimal | None = None
    not_applicable: bool = False
    note: str = ""
    evidence: list[NewEvidence] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Content:
    """What an assessment says, checked. `told`: its scores, as history keeps them."""

    values: dict[str, Any]
    scores: list[AssessmentScore]
    evidence: list[AssessmentEvidence]
    told: list[dict[str, Any]]
    assessment_id: UUID
    by: UUID | None

    def add_evidence(self, checks: Checks, given: Sequence[NewEvidence], item_id: UUID | None) -> None:
        checks.at_most(len(given), MOST_EVIDENCE, "evidence")
        for n, one in enumerate(given[:MOST_EVIDENCE]):
            inside = checks.at("evidence", n)
            note = inside.text(one.note, "note", most=REASON, required=False)
            url = inside.url(one.url, "url")
            if not note and not url:
                inside.refuse(Code.REQUIRED, "note")
            row = AssessmentEvidence(
                assessment_id=self.assessment_id,
                item_id=item_id,
                note=note,
                url=url,
                added_by=self.by,
                added_at=clock.now(),
            )
            self.evidence.append(row)


async def items_of(template_id: UUID) -> dict[str, AssessmentItem]:
    """The items of a template by their codes, in order."""
    rows = await db.fetch(
        """select i.* from assessment_item i join assessment_dimension d on d.id = i.dimension_id
        where i.template_id = $1 order by d.position, i.position""",
        template_id,
    )
    return {row["code"]: AssessmentItem(_exists_in_db=True, **row) for row in rows}


def scores(
    checks: Checks,
    given: Sequence[NewScore],
    items: Mapping[str, AssessmentItem],
    assessment_id: UUID,
    by: UUID | None = None,
) -> Content:
    """What `by`, whose the evidence is, says of the items. Refuses NOT_FOUND and TAKEN (an item that there is not, or twice), INVALID_SCORE, REQUIRED (neither a score nor
    that it does not apply) and malformed notes and evidence.
    """
    content = Content({}, [], [], [], assessment_id, by)
    checks.at_most(len(given), MOST_SCORES, "scores")
    seen: set[str] = set()
    for n, one in enumerate(given[:MOST_SCORES]):
        inside = checks.at("scores", n)
        code = one.item_code.strip().upper()
        item = items.get(code)
        if item is None:
            inside.refuse(Code.NOT_FOUND, "item_code")
            continue
        if code in seen:
            inside.refuse(Code.TAKEN, "item_code")
        seen.add(code)
        score = _score(inside, one)
        note = inside.text(one.note, "note", most=REASON, required=False)
        content.scores.append(
            AssessmentScore(
                id=db.new_id(),
                assessment_id=assessment_id,
                item_id=item.id,
                score=score,
                not_applicable=one.not_applicable,
                note=note,
            )
        )
        content.told.append(_told(code, score, note))
        content.add_evidence(inside, one.evidence, item.id)
    return content


def _score(checks: Checks, given: NewScore) -> Decimal | None:
    if given.not_applicable:
        if given.score is not None:
            checks.refuse(Code.INVALID_SCORE, "score")
        return None
    if given.score is None:
        checks.refuse(Code.REQUIRED, "score")
        return None
    return checked_score(checks, given.score, "score")


def checked_score(checks: Checks, value: Decimal, name: str) -> Decimal:
    """Two decimals. Refuses INVALID_SCORE."""
    if not is_score(value):
        checks.refuse(Code.INVALID_SCORE, name)
        return Decimal(0)
    return round(value, _DECIMALS)


def is_score(value: Decimal) -> bool:
    # What is no number, or endless, compares with nothing.
    return value.is_finite() and 0 <= value <= _BEST and value == round(value, _DECIMALS)


def _told(code: str, score: Decimal | None, note: str) -> dict[str, Any]:
    told = {"item": code, "score": None if score is None else f"{score:.2f}"}
    return told | ({"note": note} if note else {})


async def told(ids: Iterable[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """The scores of assessments as they are, as history keeps them."""
    rows = await db.fetch(
        """
        select s.assessment_id, i.code, s.score, s.note from assessment_score s
        join assessment_item i on i.id = s.item_id join assessment_dimension d on d.id = i.dimension_id
        where s.assessment_id = any($1) order by d.position, i.position
        """,
        list(ids),
    )
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["assessment_id"], []).append(_told(row["code"], row["score"], row["note"]))
    return found


async def replace_content(row: Assessment, content: Content) -> None:
    """Writes an assessment's scores and evidence in place of those that there are."""
    await AssessmentEvidence.delete().where(AssessmentEvidence.assessment_id == row.id)
    await replace_scores([row.id], content.scores)
    await change.insert(content.evidence)


async def replace_scores(ids: Sequence[UUID], new: Sequence[AssessmentScore]) -> None:
    """The scores of these assessments. One that has become a pain point is kept, whatever becomes of it."""
    as_json = change.in_json(new)
    await db.execute(
        """
        with given as (select * from json_populate_recordset(null::assessment_score, $2::json)), gone as (
            delete from assessment_score s where s.assessment_id = any($1)
                and not exists (select from given where given.assessment_id = s.assessment_id and given.item_id = s.item_id)
                and not exists (select from pain_point p where p.assessment_score_id = s.id)
        )
        insert into assessment_score select * from given
        on conflict (assessment_id, item_id) do update
        set score = excluded.score, not_applicable = excluded.not_applicable, note = excluded.note
        """,
        list(ids),
        as_json,
    )
