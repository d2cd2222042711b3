"""The CX100 programme and the regions: reference data, loaded by version, repeatable."""

import hashlib
import tomllib
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any
from uuid import UUID, uuid5

from jejak.domain import access, assessment_template, change, clock, db, event
from jejak.domain.access import Right, Viewer
from jejak.domain.checks import Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.programme import Programme
from jejak.domain.tables.unit import Unit
from jejak.domain.vocabulary import UnitKind

# Ids of reference rows follow from their codes, so that they are the same in every installation.
_NAMESPACE = UUID("6a2f0d6e-2c55-4b0c-9c38-0f4f2d0b9a10")


@dataclass(frozen=True, slots=True)
class SetProgrammeEnd:
    """`ends_on` None: it has no end, and nothing is held against one (R10)."""

    programme_id: UUID
    expected_version: int
    ends_on: date | None = None


async def set_end(viewer: Viewer, wanted: SetProgrammeEnd) -> Programme:
    """The last day of the programme. Refuses FORBIDDEN, STALE, PAST_DATE, OUT_OF_RANGE."""
    async with db.transaction():
        programme = await change.find(Programme, wanted.programme_id, "programme_id")
        root = await Unit.objects().get(Unit.kind == UnitKind.HQ)
        if root is None:
            raise RuntimeError("there are no headquarters; `load` comes first")
        by = access.require_somewhere(viewer, Right.RULES, [root.path], "programme_id")
        if programme.version != wanted.expected_version:
            raise Refused(Code.STALE, "expected_version")
        if programme.ends_on == wanted.ends_on:
            return programme
        if wanted.ends_on is not None:
            with Checks() as checks:
                checks.not_past(wanted.ends_on, root.timezone, "ends_on")
        await change.apply(by, EventKind.PROGRAMME_END_SET, programme, None, ends_on=wanted.ends_on)
    return programme


async def load() -> list[str]:
    """Brings reference data up to the versions in this package; returns the names of what was loaded.

    An older or equal version changes nothing, so that any process may call this at any time.
    """
    loaded = []
    async with db.transaction():
        await db.lock(db.Lock.UNIT_TREE)
        for name, into in (
            ("organisation", _organisation),
            ("programme", _programme),
            ("assessment", _assessment),
        ):
            raw = files("jejak.domain.reference").joinpath(f"{name}.toml").read_bytes()
            content = tomllib.loads(raw.decode())
            digest = hashlib.sha256(raw).hexdigest()
            known = await db.fetchrow("select version, digest from reference_load where name = $1", name)
            if known and known["version"] == content["version"] and known["digest"] != digest:
                raise RuntimeError(f"reference/{name}.toml was changed without a new version")
            if known and known["version"] >= content["version"]:
                continue
            await into(content)
            await db.execute(
                """
                insert into reference_load (name, version, digest, loaded_at) values ($1, $2, $3, $4)
                on conflict (name) do update
                set version = excluded.version, digest = excluded.digest, loaded_at = excluded.loaded_at
                """,
                name,
                content["version"],
                digest,
                clock.now(),
            )
            loaded.append(name)
    return loaded


def reference_id(kind: str, code: str | int) -> UUID:
    return uuid5(_NAMESPACE, f"{kind}:{code}")


async def _assessment(content: dict[str, Any]) -> None:
    await assessment_template.load(content, reference_id)


async def _organisation(content: dict[str, Any]) -> None:
    """Adds what is missing; names and zones that headquarters has changed since stay theirs."""
    root_id = reference_id("unit", "HQ")
    for unit in content["unit"]:
        is_root = unit["kind"] == UnitKind.HQ
        if await Unit.exists().where(Unit.code == unit["code"]):
            continue
        row = Unit(
            id=reference_id("unit", unit["code"]),
            code=unit["code"],
            name=unit["name"],
            kind=unit["kind"],
            parent_id=None if is_root else root_id,
            path="HQ/" if is_root else f"HQ/{unit['code']}/",
            timezone=unit["timezone"],
            created_at=clock.now(),
        )
        await row.save()
        await event.append(access.SERVICE, EventKind.UNIT_CREATED, ("unit", row.id), row.id, after=dict(unit))


async def _programme(content: dict[str, Any]) -> None:
    programme = content["programme"]
    programme_id = reference_id("programme", programme["code"])
    await _upsert("programme", id=programme_id, **programme)
    for step in content["step"]:
        measures, initiatives = step.pop("measures"), step.pop("initiative")
        step_id = reference_id("step", step["number"])
        await _upsert("step", id=step_id, programme_id=programme_id, **step)
        await db.execute("delete from measure where step_id = $1", step_id)
        for position, measure in enumerate(measures, 1):
            await _upsert(
                "measure",
                id=reference_id("measure", f"{step['number']}.{position}"),
                step_id=step_id,
                position=position,
                title_id=measure["id"],
                title_en=measure["en"],
            )
        for position, initiative in enumerate(initiatives, 1):
            code = initiative["code"]
            await _upsert(
                "initiative",
                id=reference_id("initiative", code),
                step_id=step_id,
                position=position,
                **initiative,
            )
    await event.append(
        access.SERVICE,
        EventKind.PROGRAMME_LOADED,
        ("programme", programme_id),
        None,
        after={"version": content["version"]},
    )


async def _upsert(table: str, **values: Any) -> None:
    columns = list(values)
    places = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    changes = ", ".join(f"{c} = excluded.{c}" for c in columns if c != "id")
    await db.execute(
        f"insert into {table} ({', '.join(columns)}) values ({places}) on conflict (id) do update set {changes}",
        *values.values(),
    )
