"""R11: a report, whatever its state, as a document in a language."""

from datetime import datetime, timedelta
from decimal import Decimal

from jejak.documents import report_findings, report_sections, report_texts
from jejak.documents.report_sections import Reading, decimal
from jejak.documents.report_view import Column, Document, Kind, Section, Table, Tile, Value
from jejak.domain import digest_texts, report_rules
from jejak.domain.report import Shown
from jejak.domain.vocabulary import Language, RatingMetric, ReportState


def document(shown: Shown, language: Language) -> Document:
    content = shown.content
    r = Reading(content["figures"], content["before"]["figures"], language)
    unit = content["unit"]
    published = shown.state is ReportState.PUBLISHED
    tiles = _tiles(r)
    return Document(
        title=r.word("report"),
        month=report_texts.month(content["period"]["month"], language),
        unit=unit["name"],
        code=unit["code"],
        above=" / ".join(one["name"] for one in unit["above"]),
        mark="" if published else report_texts.state(shown.state, language),
        warning="" if published else r.word(_warning(shown)),
        facts=_facts(shown, r),
        tiles=tiles,
        summary=_summary(r, tiles),
        sections=_sections(r),
        definitions=report_texts.definitions(language),
        closing=[
            (r.word("formula_version"), str(content["formula_version"])),
            (r.word("digest"), shown.digest),
        ],
    )


def _sections(r: Reading) -> list[Section]:
    sections = [
        report_sections.steps(r),
        report_sections.tasks(r),
        report_sections.journeys(r),
        report_findings.issues(r),
        report_sections.ratings(r),
        report_findings.store(r),
        report_findings.assessments(r),
    ]
    return [section for section in sections if section is not None]


def _warning(shown: Shown) -> str:
    if shown.state is ReportState.DRAFT:
        return "draft"
    return "preview_running" if shown.content["figures"]["running"] else "preview_ended"


def _facts(shown: Shown, r: Reading) -> list[tuple[str, str]]:
    content, language = shown.content, r.language
    period, before = content["period"], content["before"]
    zone = period["zone"]
    start = datetime.fromisoformat(period["start"]).date()
    last = datetime.fromisoformat(period["end"]).date() - timedelta(days=1)
    bounds = r.word(
        "until",
        start=digest_texts.day(start, language),
        end=digest_texts.day(last, language),
        zone=report_texts.zone(zone),
    )
    against = "before_computed" if before["digest"] is None else "before_published"
    facts = [
        (r.word("period"), bounds),
        (r.word("compared"), r.word(against, month=report_texts.month(before["month"], language))),
        (r.word("units"), str(content["figures"]["units"])),
        (r.word("computed"), report_texts.moment(shown.computed_at, zone, language)),
    ]
    if shown.published_at is not None:
        at = report_texts.moment(shown.published_at, zone, language)
        facts.append((r.word("published"), r.word("published_by", at=at, who=shown.publisher)))
    return facts


def _tiles(r: Reading) -> list[Tile]:
    now, before = r.now, r.before
    programme, earlier = now["steps"]["programme"], before["steps"]["programme"]
    tiles = [
        _figure(r, r.word("tile_verified"), programme["verified"], earlier["verified"], "COMPLETION"),
        _figure(r, r.word("tile_reported"), programme["reported"], earlier["reported"]),
    ]
    for metric in (RatingMetric.CSAT, RatingMetric.NPS):
        one, then = now["ratings"]["metrics"][metric], before["ratings"]["metrics"][metric]
        note = f"n = {report_texts.number(one['n'], r.language)}" + (
            f", {r.word('indicative')}" if one["indicative"] and one["n"] else ""
        )
        title = report_texts.metric(metric, r.language)
        tiles.append(_figure(r, title, one["value"], then["value"], metric, note))
    tiles += [
        _count(r.word("tasks_overdue_now"), now["tasks"]["overdue"], before["tasks"]["overdue"]),
        _count(r.word("tasks_escalated"), now["tasks"]["escalated"], before["tasks"]["escalated"]),
        _count(r.word("journeys_captured"), now["journeys"]["captured"], before["journeys"]["captured"]),
    ]
    if now["assessments"]:
        score = report_findings.best(now["assessments"])
        then = report_findings.best(before["assessments"])
        change = None if score is None or then is None else score - then
        tiles.append(Tile(r.word("assessments"), score, Kind.FIGURE, change, Kind.CHANGE))
    else:
        accepted = now["journeys"]["accepted"], before["journeys"]["accepted"]
        tiles.append(_count(r.word("journeys_accepted"), *accepted))
    return tiles


def _figure(  # noqa: PLR0917 -- a line of a table, read from left to right
    r: Reading, label: str, now: str | None, before: str | None, target: str = "", note: str = ""
) -> Tile:
    wanted = r.now["targets"].get(target)
    said = [note] if note else []
    if wanted is not None:
        said.append(f"{r.word('target').lower()} {report_texts.number(Decimal(wanted), r.language)}")
    change = report_rules.change(now, before)
    return Tile(label, decimal(now), Kind.FIGURE, change, Kind.CHANGE, "; ".join(said))


def _count(label: str, now: int | None, before: int | None) -> Tile:
    change = report_rules.change(now, before)
    return Tile(label, now, Kind.COUNT, None if change is None else int(change), Kind.COUNT_CHANGE)


def _summary(r: Reading, tiles: list[Tile]) -> Table:
    """The key figures as a table, for what has no tiles."""
    columns = [
        Column(r.word("figure")),
        Column(r.word("value"), Kind.FIGURE),
        Column(r.word("change"), Kind.CHANGE),
        Column(""),
    ]
    rows: list[list[Value]] = [[tile.label, tile.value, tile.change, tile.note or None] for tile in tiles]
    return Table(r.word("summary"), columns, rows)
