"""R9: what mystery shoppers look at: dimensions, each a stage of a journey, and weighted items. A change is a new version."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from jejak.domain import access, change, clock, db, event, idempotency
from jejak.domain.access import Allowed, Viewer
from jejak.domain.checks import TITLE, Checks
from jejak.domain.errors import Code, Refused
from jejak.domain.event_kind import EventKind
from jejak.domain.tables.assessment import AssessmentDimension, AssessmentItem, AssessmentTemplate
from jejak.domain.vocabulary import Category, Parameter, Service, Touchpoint

MOST_DIMENSIONS = 20
MOST_ITEMS = 50  # a dimension
MOST_ITEMS_IN_ALL = 200
MOST_WEIGHT = 1_000
MOST_MINUTES = 525_600  # a year


@dataclass(frozen=True, slots=True)
class NewItem:
    """`weight` from 1 to 1000. A pain point that a finding comes to has this category and parameter, unless it says otherwise."""

    code: str
    title_id: str
    title_en: str
    weight: int
    category: Category
    parameter: Parameter


@dataclass(frozen=True, slots=True)
class NewDimension:
    """`target_minutes`: within which somebody is to be there after the report, for one dimension at most."""

    code: str
    title_id: str
    title_en: str
    touchpoint: Touchpoint
    items: list[NewItem]
    target_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class CreateAssessmentTemplate:
    """`expected_version`: the latest of this code, where there is one."""

    code: str
    title_id: str
    title_en: str
    service: Service
    dimensions: list[NewDimension] = field(default_factory=list)
    expected_version: int | None = None
    client_mutation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    """A template with all that is in it, to be written."""

    template: AssessmentTemplate
    dimensions: list[AssessmentDimension]
    items: list[AssessmentItem]


async def create(viewer: Viewer, wanted: CreateAssessmentTemplate) -> AssessmentTemplate:
    """The first version of a code, or the next. Refuses FORBIDDEN, STALE, TAKEN (a code twice, a known one without its
    version, a second timed dimension), REQUIRED (no dimension, no item), OUT_OF_RANGE and malformed input.
    """
    async with db.transaction():
        by = access.require_keeper(viewer, "code")
        (new_id,), fresh = await idempotency.claim(
            viewer, "createAssessmentTemplate", wanted.client_mutation_id, wanted
        )
        if not fresh:
            return await change.find(AssessmentTemplate, new_id, "client_mutation_id")
        whole = _checked(wanted, new_id, viewer.person)
        latest = await _latest(whole.template.code)
        if latest is not None and wanted.expected_version is None:
            raise Refused(Code.TAKEN, "code")
        if wanted.expected_version != latest:
            raise Refused(Code.STALE, "expected_version")
        whole.template.version = (latest or 0) + 1
        if not await _write(by, whole):
            raise Refused(Code.STALE, "expected_version")
    return whole.template


async def load(content: dict[str, Any], reference_id: Callable[[str, str], UUID]) -> None:
    """The templates of the reference data, as far as they are not there; ids follow from kind and code."""
    for given in content["template"]:
        name = f"{given['code']}:{given['version']}"
        dimensions = [dict(one) for one in given["dimension"]]
        wanted = CreateAssessmentTemplate(
            given["code"],
            given["title_id"],
            given["title_en"],
            Service(given["service"]),
            [
                NewDimension(**one | {"items": [NewItem(**item) for item in one["items"]]})
                for one in dimensions
            ],
        )
        whole = _checked(wanted, reference_id("assessment_template", name), None)
        whole.template.version = given["version"]
        keys = {
            one.id: reference_id("assessment_dimension", f"{name}:{one.code}") for one in whole.dimensions
        }
        for dimension in whole.dimensions:
            dimension.id = keys[dimension.id]
        for item in whole.items:
            item.id = reference_id("assessment_item", f"{name}:{item.code}")
            item.dimension_id = keys[item.dimension_id]
        await _write(access.SERVICE, whole)


async def _latest(code: str) -> int | None:
    version: int | None = await db.fetchval(
        "select max(version) from assessment_template where code = $1", code
    )
    return version


async def _write(by: Allowed, whole: Whole) -> bool:
    """False where this version is there already: somebody else was sooner."""
    row = whole.template
    made = await db.fetchval(
        """
        insert into assessment_template (id, code, version, title_id, title_en, service, created_by, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning true
        """,
        *(
            row.id,
            row.code,
            row.version,
            row.title_id,
            row.title_en,
            row.service,
            row.created_by,
            row.created_at,
        ),
    )
    if not made:
        return False
    await change.insert(whole.dimensions)
    await change.insert(whole.items)
    after = {"code": row.code, "version": row.version, "service": row.service, "dimensions": _told(whole)}
    subject = "assessment_template", row.id
    await event.append(by, EventKind.ASSESSMENT_TEMPLATE_CREATED, subject, None, after=after)
    return True


def _told(whole: Whole) -> list[dict[str, Any]]:
    return [
        {
            "code": one.code,
            "title": one.title_id,
            "items": [
                {"code": item.code, "title": item.title_id, "weight": item.weight}
                for item in whole.items
                if item.dimension_id == one.id
            ],
        }
        for one in whole.dimensions
    ]


def _checked(wanted: CreateAssessmentTemplate, new_id: UUID, by: UUID | None) -> Whole:
    whole = Whole(
        AssessmentTemplate(id=new_id, service=wanted.service, created_by=by, created_at=clock.now()), [], []
    )
    seen: set[str] = set()
    with Checks() as checks:
        whole.template.code = checks.code(wanted.code, "code")
        whole.template.title_id = checks.text(wanted.title_id, "title_id", most=TITLE)
        whole.template.title_en = checks.text(wanted.title_en, "title_en", most=TITLE)
        checks.at_most(len(wanted.dimensions), MOST_DIMENSIONS, "dimensions")
        if not wanted.dimensions:
            checks.refuse(Code.REQUIRED, "dimensions")
        for n, given in enumerate(wanted.dimensions[:MOST_DIMENSIONS]):
            _dimension(checks.at("dimensions", n), given, whole, seen)
        if not checks.problems:
            checks.at_most(len(whole.items), MOST_ITEMS_IN_ALL, "dimensions")
    return whole


def _dimension(checks: Checks, given: NewDimension, whole: Whole, seen: set[str]) -> None:
    row = AssessmentDimension(
        template_id=whole.template.id,
        position=len(whole.dimensions) + 1,
        code=checks.code(given.code, "code"),
        title_id=checks.text(given.title_id, "title_id", most=TITLE),
        title_en=checks.text(given.title_en, "title_en", most=TITLE),
        touchpoint=given.touchpoint,
        target_minutes=given.target_minutes,
    )
    checks.between(given.target_minutes, 0, MOST_MINUTES, "target_minutes")
    if any(one.code == row.code for one in whole.dimensions):
        checks.refuse(Code.TAKEN, "code")
    if row.target_minutes is not None and any(one.target_minutes is not None for one in whole.dimensions):
        checks.refuse(Code.TAKEN, "target_minutes")
    whole.dimensions.append(row)
    checks.at_most(len(given.items), MOST_ITEMS, "items")
    if not given.items:
        checks.refuse(Code.REQUIRED, "items")
    for n, item in enumerate(given.items[:MOST_ITEMS]):
        inside = checks.at("items", n)
        values = asdict(item) | {
            "code": inside.code(item.code, "code"),
            "title_id": inside.text(item.title_id, "title_id", most=TITLE),
            "title_en": inside.text(item.title_en, "title_en", most=TITLE),
        }
        inside.between(item.weight, 1, MOST_WEIGHT, "weight")
        if values["code"] in seen:
            inside.refuse(Code.TAKEN, "code")
        seen.add(values["code"])
        whole.items.append(
            AssessmentItem(template_id=whole.template.id, dimension_id=row.id, position=n + 1, **values)
        )
