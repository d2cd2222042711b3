"""What every mutation does when it goes well, through HTTP; retries, stale changes, and the language of messages."""

import asyncio
from datetime import timedelta

import pytest

from jejak.domain import clock, db
from jejak.domain.vocabulary import Language, Role
from jejak.graphql import ids
from tests import factories as f
from tests.client import NOBODY, Client, as_, gid, schema, versioned
from tests.graphql.world import ANONYMOUS, VALID, a_stage_input, webhook_gid
from tests.refusals import events_of, unchanged

# What the payload shows of a mutation that has gone well: a selection, and what it answers.
TASK = "task { status progress statusReason version owner { id } submittedBy { id } verifiedBy { id } }"
SHOWN = {
    "recomputeReport": lambda w: (
        "report { id version state }",
        {"report": {"id": gid(w.report), "version": 1, "state": "DRAFT"}},
    ),
    "publishReport": lambda w: (
        "report { version state unit { id } publishedBy { id } }",
        {
            "report": {
                "version": 2,
                "state": "PUBLISHED",
                "unit": {"id": gid(w.here)},
                "publishedBy": {"id": gid(w.region_manager)},
            }
        },
    ),
    "signIn": lambda w: ("viewer { id email }", {"viewer": {"id": gid(w.owner), "email": w.owner.email}}),
    "refreshSession": lambda w: (
        "viewer { id sessions { id current } }",
        {"viewer": {"id": gid(w.owner), "sessions": [{"id": gid(w.account.session), "current": True}]}},
    ),
    "signOut": lambda w: ("__typename", {"__typename": "SignOutPayload"}),
    "endSession": lambda w: (
        "viewer { id sessions { current } }",
        {"viewer": {"id": gid(w.owner), "sessions": [{"current": True}]}},
    ),
    "createApiToken": lambda w: (
        "apiToken { name membership { id } lastUsedAt revokedAt }",
        {
            "apiToken": {
                "name": "CEM",
                "membership": {"id": gid(w.account.membership)},
                "lastUsedAt": None,
                "revokedAt": None,
            }
        },
    ),
    "revokeApiToken": lambda w: (
        "apiToken { id membership { apiTokens { id } } }",
        {"apiToken": {"id": gid(w.account.api_token), "membership": {"apiTokens": []}}},
    ),
    "invitePerson": lambda w: ("person { id }", {"person": {"id": gid(w.account.invited)}}),
    "acceptInvitation": lambda w: ("email", {"email": w.account.invited.email}),
    "setLanguage": lambda w: ("viewer { language }", {"viewer": {"language": "EN"}}),
    "updateNotificationPreferences": lambda w: (
        "viewer { notificationPreferences { channel enabled ceiling state } }",
        {
            "viewer": {
                "notificationPreferences": [
                    {"channel": "EMAIL", "enabled": True, "ceiling": 5, "state": "OFF"},
                    {"channel": "WEBHOOK", "enabled": True, "ceiling": 3, "state": "OPEN"},
                ]
            }
        },
    ),
    "registerWebhook": lambda w: (
        "webhook { url removedAt state previousSecretUntil }",
        {
            "webhook": {
                "url": "https://1.0.0.1/hook",
                "removedAt": None,
                "state": "OPEN",
                "previousSecretUntil": None,
            }
        },
    ),
    "rotateWebhookSecret": lambda w: ("webhook { id url }", _webhook(w)),
    "removeWebhook": lambda w: ("webhook { id url }", _webhook(w)),
    "testWebhook": lambda w: (
        "delivery { channel test state notices attemptsLeft address attempts { nth } webhook { id } person { id } }",
        {
            "delivery": {
                "channel": "WEBHOOK",
                "test": True,
                "state": "PENDING",
                "notices": 0,
                "attemptsLeft": 8,
                "address": "https://1.1.1.1/***",
                "attempts": [],
                "webhook": {"id": webhook_gid(w)},
                "person": {"id": gid(w.owner)},
            }
        },
    ),
    "resendDelivery": lambda w: (
        "delivery { id reference state settledAt notices attempts { nth outcome said } }",
        {
            "delivery": {
                "id": gid(w.channels.delivery),
                "reference": str(w.channels.delivery.id),
                "state": "PENDING",
                "settledAt": None,
                "notices": 1,
                "attempts": [{"nth": 1, "outcome": "REFUSED", "said": "550 No such user"}],
            }
        },
    ),
    "createCalendarFeed": lambda w: (
        "calendarFeed { lastUsedAt revokedAt }",
        {"calendarFeed": {"lastUsedAt": None, "revokedAt": None}},
    ),
    "revokeCalendarFeed": lambda w: (
        "calendarFeed { id lastUsedAt }",
        {"calendarFeed": {"id": gid(w.channels.feed), "lastUsedAt": None}},
    ),
    "changePassword": lambda w: ("person { id }", {"person": {"id": gid(w.owner)}}),
    "createUnit": lambda w: (
        "unit { code name kind timezone version parent { id } closedAt }",
        {
            "unit": {
                "code": "ULP-NEW",
                "name": "ULP Baru",
                "kind": "ULP",
                "timezone": "Asia/Jakarta",
                "version": 1,
                "parent": {"id": gid(w.here)},
                "closedAt": None,
            }
        },
    ),
    "moveUnit": lambda w: (
        "unit { id version parent { id } }",
        {"unit": {"id": gid(w.below), "version": 2, "parent": {"id": gid(w.sibling)}}},
    ),
    "closeUnit": lambda w: ("unit { id version }", {"unit": {"id": gid(w.below), "version": 2}}),
    "setWorkingWeek": lambda w: (
        "unit { id version calendar { week { weekday hours { opens closes } } weekFrom { id } } }",
        {
            "unit": {
                "id": gid(w.below),
                "version": w.below.version + 1,
                "calendar": {
                    "week": [
                        {
                            "weekday": n,
                            "hours": [{"opens": "08:00", "closes": "12:00"}] if n == 6 else [],
                        }
                        for n in range(1, 8)
                    ],
                    "weekFrom": {"id": gid(w.below)},
                },
            }
        },
    ),
    "setSpecialDays": lambda w: (
        "unit { calendar { specialDays { day kind name hours { opens closes } unit { id } } } }",
        {
            "unit": {
                "calendar": {
                    "specialDays": [
                        _special_day(w, w.here, 0, "CLOSURE", "Banjir"),
                        *(
                            _special_day(w, w.here, n, "SPECIAL_HOURS", "Ramadan")
                            | {"hours": [{"opens": "08:00", "closes": "14:00"}]}
                            for n in (1, 2)
                        ),
                    ]
                }
            }
        },
    ),
    "removeSpecialDays": lambda w: (
        "unit { id calendar { specialDays { day } } }",
        {"unit": {"id": gid(w.here), "calendar": {"specialDays": []}}},
    ),
    "importSpecialDays": lambda w: (
        "created changed unchanged unit { calendar { specialDays { day kind name hours { opens closes } unit { id } } } }",
        {
            "created": [w.closed_on.isoformat()],
            "changed": [],
            "unchanged": [],
            "unit": {"calendar": {"specialDays": [_special_day(w, w.hq, 0, "HOLIDAY", "Cuti bersama")]}},
        },
    ),
    "updateSlaPolicy": lambda w: (
        "slaPolicy { id version bands { priorityFrom days } }",
        {
            "slaPolicy": {
                "id": gid(w.policy),
                "version": w.policy.version + 1,
                "bands": [{"priorityFrom": 1, "days": 20}],
            }
        },
    ),
    "pausePainPoint": lambda w: (
        "painPoint { id version pauseReason sla { paused breachedAt } }",
        {
            "painPoint": {
                "id": gid(w.open_point),
                "version": 2,
                "pauseReason": "Menunggu vendor",
                "sla": {"paused": True, "breachedAt": None},
            }
        },
    ),
    "resumePainPoint": lambda w: (
        "painPoint { id version pauseReason sla { paused } }",
        {
            "painPoint": {
                "id": gid(w.paused_point),
                "version": 3,
                "pauseReason": None,
                "sla": {"paused": False},
            }
        },
    ),
    "createPerson": lambda w: (
        "person { name email memberships { role ranger unit { id } } }",
        {
            "person": {
                "name": "Orang Baru",
                "email": "baru@pln.example",
                "memberships": [{"role": "MANAGER", "ranger": True, "unit": {"id": gid(w.here)}}],
            }
        },
    ),
    "grantRole": lambda w: (
        "membership { role ranger revokedAt unit { id } person { id } }",
        {
            "membership": {
                "role": "CONTRIBUTOR",
                "ranger": True,
                "revokedAt": None,
                "unit": {"id": gid(w.below)},
                "person": {"id": gid(w.manager)},
            }
        },
    ),
    "revokeRole": lambda w: (
        "membership { id role }",
        {"membership": {"id": gid(w.spare), "role": "VIEWER"}},
    ),
    "captureJourney": lambda w: (
        """journey { unit { id } service title narrative occurredOn status version recaptures { id } capturedBy { id }
        stages { position name touchpoint emotion customerDid customerSaid targetMinutes actualMinutes insideSla
          painPoints { description category parameter severity reach priority state } } }""",
        {
            "journey": {
                "unit": {"id": gid(w.here)},
                "service": "PB_PD",
                "title": "Pasang baru",
                "narrative": "Dari awal sampai akhir",
                "occurredOn": (clock.today(w.here.timezone) - timedelta(days=1)).isoformat(),
                "status": "DRAFT",
                "version": 1,
                "recaptures": {"id": gid(w.accepted)},
                "capturedBy": {"id": gid(w.manager)},
                "stages": [
                    {
                        "position": 1,
                        **{name: value for name, value in a_stage_input().items() if name != "painPoints"},
                        "insideSla": False,
                        "painPoints": [a_stage_input()["painPoints"][0] | {"priority": 12, "state": "OPEN"}],
                    }
                ],
            }
        },
    ),
    "submitJourney": lambda w: ("journey { id status version }", _journey(w.draft, "SUBMITTED")),
    "acceptJourney": lambda w: ("journey { id status version }", _journey(w.submitted, "ACCEPTED")),
    "returnJourney": lambda w: (
        "journey { id status version returnReason }",
        {"journey": _journey(w.submitted, "RETURNED")["journey"] | {"returnReason": "Kurang lengkap"}},
    ),
    "archiveJourney": lambda w: ("journey { id status version }", _journey(w.accepted, "ARCHIVED")),
    "assignPainPoint": lambda w: (
        "painPoint { state } tasks { title weight owner { id } unit { id } painPoint { id } initiative { code } }",
        {
            "painPoint": {"state": "ASSIGNED"},
            "tasks": [
                {
                    "title": "Latih",
                    "weight": 2,
                    "owner": {"id": gid(w.owner)},
                    "unit": {"id": gid(w.here)},
                    "painPoint": {"id": gid(w.open_point)},
                    "initiative": {"code": "1.1"},
                }
            ],
        },
    ),
    "closePainPoint": lambda w: ("painPoint { state }", {"painPoint": {"state": "CLOSED"}}),
    "dismissPainPoint": lambda w: (
        "painPoint { state decisionReason }",
        {"painPoint": {"state": "DISMISSED", "decisionReason": "Bukan masalah"}},
    ),
    "createTask": lambda w: (
        "task { title description weight status owner { id } painPoint { id state } }",
        {
            "task": {
                "title": "Latih",
                "description": "Semua",
                "weight": 2,
                "status": "PLANNED",
                "owner": {"id": gid(w.owner)},
                "painPoint": {"id": gid(w.open_point), "state": "ASSIGNED"},
            }
        },
    ),
    "updateTask": lambda w: (
        "task { title description dueOn weight version owner { id } }",
        {
            "task": {
                "title": "Judul baru",
                "description": "Uraian baru",
                "dueOn": f.in_working_days(w.here, 20).isoformat(),
                "weight": 7,
                "version": w.planned.version + 1,
                "owner": {"id": gid(w.manager)},
            }
        },
    ),
    "createTasks": lambda w: (
        "count results { task { title weight status owner { id } painPoint { id state } } }",
        _rows(
            task={
                "title": "Latih",
                "weight": 2,
                "status": "PLANNED",
                "owner": {"id": gid(w.owner)},
                "painPoint": {"id": gid(w.open_point), "state": "ASSIGNED"},
            }
        ),
    ),
    "updateTasks": lambda w: (
        "count results { task { title dueOn weight version owner { id } } }",
        _rows(
            task={
                "title": "Judul baru",
                "dueOn": f.in_working_days(w.here, 20).isoformat(),
                "weight": 7,
                "version": w.planned.version + 1,
                "owner": {"id": gid(w.manager)},
            }
        ),
    ),
    "assignPainPoints": lambda w: (
        "count results { painPoint { id state } tasks { title painPoint { id } } }",
        _rows(
            painPoint={"id": gid(w.open_point), "state": "ASSIGNED"},
            tasks=[{"title": "Latih", "painPoint": {"id": gid(w.open_point)}}],
        ),
    ),
    "importUnits": lambda w: (
        "count results { outcome unit { code name kind timezone parent { id } } }",
        _rows(
            outcome="CREATED",
            unit={
                "code": "ULP-NEW",
                "name": "ULP Baru",
                "kind": "ULP",
                "timezone": "Asia/Jakarta",
                "parent": {"id": gid(w.here)},
            },
        ),
    ),
    "importPeople": lambda w: (
        "count results { outcome membership { role ranger unit { id } } person { name email } }",
        _rows(
            outcome="CREATED",
            membership={"role": "MANAGER", "ranger": True, "unit": {"id": gid(w.here)}},
            person={"name": "Orang Baru", "email": "baru@pln.example"},
        ),
    ),
    "createIssue": lambda w: (
        "issue { title category description status version createdBy { id } figures { painPoints units prioritySum } painPoints(first: 9) { nodes { id issue { title } } } }",
        {
            "issue": {
                "title": "Tidak ada kabar",
                "category": "SPEED",
                "description": "Di banyak unit",
                "status": "OPEN",
                "version": 1,
                "createdBy": {"id": gid(w.programme)},
                "figures": {"painPoints": 1, "units": 1, "prioritySum": 12},
                "painPoints": {"nodes": [{"id": gid(w.open_point), "issue": {"title": "Tidak ada kabar"}}]},
            }
        },
    ),
    "updateIssue": lambda w: (
        "issue { id title description category version }",
        {
            "issue": {
                "id": gid(w.issue),
                "title": "Sunyi",
                "description": "Tanpa kabar",
                "category": "COMMUNICATION",
                "version": 2,
            }
        },
    ),
    "addToIssue": lambda w: (
        "count results { painPoint { id issue { id } } }",
        _rows(painPoint={"id": gid(w.open_point), "issue": {"id": gid(w.issue)}}),
    ),
    "removeFromIssue": lambda w: (
        "count results { painPoint { id issue { id } } }",
        _rows(painPoint={"id": gid(w.grouped_point), "issue": None}),
    ),
    "closeIssue": lambda w: (
        "issue { id status closeReason version }",
        {"issue": {"id": gid(w.issue), "status": "CLOSED", "closeReason": "Selesai", "version": 2}},
    ),
    "reopenIssue": lambda w: (
        "issue { id status closeReason closedAt version }",
        {
            "issue": {
                "id": gid(w.closed_issue),
                "status": "OPEN",
                "closeReason": None,
                "closedAt": None,
                "version": 3,
            }
        },
    ),
    "assignIssue": lambda w: (
        """count issue { id figures { tasks affectedUnits } painPoints(first: 9) { nodes { state tasks { title } } } }
        rollout { title weight issue { id } initiative { code } tasks(first: 9) { nodes { unit { id } owner { id } } } }""",
        {
            "count": 1,
            "issue": {
                "id": gid(w.issue),
                "figures": {"tasks": 1, "affectedUnits": 1},
                "painPoints": {"nodes": [{"state": "ASSIGNED", "tasks": [{"title": "Kabari pelanggan"}]}]},
            },
            "rollout": {
                "title": "Kabari pelanggan",
                "weight": 2,
                "issue": {"id": gid(w.issue)},
                "initiative": {"code": "9.2"},
                "tasks": {"nodes": [{"unit": {"id": gid(w.here)}, "owner": {"id": gid(w.owner)}}]},
            },
        },
    ),
    "importStoreReviews": lambda w: (
        "count results { outcome storeReview { externalText: text rating versionName versionCode device language reply cause { id } version } }",
        _rows(
            outcome="CREATED",
            storeReview={
                "externalText": "Bayar token lama sekali",
                "rating": 2,
                "versionName": "5.2.71",
                "versionCode": 52071,
                "device": "a52q",
                "language": "id",
                "reply": "Mohon maaf",
                "cause": None,
                "version": 1,
            },
        ),
    ),
    "tagStoreReviews": lambda w: (
        "count results { storeReview { id version cause { id title } taggedBy { id } } }",
        _rows(
            storeReview={
                "id": gid(w.review),
                "version": 2,
                "cause": {"id": gid(w.cause), "title": "Tidak bisa masuk"},
                "taggedBy": {"id": gid(w.programme)},
            }
        ),
    ),
    "createReviewCause": lambda w: (
        "reviewCause { code title active version }",
        {"reviewCause": {"code": "SLOW", "title": "Lambat", "active": True, "version": 1}},
    ),
    "updateReviewCause": lambda w: (
        "reviewCause { id title active version }",
        {"reviewCause": {"id": gid(w.cause), "title": "Gagal masuk", "active": False, "version": 2}},
    ),
    "reportProgress": lambda w: (
        "task { status progress evidence { note url } }",
        {
            "task": {
                "status": "IN_PROGRESS",
                "progress": 60,
                "evidence": [{"note": "Foto", "url": "https://pln.example/1"}],
            }
        },
    ),
    "submitTask": lambda w: (
        TASK,
        _task(w, w.planned, status="SUBMITTED", progress=100, submittedBy={"id": gid(w.owner)}),
    ),
    "verifyTask": lambda w: (
        TASK,
        _task(
            w,
            w.handed_in,
            status="VERIFIED",
            progress=100,
            submittedBy={"id": gid(w.owner)},
            verifiedBy={"id": gid(w.manager)},
        ),
    ),
    "returnTask": lambda w: (
        TASK,
        _task(
            w,
            w.handed_in,
            status="RETURNED",
            progress=0,  # as it was reported before it was handed in
            submittedBy={"id": gid(w.owner)},
            statusReason="Bukti kurang",
        ),
    ),
    "blockTask": lambda w: (TASK, _task(w, w.planned, status="BLOCKED", statusReason="Menunggu material")),
    "unblockTask": lambda w: (TASK, _task(w, w.blocked, status="PLANNED")),
    "cancelTask": lambda w: (TASK, _task(w, w.planned, status="CANCELLED", statusReason="Tidak perlu")),
    "rolloutInitiative": lambda w: (
        """count rollout { title description weight kinds dueInDays version initiative { code } unit { id } createdBy { id }
        progress { units tasks reported } units(first: 9) { nodes { id } } tasks(first: 9) { nodes { owner { id } weight } } }""",
        {
            "count": 1,
            "rollout": {
                "title": "Mystery shopping",
                "description": "Silang antar unit",
                "weight": 2,
                "kinds": ["UP3"],
                "dueInDays": None,
                "version": 1,
                "initiative": {"code": "9.2"},
                "unit": {"id": gid(w.here)},
                "createdBy": {"id": gid(w.programme)},
                "progress": {"units": 1, "tasks": 1, "reported": "0.00"},
                "units": {"nodes": [{"id": gid(w.here)}]},
                "tasks": {"nodes": [{"owner": {"id": gid(w.owner)}, "weight": 2}]},
            },
        },
    ),
    "extendRollout": lambda w: (
        "count rollout { id version }",
        {"count": 1, "rollout": {"id": gid(w.rollout), "version": 2}},
    ),
    "cancelRollout": lambda w: (
        "count rollout { id version cancelReason tasks(first: 9) { nodes { status } } progress { tasks verified } }",
        {
            "count": 0,
            "rollout": {
                "id": gid(w.rollout),
                "version": 2,
                "cancelReason": "Diganti",
                "tasks": {"nodes": []},
                "progress": {"tasks": 0, "verified": None},
            },
        },
    ),
    "createRecurrence": lambda w: (
        "recurrence { title weight rule leadDays skipped endedAt version createdBy { id } units(first: 9) { totalCount } }",
        {
            "recurrence": {
                "title": "Mystery shopping",
                "weight": 2,
                "rule": "FREQ=MONTHLY;BYMONTHDAY=15",
                "leadDays": 10,
                "skipped": 0,
                "endedAt": None,
                "version": 1,
                "createdBy": {"id": gid(w.programme)},
                "units": {"totalCount": 1},
            }
        },
    ),
    "updateRecurrence": lambda w: (
        "recurrence { id title description weight rule leadDays version kinds units(first: 9) { totalCount } }",
        {
            "recurrence": {
                "id": gid(w.recurrence),
                "title": "Laporan {month}",
                "description": "Per bulan",
                "weight": 3,
                "rule": "FREQ=MONTHLY;BYMONTHDAY=-1",
                "leadDays": 5,
                "version": 2,
                "kinds": ["ULP", "UP3"],
                "units": {"totalCount": 2},
            }
        },
    ),
    "endRecurrence": lambda w: (
        "recurrence { id version nextOccurrences }",
        {"recurrence": {"id": gid(w.recurrence), "version": 2, "nextOccurrences": []}},
    ),
    "handOver": lambda w: (
        """taskCount noticeCount roleCount leftCount person { id } roles { id } tasks { owner { id } }
        left { task { id } membership { id } errors { code } }""",
        {
            "taskCount": 3,
            "noticeCount": 1,
            "roleCount": 0,
            "leftCount": 0,
            "person": {"id": gid(w.owner)},
            "roles": [],
            "tasks": [{"owner": {"id": gid(w.manager)}}] * 3,
            "left": [],
        },
    ),
    "snoozeReminders": lambda w: (
        "task { id version snoozedUntil escalation { level } }",
        {
            "task": {
                "id": gid(w.planned),
                "version": w.planned.version,
                "snoozedUntil": f.in_working_days(w.here, 2).isoformat(),
                "escalation": {"level": "REGION"},
            }
        },
    ),
    "acknowledgeEscalation": lambda w: (
        "task { id snoozedUntil escalation { level acknowledgedBy { id } note until } }",
        {
            "task": {
                "id": gid(w.planned),
                "snoozedUntil": None,
                "escalation": {
                    "level": "REGION",
                    "acknowledgedBy": {"id": gid(w.region_manager)},
                    "note": "Kami dampingi",
                    "until": f.in_working_days(w.here, 3).isoformat(),
                },
            }
        },
    ),
    "updateReminderRules": lambda w: (
        """unit { reminderRules { unit { id } origin { id } overridden inherits version snoozeLimitDays acknowledgeDays
            rungs { offsetDays audience } createdBy { id } versions { version } } }""",
        {
            "unit": {
                "reminderRules": {
                    "unit": {"id": gid(w.region)},
                    "origin": {"id": gid(w.region)},
                    "overridden": True,
                    "inherits": False,
                    "version": 2,
                    "snoozeLimitDays": 4,
                    "acknowledgeDays": 2,
                    "rungs": VALID["updateReminderRules"](w)[1]["rungs"],
                    "createdBy": {"id": gid(w.programme)},
                    "versions": [{"version": 2}],
                }
            }
        },
    ),
    "submitRatings": lambda w: (
        "submitted count results { outcome }",
        {"submitted": 1, **_rows(outcome="SUBMITTED")},
    ),
    "setKpiTargets": lambda w: (
        "count results { kpiTarget { year metric target version unit { id } } }",
        _rows(
            kpiTarget={
                "year": 2026,
                "metric": "CSAT",
                "target": "90.25",
                "version": 1,
                "unit": {"id": gid(w.region)},
            }
        ),
    ),
    "markNoticesRead": lambda w: ("notices { id }", {"notices": [{"id": gid(w.notice)}]}),
}


def _webhook(w):
    return {"webhook": {"id": webhook_gid(w), "url": w.channels.webhook.url}}


def _special_day(w, unit, n, kind, name):
    day = (w.closed_on + timedelta(days=n)).isoformat()
    return {"day": day, "kind": kind, "name": name, "hours": [], "unit": {"id": gid(unit)}}


def _journey(made, status):
    return {"journey": {"id": gid(made), "status": status, "version": made.version + 1}}


def _task(w, task, **changed):
    as_it_was = {"progress": task.progress, "statusReason": None, "submittedBy": None, "verifiedBy": None}
    return {"task": as_it_was | {"version": task.version + 1, "owner": {"id": gid(w.owner)}} | changed}


def _rows(**one):
    return {"count": 1, "results": [one | {"errors": []}]}


def test_every_mutation_has_its_happy_path():
    assert set(schema().mutation_type.fields) == set(VALID) == set(SHOWN)


@pytest.mark.parametrize("mutation", VALID)
async def test_a_mutation_answers_the_object_as_it_is_now(world, mutation):
    # given
    who, given = VALID[mutation](world)
    shows, expected = SHOWN[mutation](world)
    client = NOBODY if mutation in ANONYMOUS else await as_(who)
    # when
    payload = await client.do(mutation, shows, **given)
    # then
    assert payload == expected | {"errors": []}


async def test_a_token_from_signing_in_stands_for_the_person(world):
    given = {"email": world.owner.email.upper(), "password": f.PASSWORD}
    payload = await NOBODY.done("signIn", "token expiresAt", **given)
    assert (await Client(payload["token"]).data("{ viewer { id } }"))["viewer"] == {"id": gid(world.owner)}


CREATES = [
    "captureJourney",
    "createTask",
    "createTasks",
    "assignPainPoint",
    "assignPainPoints",
    "createUnit",
    "createPerson",
    "rolloutInitiative",
    "createRecurrence",
]
MADE = {
    "captureJourney": "journey { id }",
    "createTask": "task { id }",
    "createTasks": "results { task { id } }",
    "assignPainPoint": "tasks { id }",
    "assignPainPoints": "results { tasks { id } }",
    "createUnit": "unit { id }",
    "createPerson": "person { id }",
    "rolloutInitiative": "count rollout { id }",
    "createRecurrence": "recurrence { id }",
}


@pytest.mark.parametrize("mutation", CREATES)
async def test_a_retry_returns_the_first_result_and_writes_nothing(world, mutation):
    who, given = VALID[mutation](world)
    client = await as_(who)
    first = await client.done(mutation, MADE[mutation], **given)
    async with unchanged():
        assert await client.done(mutation, MADE[mutation], **given) == first


@pytest.mark.parametrize("mutation", CREATES)
async def test_another_body_under_the_same_client_id_is_refused(world, mutation):
    # given
    who, given = VALID[mutation](world)
    client = await as_(who)
    await client.done(mutation, **given)
    other = {"tasks": [given["tasks"][0] | {"title": "Lain"}]} if "tasks" in given else {}
    other |= {"assignments": given["assignments"] * 2} if "assignments" in given else {}
    other |= {"title": "Lain"} if "title" in given else {"name": "Lain"} if "name" in given else {}
    # when
    async with unchanged():
        refusals = await client.refusals(mutation, **given | other)
    # then
    assert refusals == [("CLIENT_ID_REUSED", ["clientMutationId"])]


@pytest.mark.parametrize("mutation", CREATES)
async def test_a_client_id_is_nobody_elses(world, mutation):
    """Two phones may well count alike."""
    who, given = VALID[mutation](world)
    others = {world.manager.id: world.region_manager, world.admin.id: None, world.programme.id: None}
    other = others[who.id] or await f.a_person(Role.ADMIN if who is world.admin else Role.PROGRAMME, world.hq)
    first = await (await as_(who)).done(mutation, MADE[mutation], **given)
    again = given | {"code": "ULP-OTHER", "email": "lain@pln.example"}
    again = {name: value for name, value in again.items() if name in given}
    second = await (await as_(other)).done(mutation, MADE[mutation], **again)
    assert first != second


async def test_a_new_password_ends_every_sign_in_of_the_person_and_of_nobody_else(world):
    # given
    here, there, other = await as_(world.owner), await as_(world.owner), await as_(world.manager)
    who, given = VALID["changePassword"](world)
    # when
    await here.done("changePassword", **given)
    # then
    for client, code in ((here, "UNAUTHENTICATED"), (there, "UNAUTHENTICATED"), (other, None)):
        _, errors = await client.post("{ viewer { id } }")
        assert [error["extensions"]["code"] for error in errors] == ([code] if code else [])
    for password, codes in ((given["newPassword"], []), (given["currentPassword"], ["WRONG_CREDENTIALS"])):
        payload = await NOBODY.do("signIn", email=who.email, password=password)
        assert [error["code"] for error in payload["errors"]] == codes


async def test_fifty_identical_captures_at_once_make_one_journey(world):
    # given
    who, given = VALID["captureJourney"](world)
    client = await as_(who)
    before = await db.fetchval("select count(*) from journey")
    # when
    payloads = await asyncio.gather(
        *(client.done("captureJourney", "journey { id }", **given) for _ in range(50))
    )
    # then
    assert len({payload["journey"]["id"] for payload in payloads}) == 1
    assert await db.fetchval("select count(*) from journey") == before + 1
    _, key = ids.split(payloads[0]["journey"]["id"])
    assert await events_of(key) == ["journey.captured"]


async def test_of_fifty_changes_of_one_version_one_is_done(world):
    client = await as_(world.owner)
    given = [versioned(world.planned, progress=n) for n in range(50)]
    payloads = await asyncio.gather(
        *(client.do("reportProgress", "task { version progress }", **one) for one in given)
    )
    done = [payload for payload in payloads if not payload["errors"]]
    assert len(done) == 1
    assert {error["code"] for payload in payloads for error in payload["errors"]} == {"STALE"}


async def test_a_returned_journey_is_captured_anew(world):
    # given
    client = await as_(world.manager)
    await client.done("returnJourney", **VALID["returnJourney"](world)[1])
    given = VALID["captureJourney"](world)[1] | {"journeyId": gid(world.submitted), "submit": True}
    # when
    stale = await client.do(
        "captureJourney", "journey { version }", **given, expectedVersion=world.submitted.version
    )
    done = await client.done(
        "captureJourney", "journey { id status }", **given, expectedVersion=world.submitted.version + 1
    )
    # then
    assert [error["code"] for error in stale["errors"]] == ["STALE"]
    assert stale["journey"] == {"version": world.submitted.version + 1}
    assert done["journey"] == {"id": gid(world.submitted), "status": "SUBMITTED"}


async def test_several_mutations_of_a_request_run_one_after_the_other(world):
    client = await as_(world.owner)
    document = """mutation ($a: ReportProgressInput!, $b: ReportProgressInput!) {
        first: reportProgress(input: $a) { task { version progress } errors { code } }
        second: reportProgress(input: $b) { task { version progress } errors { code } } }"""
    version = world.planned.version
    data = await client.data(
        document,
        a=versioned(world.planned, progress=10),
        b=versioned(world.planned, progress=20) | {"expectedVersion": version + 1},
    )
    assert [data[name]["task"] for name in ("first", "second")] == [
        {"version": version + 1, "progress": 10},
        {"version": version + 2, "progress": 20},
    ]


@pytest.mark.parametrize(
    ("language", "said"), [(Language.ID, "Tidak ditemukan."), (Language.EN, "Not found.")]
)
async def test_a_refusal_speaks_the_persons_language_whatever_the_browser_says(world, language, said):
    viewer = await f.a_viewer(Role.MANAGER, world.elsewhere, language=language)
    client = await as_(viewer, **{"Accept-Language": "id" if language is Language.EN else "en"})
    payload = await client.do("verifyTask", **versioned(world.handed_in))
    assert [error["message"] for error in payload["errors"]] == [said]


@pytest.mark.parametrize(
    ("accepts", "said"),
    [
        ("en-GB, id;q=0.5", "Please sign in first."),
        ("id", "Silakan masuk terlebih dahulu."),
        ("fr, en;q=0.1", "Please sign in first."),
        ("fr", "Silakan masuk terlebih dahulu."),
        ("en;q=nonsense", "Silakan masuk terlebih dahulu."),
    ],
)
async def test_who_is_signed_out_is_spoken_to_as_the_browser_asks(accepts, said):
    _, errors = await Client(headers={"Accept-Language": accepts}).post("{ viewer { id } }")
    assert [error["message"] for error in errors] == [said]
