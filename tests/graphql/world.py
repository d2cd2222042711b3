"""One small organisation for the tests that speak of every mutation: a UP3 in the middle, and units all around it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from jejak.domain import (
    api_token,
    calendar_change,
    calendar_feed,
    clock,
    db,
    invitation,
    issue,
    pain_point,
    report,
    sign_in,
    webhook,
)
from jejak.domain.access import SYSTEM
from jejak.domain.api_token import CreateApiToken
from jejak.domain.calendar_change import SetSpecialDays, SpecialDayRow
from jejak.domain.calendar_feed import CreateCalendarFeed
from jejak.domain.invitation import InvitePerson
from jejak.domain.issue import CloseIssue
from jejak.domain.pain_point import PausePainPoint
from jejak.domain.report import RecomputeReport
from jejak.domain.sign_in import SignIn
from jejak.domain.tables.alert import Alert, AlertRule
from jejak.domain.tables.calendar_feed import CalendarFeed
from jejak.domain.tables.channel import WebhookEndpoint
from jejak.domain.tables.delivery import Delivery
from jejak.domain.tables.issue import Issue
from jejak.domain.tables.journey import Journey, PainPoint
from jejak.domain.tables.notice import Notice
from jejak.domain.tables.person import Membership, Person
from jejak.domain.tables.programme import Programme
from jejak.domain.tables.rating_link import RatingLink
from jejak.domain.tables.report import Report
from jejak.domain.tables.rollout import Recurrence, Rollout
from jejak.domain.tables.sign_in import ApiToken, Session
from jejak.domain.tables.sla import SlaPolicy
from jejak.domain.tables.store_review import ReviewCause, StoreReview
from jejak.domain.tables.task import Task
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import (
    Category,
    JourneyStatus,
    Role,
    Service,
    SpecialDayKind,
    TaskStatus,
    UnitKind,
)
from jejak.domain.webhook import RegisterWebhook
from jejak.graphql import ids
from tests import factories as f
from tests.alerts import a_bare_alert, a_rule
from tests.client import gid
from tests.graphql import rows
from tests.rating_pages import a_link
from tests.shopping import ITEMS, Shopping, a_shopping


@dataclass
class World:
    """`here` lies under JATIM; `below` lies under `here`. What is not named otherwise happens at `here`."""

    hq: Unit
    region: Unit
    here: Unit
    below: Unit
    sibling: Unit
    elsewhere: Unit
    owner: Person
    manager: Person
    region_manager: Person
    admin: Person
    programme: Person
    spare: Membership
    draft: Journey
    submitted: Journey
    accepted: Journey
    open_point: PainPoint
    resolved_point: PainPoint
    paused_point: PainPoint
    planned: Task
    handed_in: Task
    blocked: Task
    notice: Notice
    rollout: Rollout
    recurrence: Recurrence
    escalation: Notice
    policy: SlaPolicy
    course: Programme
    warning_rule: AlertRule
    warning: Alert
    link: RatingLink
    closed_on: date
    account: "Account"
    channels: "Channels"
    grouped_point: PainPoint
    issue: Issue
    closed_issue: Issue
    report: Report
    shopping: Shopping
    cause: ReviewCause
    tagged_review: StoreReview
    review: StoreReview


@dataclass
class Channels:
    """The owner's: where their digests go, a dead e-mail with an attempt, a link of their calendar."""

    webhook: WebhookEndpoint
    delivery: Delivery
    feed: CalendarFeed


@dataclass
class Account:
    """What there is to sign in by: another session of the owner's, an invitation of whoever holds the spare role, a
    token by which a program acts for the manager.
    """

    session: Session
    refresh_token: str
    invited: Person
    invitation_token: str
    membership: Membership
    api_token: ApiToken


# By who has not signed in.
ANONYMOUS = {"signIn", "refreshSession", "acceptInvitation"}


async def an_account(owner: Person, manager: Person, invited: Person) -> Account:
    opened = (await sign_in.sign_in(SignIn(owner.email, f.PASSWORD))).opened
    session = await Session.objects().get(Session.id == opened.session_id)
    membership = await Membership.objects().get(Membership.person_id == manager.id)
    assert session is not None
    assert membership is not None
    tomorrow = clock.now().date() + timedelta(days=1)
    made = await api_token.create(await f.viewer_for(manager), CreateApiToken(membership.id, "CEM", tomorrow))
    kept = await ApiToken.objects().get(ApiToken.id == made.id)
    assert kept is not None
    invitation_token = (await invitation.invite(SYSTEM, InvitePerson(invited.id))).token
    return Account(session, opened.refresh_token or "", invited, invitation_token, membership, kept)


async def channels_of(owner: Person, notice: Notice) -> Channels:
    viewer = await f.viewer_for(owner)
    made = await webhook.register(viewer, RegisterWebhook("https://1.1.1.1/hook/secret"))
    endpoint = await WebhookEndpoint.objects().get(WebhookEndpoint.id == made.id)
    link = await calendar_feed.create(viewer, CreateCalendarFeed())
    feed = await CalendarFeed.objects().get(CalendarFeed.id == link.id)
    assert endpoint is not None
    assert feed is not None
    return Channels(endpoint, await a_dead_delivery(owner, notice), feed)


async def a_dead_delivery(owner: Person, notice: Notice) -> Delivery:
    """As a worker leaves it, at whatever hour it is now."""
    await db.execute(
        """
        with dead as (
            insert into delivery (id, person_id, channel, target, unit_id, day, test, state, attempts, next_attempt_at,
                expires_at, created_at, settled_at)
            select $1, $2, 'EMAIL', $2, t.unit_id, $4::date, false, 'DEAD', 1, $3, $3, $3, $3 from task t where t.id = $5
            returning id
        ), bundled as (
            insert into delivery_notice (id, delivery_id, target, notice_id) select gen_random_uuid(), id, $2, $6 from dead
        )
        insert into delivery_attempt (id, delivery_id, nth, at, milliseconds, outcome, said, answer)
        select gen_random_uuid(), id, 1, $3, 12, 'REFUSED', '550 No such user', 'for the owner only' from dead
        """,
        key := db.new_id(),
        owner.id,
        clock.now(),
        clock.now().date(),
        notice.task_id,
        notice.id,
    )
    found = await Delivery.objects().get(Delivery.id == key)
    assert found is not None
    return found


async def a_world() -> World:
    hq, region = await f.reference_unit("HQ"), await f.reference_unit("JATIM")
    here, sibling = await f.a_unit(UnitKind.UP3), await f.a_unit(UnitKind.UP3)
    below = await f.a_unit(UnitKind.ULP, here)
    elsewhere = await f.a_unit(UnitKind.ULP, await f.a_unit(UnitKind.UP3, await f.reference_unit("BALI")))
    owner = await f.a_person(Role.CONTRIBUTOR, here, ranger=True)
    manager = await f.a_person(Role.MANAGER, here)
    by = await f.viewer_for(manager)
    journeys = {
        status: await f.a_journey(here, status=status, viewer=by)
        for status in (JourneyStatus.DRAFT, JourneyStatus.SUBMITTED, JourneyStatus.ACCEPTED)
    }
    open_point = await f.a_pain_point(here, journey=journeys[JourneyStatus.ACCEPTED])
    resolved_point = await f.a_pain_point(here)
    await f.a_task(here, pain_point=resolved_point, status=TaskStatus.VERIFIED, owner=owner, viewer=by)
    paused_point = await f.a_pain_point(here)
    paused_point = await pain_point.pause(by, PausePainPoint(paused_point.id, 1, "Menunggu Pemda"))
    grouped_point = await f.a_pain_point(here)
    cause = await f.a_cause()
    policy = await SlaPolicy.objects().first()
    assert policy is not None
    course = await Programme.objects().first()
    assert course is not None
    warning_rule = await a_rule(service=Service.COMPLAINT)
    closed_on = date(clock.now().year + 1, 6, 15)
    closure = SpecialDayRow(closed_on, SpecialDayKind.CLOSURE, "Banjir")
    await calendar_change.set_special_days(SYSTEM, SetSpecialDays(here.id, [closure]))
    tasks = {
        status: await f.a_task(here, status=status, owner=owner, viewer=by)
        for status in (TaskStatus.PLANNED, TaskStatus.SUBMITTED, TaskStatus.BLOCKED)
    }
    spare_person = await f.a_person(Role.VIEWER, here)
    region_manager = await f.a_person(Role.MANAGER, region)
    programme = await f.a_person(Role.PROGRAMME, hq)
    spare = await Membership.objects().get(Membership.person_id == spare_person.id)
    assert spare is not None
    notice = await a_notice(owner, tasks[TaskStatus.PLANNED])
    return World(
        hq=hq,
        region=region,
        here=here,
        below=below,
        sibling=sibling,
        elsewhere=elsewhere,
        owner=owner,
        manager=manager,
        region_manager=region_manager,
        admin=await f.a_person(Role.ADMIN, hq),
        programme=programme,
        spare=spare,
        draft=journeys[JourneyStatus.DRAFT],
        submitted=journeys[JourneyStatus.SUBMITTED],
        accepted=journeys[JourneyStatus.ACCEPTED],
        open_point=open_point,
        resolved_point=resolved_point,
        paused_point=paused_point,
        planned=tasks[TaskStatus.PLANNED],
        handed_in=tasks[TaskStatus.SUBMITTED],
        blocked=tasks[TaskStatus.BLOCKED],
        rollout=await a_bare_rollout(here, manager),
        recurrence=await f.a_recurrence(here, kinds=[UnitKind.UP3]),
        notice=notice,
        escalation=await a_notice(
            region_manager, tasks[TaskStatus.PLANNED], audience="REGION", kind="ESCALATED"
        ),
        policy=policy,
        course=course,
        warning_rule=warning_rule,
        warning=await a_bare_alert(here, warning_rule),
        link=await a_link(here, await f.viewer_for(programme), feature="LAPOR"),
        closed_on=closed_on,
        account=await an_account(owner, manager, spare_person),
        channels=await channels_of(owner, notice),
        grouped_point=grouped_point,
        issue=await f.an_issue(grouped_point),
        closed_issue=await a_closed_issue(await f.a_pain_point(here)),
        report=await report.recompute(SYSTEM, RecomputeReport(here.id, reported_month())),
        shopping=await a_shopping(below, elsewhere, owner, await f.a_person(None)),
        cause=cause,
        tagged_review=await f.a_tagged_review(
            cause,
            await f.a_viewer(Role.PROGRAMME, hq),
            version_code=52070,
            replied_at=clock.now(),
            reply="Mohon maaf",
            link="https://play.google.com/console/1",
        ),
        review=await f.a_review(),
    )


def reported_month() -> date:
    """The month before the last one: whatever day it is, its last figures are kept, or never will be."""
    last = clock.now().date().replace(day=1) - timedelta(days=3)
    return (last.replace(day=1) - timedelta(days=3)).replace(day=1)


async def a_closed_issue(point: PainPoint) -> Issue:
    programme = await f.a_viewer(Role.PROGRAMME, await f.reference_unit("HQ"))
    made = await f.an_issue(point, viewer=programme, title="Meteran buram", category=Category.COMFORT)
    return await issue.close(programme, CloseIssue(made.id, made.version, "Meteran diganti"))


async def a_bare_rollout(unit: Unit, by: Person) -> Rollout:
    """Of the unit itself, which has not been given it yet."""
    row = rows.rollout(unit, by, kinds=[UnitKind.UP3], initiative_id=f.initiative_id("9.2"))
    await rows.write(row)
    return row


async def a_notice(who: Person, about: Task, *, audience: str = "OWNER", kind: str = "DUE_SOON") -> Notice:
    """As the reminder run writes it, at whatever hour it is now."""
    notice_id = db.new_id()
    await db.execute(
        """
        with bundled as (insert into digest (id, person_id, created_at) values ($1, $2, $3) returning id),
        spoken as (
            update reminder set outcome = 'SENT', settled_at = $3
            where id = (select id from reminder where task_id = $5 and audience = $6 order by remind_on limit 1) returning *
        )
        insert into notice (id, person_id, digest_id, unit_id, kind, task_id, reminder_id, due_on, created_at)
        select $4, $2, bundled.id, t.unit_id, $7, r.task_id, r.id, r.due_on, $3
        from bundled, spoken r join task t on t.id = r.task_id
        """,
        db.new_id(),
        who.id,
        clock.now(),
        notice_id,
        about.id,
        audience,
        kind,
    )
    found = await Notice.objects().get(Notice.id == notice_id)
    assert found is not None
    return found


async def told_of(warning: Alert, who: Person) -> None:
    """As the reminder run writes it."""
    await db.execute(
        """
        with bundled as (insert into digest (id, person_id, created_at) values ($1, $2, $3) returning id)
        insert into notice (id, person_id, digest_id, unit_id, kind, alert_id, created_at)
        select $1, $2, bundled.id, $4, 'ALERT', $5, $3 from bundled
        """,
        db.new_id(),
        who.id,
        clock.now(),
        warning.unit_id,
        warning.id,
    )


Given = tuple[Person, dict[str, Any]]


def initiative(code: str = "1.1") -> str:
    return ids.encode("Initiative", f.initiative_id(code))


def a_stage_input(**changes: Any) -> dict[str, Any]:
    point = {"description": "Menunggu", "category": "SPEED", "parameter": "EASE", "severity": 4, "reach": 3}
    given = {
        "name": "Mengajukan",
        "touchpoint": "PLN_MOBILE",
        "emotion": -1,
        "customerDid": "Menelepon",
        "customerSaid": "Lama",
        "targetMinutes": 10,
        "actualMinutes": 20,
        "painPoints": [point],
    }
    return given | changes


def _change(thing: Any, name: str, **more: Any) -> dict[str, Any]:
    return {name: gid(thing), "expectedVersion": thing.version} | more


def _capture(w: World) -> dict[str, Any]:
    return {
        "unitId": gid(w.here),
        "service": "PB_PD",
        "title": "Pasang baru",
        "narrative": "Dari awal sampai akhir",
        "occurredOn": (clock.today(w.here.timezone) - timedelta(days=1)).isoformat(),
        "stages": [a_stage_input()],
        "recapturesId": gid(w.accepted),
        "clientMutationId": "capture-1",
    }


def a_task_input(w: World, **more: Any) -> dict[str, Any]:
    due = f.in_working_days(w.here, 5).isoformat()
    given = {
        "initiativeId": initiative(),
        "unitId": gid(w.here),
        "title": "Latih",
        "description": "Semua",
        "dueOn": due,
    }
    return given | {"ownerId": gid(w.owner), "weight": 2} | more


def _update(w: World) -> dict[str, Any]:
    return _change(
        w.planned,
        "taskId",
        title="Judul baru",
        description="Uraian baru",
        ownerId=gid(w.manager),
        dueOn=f.in_working_days(w.here, 20).isoformat(),
        weight=7,
    )


def _rollout(w: World, **more: Any) -> dict[str, Any]:
    given = {
        "initiativeId": initiative("9.2"),
        "title": "Mystery shopping",
        "description": "Silang antar unit",
        "weight": 2,
        "unitId": gid(w.here),
        "kinds": ["UP3"],
        "unitIds": [gid(w.here)],
    }
    return given | more


def a_rating_request(w: World) -> dict[str, Any]:
    given = {
        "unitId": gid(w.here),
        "service": "COMPLAINT",
        "channel": "CALL",
        "feature": "LAPOR",
        "validDays": 7,
    }
    return given | {"staffCode": "CC-7", "staffName": "Dewi", "staffKind": "AGENT", "customerRef": "PEL-1"}


def _in_days(w: World, days: int) -> str:
    return (clock.today(w.here.timezone) + timedelta(days=days)).isoformat()


def webhook_gid(w: World) -> str:
    return ids.encode("Webhook", w.channels.webhook.id)


def an_ics(day: date, summary: str = "Cuti bersama") -> str:
    event = f"BEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:{day:%Y%m%d}\nSUMMARY:{summary}\nEND:VEVENT"
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//PLN//ID\n{event}\nEND:VCALENDAR"


def _titles(name: str) -> dict[str, str]:
    return {"titleId": name, "titleEn": f"{name} in English"}


def _template(w: World) -> dict[str, Any]:
    item = {"code": "B", "weight": 10, "category": "SPEED", "parameter": "EASE"} | _titles("Tiba")
    dimension = {"code": "B", "touchpoint": "FIELD_VISIT", "targetMinutes": 20, "items": [item]} | _titles(
        "Tiba"
    )
    given = {"code": w.shopping.template.code, "service": "COMPLAINT", "dimensions": [dimension]}
    return given | _titles("Kunjungan") | {"expectedVersion": 1, "clientMutationId": "template-1"}


def _record(w: World) -> dict[str, Any]:
    evidence = {"note": "Foto", "url": "https://pln.example/3"}
    first = {"itemCode": "A1", "score": "87.5", "notApplicable": False, "note": "Ramah"}
    first |= {"evidence": [evidence | {"note": "Jam"}]}
    reported = clock.now() - timedelta(hours=2)
    return {
        "plannedVisitId": gid(w.shopping.visit),
        "visitedOn": clock.today(w.elsewhere.timezone).isoformat(),
        "reportedAt": reported.isoformat(),
        "arrivedAt": (reported + timedelta(minutes=20)).isoformat(),
        "scores": [first, *({"itemCode": item, "score": "50"} for item in ITEMS[1:])],
        "note": "Sepi",
        "evidence": [evidence],
        "submit": True,
        "clientMutationId": "record-1",
    }


EVERYTHING = {"errorPolicy": "REJECT_EVERYTHING"}


# What may be done in the world, by whom: an input in which every field that there is stands, for every mutation.
VALID: dict[str, Callable[[World], Given]] = {
    "signIn": lambda w: (w.owner, {"email": w.owner.email, "password": f.PASSWORD, "browser": False}),
    "refreshSession": lambda w: (w.owner, {"refreshToken": w.account.refresh_token}),
    "signOut": lambda w: (w.owner, {"everywhere": True}),
    "endSession": lambda w: (w.owner, {"sessionId": gid(w.account.session)}),
    "createApiToken": lambda w: (
        w.manager,
        {
            "membershipId": gid(w.account.membership),
            "name": "CEM",
            "expiresOn": (clock.today(w.here.timezone) + timedelta(days=30)).isoformat(),
        },
    ),
    "revokeApiToken": lambda w: (w.manager, {"apiTokenId": gid(w.account.api_token)}),
    "invitePerson": lambda w: (w.admin, {"personId": gid(w.account.invited)}),
    "acceptInvitation": lambda w: (
        w.account.invited,
        {"token": w.account.invitation_token, "newPassword": "gajah biru menari pelan"},
    ),
    "setLanguage": lambda w: (w.owner, {"language": "EN"}),
    "changePassword": lambda w: (
        w.owner,
        {"currentPassword": f.PASSWORD, "newPassword": "kata sandi yang baru"},
    ),
    "createUnit": lambda w: (
        w.programme,
        {
            "parentId": gid(w.here),
            "code": "ULP-NEW",
            "name": "ULP Baru",
            "kind": "ULP",
            "timezone": "Asia/Jakarta",
            "clientMutationId": "unit-1",
        },
    ),
    "moveUnit": lambda w: (w.programme, _change(w.below, "unitId", parentId=gid(w.sibling))),
    "closeUnit": lambda w: (w.programme, _change(w.below, "unitId")),
    "setWorkingWeek": lambda w: (
        w.programme,
        _change(
            w.below,
            "unitId",
            days=[{"weekday": 6, "hours": [{"opens": "08:00", "closes": "12:00"}]}],
        ),
    ),
    "setSpecialDays": lambda w: (
        w.programme,
        {
            "unitId": gid(w.here),
            "rows": [
                {
                    "day": (w.closed_on + timedelta(days=1)).isoformat(),
                    "until": (w.closed_on + timedelta(days=2)).isoformat(),
                    "kind": "SPECIAL_HOURS",
                    "name": "Ramadan",
                    "hours": [{"opens": "08:00", "closes": "14:00"}],
                }
            ],
        },
    ),
    "removeSpecialDays": lambda w: (
        w.region_manager,
        {"unitId": gid(w.here), "days": [w.closed_on.isoformat()]},
    ),
    "importSpecialDays": lambda w: (
        w.programme,
        {"unitId": gid(w.hq), "ics": an_ics(w.closed_on), "kind": "HOLIDAY", "dryRun": False},
    ),
    "updateSlaPolicy": lambda w: (
        w.programme,
        _change(w.policy, "slaPolicyId", bands=[{"priorityFrom": 1, "days": 20}]),
    ),
    "pausePainPoint": lambda w: (w.manager, _change(w.open_point, "painPointId", reason="Menunggu vendor")),
    "resumePainPoint": lambda w: (w.manager, _change(w.paused_point, "painPointId")),
    "createPerson": lambda w: (
        w.admin,
        {
            "email": "baru@pln.example",
            "name": "Orang Baru",
            "password": "kata sandi yang panjang",
            "unitId": gid(w.here),
            "role": "MANAGER",
            "language": "EN",
            "ranger": True,
            "clientMutationId": "person-1",
        },
    ),
    "grantRole": lambda w: (
        w.admin,
        {"personId": gid(w.manager), "unitId": gid(w.below), "role": "CONTRIBUTOR", "ranger": True},
    ),
    "revokeRole": lambda w: (w.admin, {"membershipId": gid(w.spare)}),
    "captureJourney": lambda w: (w.manager, _capture(w)),
    "submitJourney": lambda w: (w.manager, _change(w.draft, "journeyId")),
    "acceptJourney": lambda w: (w.manager, _change(w.submitted, "journeyId")),
    "returnJourney": lambda w: (w.manager, _change(w.submitted, "journeyId", reason="Kurang lengkap")),
    "archiveJourney": lambda w: (w.manager, _change(w.accepted, "journeyId")),
    "assignPainPoint": lambda w: (
        w.manager,
        {"painPointId": gid(w.open_point), "tasks": [a_task_input(w)], "clientMutationId": "assign-1"},
    ),
    "closePainPoint": lambda w: (w.region_manager, _change(w.resolved_point, "painPointId")),
    "dismissPainPoint": lambda w: (w.manager, _change(w.open_point, "painPointId", reason="Bukan masalah")),
    "createTask": lambda w: (
        w.manager,
        a_task_input(w, painPointId=gid(w.open_point), clientMutationId="task-1"),
    ),
    "updateTask": lambda w: (w.manager, _update(w)),
    "createTasks": lambda w: (
        w.manager,
        {"tasks": [a_task_input(w, painPointId=gid(w.open_point))], "clientMutationId": "tasks-1"}
        | EVERYTHING,
    ),
    "updateTasks": lambda w: (w.manager, {"tasks": [_update(w)]} | EVERYTHING),
    "assignPainPoints": lambda w: (
        w.manager,
        {
            "assignments": [{"painPointId": gid(w.open_point), "tasks": [a_task_input(w)]}],
            "clientMutationId": "assignments-1",
        }
        | EVERYTHING,
    ),
    "importUnits": lambda w: (
        w.programme,
        {
            "rows": [
                {
                    "code": "ULP-NEW",
                    "name": "ULP Baru",
                    "kind": "ULP",
                    "timezone": "Asia/Jakarta",
                    "parentCode": w.here.code,
                }
            ],
            "dryRun": False,
        }
        | EVERYTHING,
    ),
    "importPeople": lambda w: (
        w.admin,
        {
            "rows": [
                {
                    "email": "baru@pln.example",
                    "name": "Orang Baru",
                    "role": "MANAGER",
                    "language": "EN",
                    "unitId": gid(w.here),
                    "unitCode": w.here.code,
                    "ranger": True,
                }
            ],
            "dryRun": False,
        }
        | EVERYTHING,
    ),
    "reportProgress": lambda w: (
        w.owner,
        _change(
            w.planned,
            "taskId",
            progress=60,
            note="Jalan",
            evidence=[{"note": "Foto", "url": "https://pln.example/1"}],
        ),
    ),
    "submitTask": lambda w: (
        w.owner,
        _change(w.planned, "taskId", evidence=[{"note": "Daftar hadir", "url": "https://pln.example/2"}]),
    ),
    "verifyTask": lambda w: (w.manager, _change(w.handed_in, "taskId")),
    "returnTask": lambda w: (w.manager, _change(w.handed_in, "taskId", reason="Bukti kurang")),
    "blockTask": lambda w: (w.owner, _change(w.planned, "taskId", reason="Menunggu material")),
    "unblockTask": lambda w: (w.owner, _change(w.blocked, "taskId")),
    "cancelTask": lambda w: (w.manager, _change(w.planned, "taskId", reason="Tidak perlu")),
    "rolloutInitiative": lambda w: (
        w.programme,
        _rollout(w, dueOn=_in_days(w, 30), withoutOwner="REFUSE", clientMutationId="rollout-1"),
    ),
    "extendRollout": lambda w: (w.programme, _change(w.rollout, "rolloutId", dueOn=_in_days(w, 30))),
    "cancelRollout": lambda w: (w.programme, _change(w.rollout, "rolloutId", reason="Diganti")),
    "createRecurrence": lambda w: (
        w.programme,
        _rollout(
            w,
            rule="FREQ=MONTHLY;BYMONTHDAY=15",
            startOn=_in_days(w, 1),
            leadDays=10,
            clientMutationId="recurrence-1",
        ),
    ),
    "updateRecurrence": lambda w: (
        w.programme,
        _change(
            w.recurrence,
            "recurrenceId",
            title="Laporan {month}",
            description="Per bulan",
            weight=3,
            rule="FREQ=MONTHLY;BYMONTHDAY=-1",
            leadDays=5,
            unitId=gid(w.here),
            kinds=["UP3", "ULP"],
            unitIds=[gid(w.below)],
        ),
    ),
    "createRatingLink": lambda w: (
        w.programme,
        {
            "unitId": gid(w.here),
            "name": "Bio Instagram",
            "service": "COMPLAINT",
            "channel": "SOCIAL_MEDIA",
            "feature": "LAPOR",
            "expiresOn": _in_days(w, 30),
            "clientMutationId": "link-1",
        },
    ),
    "revokeRatingLink": lambda w: (w.programme, {"ratingLinkId": gid(w.link)}),
    "requestRatings": lambda w: (
        w.programme,
        {"requests": [a_rating_request(w)], "clientMutationId": "calls-1"} | EVERYTHING,
    ),
    "eraseCustomer": lambda w: (w.programme, {"customerRef": "PEL-1"}),
    "endRecurrence": lambda w: (w.programme, _change(w.recurrence, "recurrenceId")),
    "handOver": lambda w: (
        w.manager,
        {
            "fromId": gid(w.owner),
            "toId": gid(w.manager),
            "reason": "Mutasi",
            "unitId": gid(w.here),
            "roles": False,
            "preview": False,
        },
    ),
    "updateNotificationPreferences": lambda w: (
        w.owner,
        {"preferences": [{"channel": "EMAIL", "enabled": True, "ceiling": 5}]},
    ),
    "registerWebhook": lambda w: (w.owner, {"url": "https://1.0.0.1/hook"}),
    "rotateWebhookSecret": lambda w: (w.owner, {"webhookId": webhook_gid(w)}),
    "removeWebhook": lambda w: (w.owner, {"webhookId": webhook_gid(w)}),
    "testWebhook": lambda w: (w.owner, {"webhookId": webhook_gid(w)}),
    "resendDelivery": lambda w: (w.owner, {"deliveryId": gid(w.channels.delivery)}),
    "createCalendarFeed": lambda w: (w.owner, {"replace": True}),
    "revokeCalendarFeed": lambda w: (w.owner, {"calendarFeedId": gid(w.channels.feed)}),
    "snoozeReminders": lambda w: (
        w.owner,
        {"taskId": gid(w.planned), "until": f.in_working_days(w.here, 2).isoformat()},
    ),
    "acknowledgeEscalation": lambda w: (
        w.region_manager,
        {"noticeId": gid(w.escalation), "note": "Kami dampingi"},
    ),
    "updateReminderRules": lambda w: (
        w.programme,
        {
            "unitId": gid(w.region),
            "expectedVersion": 1,
            "rungs": [{"offsetDays": -2, "audience": "OWNER"}, {"offsetDays": 2, "audience": "REGION"}],
            "snoozeLimitDays": 4,
            "acknowledgeDays": 2,
            "inherit": False,
        },
    ),
    "submitRatings": lambda w: (
        w.programme,
        {
            "source": "PLN_MOBILE",
            "ratings": [
                {
                    "externalId": "answer-1",
                    "unitId": gid(w.here),
                    "unitCode": w.here.code,
                    "service": "PREPAID",
                    "feature": "TOKEN",
                    "channel": "PLN_MOBILE",
                    "answeredAt": (clock.now() - timedelta(hours=1)).isoformat(),
                    "csat": 5,
                    "overall": 4,
                    "ces": 6,
                    "nps": 9,
                    "aspects": ["POLITE", "FAST"],
                    "comment": "Cepat sekali",
                    "staffCode": "A-17",
                    "staffName": "Dewi",
                    "staffKind": "AGENT",
                    "customerRef": "0812-3456",
                }
            ],
            "dryRun": False,
        }
        | EVERYTHING,
    ),
    "setKpiTargets": lambda w: (
        w.programme,
        {
            "targets": [
                {
                    "unitId": gid(w.region),
                    "year": 2026,
                    "metric": "CSAT",
                    "target": "90.25",
                    "expectedVersion": None,
                }
            ]
        }
        | EVERYTHING,
    ),
    "acknowledgeAlert": lambda w: (w.manager, {"alertId": gid(w.warning), "note": "Kami periksa"}),
    "assignAlert": lambda w: (
        w.manager,
        {"alertId": gid(w.warning), "tasks": [a_task_input(w)], "clientMutationId": "alert-1"},
    ),
    "createAlertRule": lambda w: (
        w.programme,
        {
            "kind": "METRIC_FLOOR",
            "titleId": "CES rendah",
            "titleEn": "Low CES",
            "kinds": ["ULP"],
            "threshold": "60.5",
            "clearAt": "65",
            "metric": "CES",
            "service": "SPKLU",
            "byService": False,
            "period": "WEEK",
            "leastN": 50,
            "severity": "CRITICAL",
            "audience": "REGION",
            "enabled": True,
            "clientMutationId": "rule-1",
        },
    ),
    "updateAlertRule": lambda w: (
        w.programme,
        _change(
            w.warning_rule,
            "alertRuleId",
            titleId="CSAT rendah",
            titleEn="Low CSAT",
            kinds=["UP3", "ULP"],
            threshold="75",
            clearAt="80",
            period="WEEK",
            leastN=40,
            severity="INFO",
            audience="UP3",
            enabled=False,
        ),
    ),
    "setProgrammeEnd": lambda w: (w.programme, _change(w.course, "programmeId", endsOn=_in_days(w, 300))),
    "markNoticesRead": lambda w: (w.owner, {"noticeIds": [gid(w.notice)]}),
    "createIssue": lambda w: (
        w.programme,
        {
            "title": "Tidak ada kabar",
            "category": "SPEED",
            "description": "Di banyak unit",
            "painPointIds": [gid(w.open_point)],
            "clientMutationId": "issue-1",
        },
    ),
    "updateIssue": lambda w: (
        w.programme,
        _change(w.issue, "issueId", title="Sunyi", description="Tanpa kabar", category="COMMUNICATION"),
    ),
    "addToIssue": lambda w: (
        w.programme,
        {"issueId": gid(w.issue), "painPoints": [{"painPointId": gid(w.open_point)}]} | EVERYTHING,
    ),
    "removeFromIssue": lambda w: (
        w.programme,
        {"issueId": gid(w.issue), "painPoints": [{"painPointId": gid(w.grouped_point)}]} | EVERYTHING,
    ),
    "closeIssue": lambda w: (w.programme, _change(w.issue, "issueId", reason="Selesai")),
    "reopenIssue": lambda w: (w.programme, _change(w.closed_issue, "issueId")),
    "assignIssue": lambda w: (
        w.programme,
        {
            "issueId": gid(w.issue),
            "initiativeId": initiative("9.2"),
            "title": "Kabari pelanggan",
            "description": "Tiap hari",
            "weight": 2,
            "dueOn": _in_days(w, 30),
            "withoutOwner": "REFUSE",
            "clientMutationId": "assign-issue-1",
        },
    ),
    "recomputeReport": lambda w: (
        w.region_manager,
        {"unitId": gid(w.here), "month": reported_month().isoformat()},
    ),
    "publishReport": lambda w: (
        w.region_manager,
        _change(w.report, "reportId"),
    ),
    "createAssessmentTemplate": lambda w: (w.programme, _template(w)),
    "createWave": lambda w: (
        w.programme,
        {
            "templateId": gid(w.shopping.template),
            "name": "Gelombang 2",
            "year": w.shopping.wave.year,
            "number": w.shopping.wave.number + 1,
            "startsOn": _in_days(w, 30),
            "endsOn": _in_days(w, 60),
            "crossVisit": False,
            "clientMutationId": "wave-1",
        },
    ),
    "updateWave": lambda w: (
        w.programme,
        _change(w.shopping.wave, "waveId", startsOn=_in_days(w, -30), endsOn=_in_days(w, 60))
        | {"name": "Lain"},
    ),
    "closeWave": lambda w: (w.programme, _change(w.shopping.wave, "waveId")),
    "planVisits": lambda w: (
        w.programme,
        {
            "waveId": gid(w.shopping.wave),
            "visits": [
                {
                    "assessorId": gid(w.manager),
                    "dueOn": _in_days(w, 10),
                    "unitId": gid(w.elsewhere),
                    "unitCode": w.elsewhere.code,
                }
            ],
        }
        | EVERYTHING,
    ),
    "recordAssessment": lambda w: (w.owner, _record(w)),
    "reopenAssessment": lambda w: (
        w.programme,
        _change(w.shopping.assessment, "assessmentId", reason="Salah ketik"),
    ),
    "createPainPointFromFinding": lambda w: (
        w.manager,
        {
            "assessmentId": gid(w.shopping.assessment),
            "itemCode": "B",
            "description": "Petugas terlambat",
            "severity": 4,
            "reach": 3,
            "category": "RESPONSIVENESS",
            "parameter": "EASE",
            "clientMutationId": "finding-1",
        },
    ),
    "importAssessments": lambda w: (
        w.programme,
        {
            "waveId": gid(w.shopping.wave),
            "rows": [
                {
                    "unitCode": w.elsewhere.code,
                    "visitedOn": _in_days(w, -2),
                    "scores": [{"itemCode": "B", "score": "15.3", "notApplicable": False}],
                    "note": "Dari berkas",
                }
            ],
            "dryRun": False,
        }
        | EVERYTHING,
    ),
    "importStoreReviews": lambda w: (
        w.programme,
        {
            "rows": [
                {
                    "package": "com.icon.pln123",
                    "submittedAt": (clock.now() - timedelta(days=2)).isoformat(),
                    "rating": 2,
                    "store": "PLAY",
                    "externalId": "gp:new",
                    "writtenAt": (clock.now() - timedelta(days=1)).isoformat(),
                    "versionCode": 52071,
                    "versionName": "5.2.71",
                    "language": "id",
                    "device": "a52q",
                    "title": "Lambat",
                    "text": "Bayar token lama sekali",
                    "repliedAt": clock.now().isoformat(),
                    "reply": "Mohon maaf",
                    "link": "https://play.google.com/console/2",
                }
            ],
            "dryRun": False,
        }
        | EVERYTHING,
    ),
    "importWaveResults": lambda w: (
        w.programme,
        {
            "waveId": gid(w.shopping.wave),
            "rows": [{"unitCode": w.region.code, "score": "75.04", "dimensionCode": "B"}],
            "dryRun": False,
        }
        | EVERYTHING,
    ),
    "tagStoreReviews": lambda w: (
        w.programme,
        {"reviews": [_change(w.review, "storeReviewId", causeId=gid(w.cause))]} | EVERYTHING,
    ),
    "createReviewCause": lambda w: (
        w.programme,
        {"code": "SLOW", "titleId": "Lambat", "titleEn": "Slow", "clientMutationId": "cause-1"},
    ),
    "updateReviewCause": lambda w: (
        w.programme,
        _change(w.cause, "reviewCauseId", titleId="Gagal masuk", titleEn="Sign-in fails", active=False),
    ),
}
