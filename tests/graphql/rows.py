"""Rows by the hundred, written straight into the tables: what domain calls would take a minute for."""

from datetime import UTC, date, datetime
from typing import Any

from jejak.domain import db
from jejak.domain.tables.alert import Alert, AlertEvidence, AlertRule
from jejak.domain.tables.channel import WebhookEndpoint
from jejak.domain.tables.delivery import Delivery, DeliveryAttempt
from jejak.domain.tables.event import Event
from jejak.domain.tables.issue import Issue
from jejak.domain.tables.journey import Journey, PainPoint, Stage
from jejak.domain.tables.notice import Digest, Notice, Reminder, Rung
from jejak.domain.tables.person import Membership, Person
from jejak.domain.tables.rating import Rating
from jejak.domain.tables.rating_link import RatingLink
from jejak.domain.tables.report import Report
from jejak.domain.tables.rollout import Recurrence, Rollout
from jejak.domain.tables.sign_in import ApiToken, Session
from jejak.domain.tables.store_review import ReviewCause, StoreReview
from jejak.domain.tables.task import Evidence, Task
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import UnitKind
from tests import factories as f

AT = datetime(2026, 8, 3, 2, tzinfo=UTC)
DAY = date(2030, 1, 1)
FAR = datetime(2100, 1, 1, tzinfo=UTC)


def unit_below(top: Unit, **changes: Any) -> Unit:
    key = db.new_id()
    code = f"K-{key.hex[-16:].upper()}"
    given = {
        "id": key,
        "code": code,
        "name": f"Unit {code}",
        "kind": UnitKind.ULP,
        "timezone": "Asia/Jakarta",
        "created_at": AT,
    }
    return Unit(**given | {"parent_id": top.id, "path": f"{top.path}{code}/"} | changes)


def person(**changes: Any) -> Person:
    key = db.new_id()
    given = {
        "id": key,
        "email": f"{key}@pln.example",
        "name": "Orang",
        "language": "id",
        "password_hash": f.PASSWORD_HASH,
        "created_at": AT,
    }
    return Person(**given | changes)


def membership(who: Person, at: Unit, **changes: Any) -> Membership:
    given = {"person_id": who.id, "unit_id": at.id, "role": "CONTRIBUTOR", "ranger": True, "granted_at": AT}
    return Membership(**given | changes)


def session(who: Person) -> Session:
    given = {"browser": False, "address": "", "agent": "", "created_at": AT, "used_at": AT}
    return Session(person_id=who.id, expires_at=FAR, **given)


def api_token(of: Membership) -> ApiToken:
    key = db.new_id()
    given = {"name": "CEM", "token_hash": str(key), "created_at": AT, "expires_on": DAY, "expires_at": FAR}
    return ApiToken(id=key, membership_id=of.id, **given)


def journey(at: Unit, by: Person, **changes: Any) -> Journey:
    given = {
        "unit_id": at.id,
        "service": "PB_PD",
        "title": "Pasang baru",
        "narrative": "",
        "occurred_on": date(2026, 8, 1),
        "status": "ACCEPTED",
        "recaptures_id": None,
        "captured_by": by.id,
        "created_at": AT,
        "updated_at": AT,
    }
    return Journey(**given | changes)


def stage(of: Journey, position: int = 1, **changes: Any) -> Stage:
    given = {
        "name": "Tahap",
        "touchpoint": "PLN_MOBILE",
        "emotion": 0,
        "customer_did": "",
        "customer_said": "",
    }
    return Stage(journey_id=of.id, position=position, **given | changes)


def pain_point(of: Stage, at: Unit, **changes: Any) -> PainPoint:
    given = {
        "description": "Menunggu",
        "category": "SPEED",
        "parameter": "EASE",
        "severity": 3,
        "reach": 2,
        "due_at": FAR,
        "created_at": AT,
    }
    return PainPoint(**{"unit_id": at.id, "journey_id": of.journey_id, "stage_id": of.id} | given | changes)


def issue(by: Person, **changes: Any) -> Issue:
    given = {"title": "Menunggu", "description": "", "category": "SPEED", "status": "OPEN"}
    return Issue(**given | {"created_by": by.id, "created_at": AT, "updated_at": AT} | changes)


def report(at: Unit, **changes: Any) -> Report:
    given = {"state": "DRAFT", "content": "{}", "formula_version": 1, "digest": "", "computed_at": AT}
    return Report(**{"unit_id": at.id, "month": date(2026, 1, 1), "created_at": AT} | given | changes)


def cause(nth: int) -> ReviewCause:
    given = {"title_id": "Lambat", "title_en": "Slow", "created_at": AT, "updated_at": AT}
    return ReviewCause(code=f"C{nth}-{db.new_id().hex[-8:]}", **given)


def review(nth: int, **changes: Any) -> StoreReview:
    key = db.new_id()
    given = {
        "id": key,
        "store": "PLAY",
        "package": "com.icon.pln123",
        "external_id": str(key),
        "version_name": "5.2",
        "language": "id",
        "device": "a52q",
        "submitted_at": AT,
        "written_at": AT,
        "rating": nth % 5 + 1,
        "title": "",
        "text": "Lambat sekali",
        "reply": "",
        "created_at": AT,
    }
    return StoreReview(**given | changes)


def task(at: Unit, owner: Person, **changes: Any) -> Task:
    given = {
        "initiative_id": f.initiative_id("1.1"),
        "unit_id": at.id,
        "pain_point_id": None,
        "title": "Latih",
        "description": "",
        "owner_id": owner.id,
        "due_on": DAY,
        "due_at": FAR,
        "status": "PLANNED",
        "submitted_by": None,
        "verified_by": None,
        "created_at": AT,
        "updated_at": AT,
    }
    return Task(**given | changes)


def recurrence(at: Unit, by: Person, **changes: Any) -> Recurrence:
    given = {
        "initiative_id": f.initiative_id("1.1"),
        "unit_id": at.id,
        "top_id": at.id,
        "kinds": ["ULP"],
        "unit_ids": [],
        "title": "Latih {month}",
        "description": "",
        "rule": "FREQ=MONTHLY;BYMONTHDAY=1",
        "start_on": DAY,
        "lead_days": 7,
        "upcoming": [DAY],
        "created_by": by.id,
        "created_at": AT,
        "updated_at": AT,
    }
    return Recurrence(**given | changes)


def rollout(at: Unit, by: Person, **changes: Any) -> Rollout:
    given = {
        "initiative_id": f.initiative_id("1.1"),
        "unit_id": at.id,
        "top_id": at.id,
        "kinds": ["ULP"],
        "unit_ids": [],
        "title": "Latih",
        "description": "",
        "due_on": DAY,
        "created_by": by.id,
        "created_at": AT,
        "updated_at": AT,
    }
    return Rollout(**given | changes)


def evidence(of: Task, by: Person) -> Evidence:
    return Evidence(task_id=of.id, note="Foto", added_by=by.id, added_at=AT)


def event(subject: Any, kind: str, at: Unit, by: Person, nth: int) -> Event:
    given = {
        "kind": kind,
        "subject_type": subject._meta.tablename,
        "subject_id": subject.id,
        "before": None,
        "after": None,
    }
    return Event(nth=nth, at=AT, actor_id=by.id, unit_id=at.id, **given)


async def notices(of: list[Task], who: Person, times: list[tuple[int, datetime]]) -> None:
    """One for each task and each of `times`: the rung's offset, and when it spoke."""
    rung = await Rung.objects().first()
    assert rung is not None
    reminders = [
        Reminder(
            task_id=task.id,
            due_on=DAY,
            rung_id=rung.id,
            offset_days=offset,
            audience="OWNER",
            remind_on=DAY,
            outcome="SENT",
            settled_at=at,
        )
        for task in of
        for offset, at in times
    ]
    digest = Digest(person_id=who.id, created_at=AT)
    told = [
        Notice(
            person_id=who.id,
            digest_id=digest.id,
            unit_id=of[0].unit_id,
            kind="DUE_SOON",
            task_id=one.task_id,
            reminder_id=one.id,
            due_on=DAY,
            created_at=one.settled_at,
        )
        for one in reminders
    ]
    await Reminder.insert(*reminders)
    await digest.save()
    await Notice.insert(*told)


def webhook(of: Person, **changes: Any) -> WebhookEndpoint:
    key = db.new_id()
    return WebhookEndpoint(
        **{
            "id": key,
            "person_id": of.id,
            "url": f"https://{key}.example/",
            "secret": "whsec_",
            "created_at": AT,
        }
        | changes
    )


def delivery(of: Person, at: Unit, **changes: Any) -> Delivery:
    """By e-mail, unless an `endpoint_id` is given."""
    given = {
        "person_id": of.id,
        "channel": "WEBHOOK" if changes.get("endpoint_id") else "EMAIL",
        "endpoint_id": None,
        "target": changes.get("endpoint_id") or of.id,
        "unit_id": at.id,
        "day": DAY,
        "state": "DELIVERED",
        "next_attempt_at": AT,
        "expires_at": FAR,
        "created_at": AT,
        "settled_at": AT,
    }
    return Delivery(**given | changes)


def attempt(of: Delivery, nth: int) -> DeliveryAttempt:
    given = {"at": AT, "milliseconds": 1, "outcome": "FAILED", "said": "HTTP 500", "answer": ""}
    return DeliveryAttempt(delivery_id=of.id, nth=nth, **given)


def rating_link(at: Unit, by: Person, n: int, **changes: Any) -> RatingLink:
    given = {
        "unit_id": at.id,
        "created_by": by.id,
        "created_at": AT,
        "expires_at": FAR,
        "name": f"Bio {n}",
        "service": "COMPLAINT",
        "feature": "",
        "channel": "OFFICE",
        "token": f"token-{n}",
    }
    return RatingLink(**given | changes)


def rating(at: Unit, **changes: Any) -> Rating:
    key = db.new_id()
    given = {"service": "COMPLAINT", "feature": "", "channel": "OFFICE", "csat": 5, "aspects": []}
    given |= {
        "answered_at": AT,
        "day": AT.date(),
        "received_at": AT,
        "source": "TEST",
        "external_id": str(key),
    }
    return Rating(**{"id": key, "unit_id": at.id} | given | changes)


def alert(at: Unit, rule: AlertRule, **changes: Any) -> Alert:
    given = {"severity": rule.severity, "opened_at": AT, "note": ""}
    return Alert(id=db.new_id(), rule_id=rule.id, unit_id=at.id, **given | changes)


def evidence_of(of: Alert) -> list[AlertEvidence]:
    return [AlertEvidence(alert_id=of.id, moment=moment, at=AT, n=40) for moment in ("OPENED", "LATEST")]


async def write(*rows: Any) -> None:
    """Rows of any tables, in this order, those of one table by one statement."""
    by_table: dict[Any, list[Any]] = {}
    for row in rows:
        by_table.setdefault(type(row), []).append(row)
    for table, its in by_table.items():
        await table.insert(*its)
