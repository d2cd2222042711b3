"""Everybody who may ask, in one world in which there is something of everything."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from graphql import get_named_type

from jejak.domain import api_token, channel, clock, db, heartbeat, job_run
from jejak.domain.api_token import CreateApiToken
from jejak.domain.tables.person import Membership
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import Channel, Language, Role
from jejak.graphql import ids
from jejak.graphql.reading.declare import Entity
from tests import factories as f
from tests.client import NOBODY, Client, as_, schema
from tests.graphql.kinds import node_kinds
from tests.graphql.monthly_report import filled
from tests.graphql.test_access_matrix import a_wide_world
from tests.graphql.world import VALID, World
from tests.ratings import rated


@dataclass(frozen=True)
class Known:
    """What a question can be about: ids by their type, cursors by their order, inputs by their field."""

    ids: dict[str, list[str]]
    cursors: dict[str, list[str]]
    inputs: dict[str, Any]
    codes: list[str]
    days: list[date]
    month: date
    reported: str
    moments: list[datetime]

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        """As of `Place`."""
        printer.text("Known()")


@dataclass(frozen=True)
class Place:
    world: World
    known: Known
    viewers: dict[str, Client]

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        """To hypothesis, which shows what a test was given and makes a failure of what is too long."""
        printer.text("Place()")


async def a_place(world: World) -> Place:
    await a_wide_world(world)
    await filled(world.report)
    for mutation in DONE:
        who, given = VALID[mutation](world)
        await (await as_(who)).done(mutation, **given)
    await a_service()
    first = await Unit.objects().order_by(Unit.id).first()
    assert first is not None
    await rated(*([] if first.id == world.hq.id else [first]))
    viewers = await viewers_of(world, first)
    found = await ids_there_are()
    now = clock.now()
    known = Known(
        found,
        await cursors_there_are([viewers["everything"], viewers["the owner"]], found),
        {name: VALID[of](world)[1] for name, of in PREVIEWS.items()},
        [world.hq.code, world.region.code, world.here.code, world.elsewhere.code],
        [now.date() + timedelta(days=days) for days in (-40, -1, 0, 1, 10, 40)],
        world.report.month,
        ids.encode("Unit", world.report.unit_id),
        [now + timedelta(hours=hours) for hours in (-1, 0, 24)],
    )
    return Place(world, known, viewers)


# So that of every field there is a value somewhere.
DONE = (
    "captureJourney",
    "returnJourney",
    "snoozeReminders",
    "acknowledgeEscalation",
    "markNoticesRead",
    "setSpecialDays",
    "updateReminderRules",
    "rotateWebhookSecret",
    "testWebhook",
    "cancelRollout",
    "assignIssue",
    "publishReport",
)
PREVIEWS = {
    "rolloutPreview": "rolloutInitiative",
    "rolloutExtensionPreview": "extendRollout",
    "assignIssuePreview": "assignIssue",
}


async def a_service() -> None:
    """As workers leave it."""
    await heartbeat.beat(heartbeat.Process(db.new_id(), "app-1", 4711, "0.2.0"))
    await job_run.ended("relay", await job_run.started("relay", 5), 7, OSError("away"))
    async with db.transaction():
        await channel.unreachable(Channel.EMAIL, None, "no route", probe=False)


async def viewers_of(world: World, first: Unit) -> dict[str, Client]:
    everything = await f.a_person(None, language=Language.EN)
    for role in Role:
        await f.a_role(everything, role, world.hq)
    # Officers and agents are shown by a role at their very unit.
    await f.a_role(everything, Role.MANAGER, first)
    people = {
        "everything": everything,
        "programme": world.programme,
        "the region's manager": world.region_manager,
        "the manager": world.manager,
        "the owner": world.owner,
        "somebody elsewhere": await f.a_person(Role.MANAGER, world.elsewhere, language=Language.EN),
        "somebody without a role": await f.a_person(None),
    }
    viewers = {name: await as_(who) for name, who in people.items()}
    # The clock is moved, and nobody is to be signed out by it.
    await db.execute("update session set expires_at = expires_at + interval '10 years'")
    await db.execute("update session_token set expires_at = expires_at + interval '10 years'")
    viewers["a program"] = Client(await a_token(world))
    viewers["nobody"] = NOBODY
    return {name: client.at_limits() for name, client in viewers.items()}


async def a_token(world: World) -> str:
    membership = await Membership.objects().get(Membership.person_id == world.region_manager.id)
    assert membership is not None
    last = clock.now().date() + timedelta(days=300)
    by = await f.viewer_for(world.region_manager)
    return (await api_token.create(by, CreateApiToken(membership.id, "CEM", last))).token


async def ids_there_are() -> dict[str, list[str]]:
    found = {}
    for kind in node_kinds():
        declared = kind.extensions["strawberry-definition"].origin.__read__
        assert isinstance(declared, Entity)
        keys = await db.fetch(f"select id from {declared.table} order by id limit 30")
        found[kind.name] = [ids.encode(kind.name, row["id"]) for row in keys]
    return found


async def cursors_there_are(clients: list[Client], there: dict[str, list[str]]) -> dict[str, list[str]]:
    """Of every list in every order, by the order's name: those that these clients are shown."""
    found: dict[str, list[str]] = {}
    for client in clients:
        for document in _pages():
            for cursor in _cursors(await client.data(document, ids=there["Unit"][-5:] + there["Task"])):
                of, *_ = json.loads(urlsafe_b64decode(cursor))
                found.setdefault(of, []).append(cursor)
    return {of: cursors[:30] for of, cursors in sorted(found.items())}


def _pages() -> Iterator[str]:
    for name, field in schema().query_type.fields.items():
        text = 'text: "pasang or menunggu or pelatihan", ' if "text" in field.args else ""
        for order in _orders(field):
            page = f"{name}({text}first: 30{order}) {{ edges {{ cursor }} }}"
            yield f"query ($ids: [ID!] = []) {{ {page} nodes(ids: $ids) {{ id }} }}"
    for kind in ("Unit", "Task"):
        for name, field in schema().type_map[kind].fields.items():
            for order in _orders(field):
                page = f"{name}(first: 2{order}) {{ edges {{ cursor }} }}"
                yield f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {kind} {{ {page} }} }} }}"


def _orders(field: Any) -> list[str]:
    """Of a list, as arguments; none of what is no list."""
    if "last" not in field.args:
        return []
    orders: Any = field.args.get("order")
    return [""] if orders is None else [f", order: {one}" for one in get_named_type(orders.type).values]


def _cursors(answer: Any) -> Iterator[str]:
    if isinstance(answer, list):
        for one in answer:
            yield from _cursors(one)
    elif isinstance(answer, dict):
        for name, value in answer.items():
            if name == "cursor":
                yield value
            else:
                yield from _cursors(value)
