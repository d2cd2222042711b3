"""R11: reports as files: the numbers as people write them, numbers as numbers, and nothing that anybody has typed is ever run."""

import asyncio
import copy
import io
import re
from dataclasses import replace
from decimal import Decimal

import openpyxl
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jejak.documents import report_file, report_texts
from jejak.documents.report_file import Format, Wanted
from jejak.domain import report
from jejak.domain.access import SYSTEM
from jejak.domain.checks import storable
from jejak.domain.report import PublishReport, ReadReport, RecomputeReport, Shown
from jejak.domain.vocabulary import Language, ReportState
from tests import factories as f
from tests.reports import FEBRUARY, a_place, two_months

HOSTILE = [
    '#import "@preview/x:1.0.0": y',
    "$ ] #panic() [ } {",
    '=HYPERLINK("http://x")',
    "+1+cmd|' /C calc'!A0",
    "@SUM(1)",
    "-2+3",
    "a" * 200,
    "emoji 👩‍🔧🏿 dan سلام עולם ไทย \u202e terbalik",
    "<script>&amp;\\u0000",
    "baris\nbaru\ttab _x0041_",
]


@pytest.fixture
async def shown(database) -> Shown:
    """Headquarters' February, published."""
    place = await a_place()
    await two_months(place)
    kept = await report.recompute(SYSTEM, RecomputeReport(place.hq.id, FEBRUARY))
    await report.publish(await f.viewer_for(place.programme), PublishReport(kept.id, kept.version))
    return await report.read(SYSTEM, ReadReport(place.hq.id, FEBRUARY))


def a_file(shown: Shown, kind: Format, language: Language = Language.ID) -> bytes:
    return report_file.written(Wanted(shown, kind, language))


def pages(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def sheets(xlsx: bytes) -> dict[str, list[tuple]]:
    book = openpyxl.load_workbook(io.BytesIO(xlsx))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def entitled(shown: Shown, *titles: str) -> Shown:
    """With issues that are called so."""
    content = copy.deepcopy(shown.content)
    issue = content["figures"]["issues"][0]
    content["figures"]["issues"] = [issue | {"title": title} for title in titles]
    return replace(shown, content=content)


def decimals(content: dict) -> set[Decimal]:
    """Every figure with two decimals of the month itself."""
    now = content["figures"]
    steps = [now["steps"]["programme"], *now["steps"]["steps"]]
    found = [row[name] for row in steps for name in ("reported", "verified")]
    for metric, one in now["ratings"]["metrics"].items():
        found += [one["value"], one["low"], one["high"], one["mean"] if metric != "NPS" else None]
    for part in ("by_service", "by_channel"):
        found += [one["value"] for row in now["ratings"][part] for one in row["metrics"].values()]
    for wave in now["assessments"]:
        found += [one["score"] for one in (wave, *wave["dimensions"], *wave["regions"])]
    return {Decimal(value) for value in found if value is not None}


async def test_the_pdf_holds_every_figure_as_people_write_it(shown):
    for language in Language:
        told = pages(a_file(shown, Format.PDF, language))
        text = " ".join(told)
        for figure in decimals(shown.content):
            assert report_texts.number(figure, language) in text
        assert len(told) >= 3
        for number, page in enumerate(told, 1):
            at = {
                Language.ID: f"Halaman {number} dari {len(told)}",
                Language.EN: f"Page {number} of {len(told)}",
            }
            assert at[language] in page
    indonesian, english = (" ".join(pages(a_file(shown, Format.PDF, of))) for of in Language)
    for said in (
        "Laporan Bulanan CX100", "Februari 2027", "PLN Kantor Pusat", "oleh Dewi Lestari", "WIB",
        "1 Februari 2027 pukul 00.00 sampai 28 Februari 2027 pukul 24.00 WIB", "indikatif", shown.digest,
        "Petugas terlambat", "#import $x] = 1", "UID Bali",
    ):  # fmt: skip
        assert said in indonesian, said
    for said in (
        "CX100 Monthly Report",
        "February 2027",
        "by Dewi Lestari",
        "indicative",
        shown.digest,
    ):
        assert said in english, said
    assert "PRATINJAU" not in indonesian


async def test_what_is_not_published_says_so_on_every_page(shown):
    unpublished = replace(shown, state=ReportState.PREVIEW, published_at=None, publisher=None)
    assert all("PREVIEW" in page for page in pages(a_file(unpublished, Format.PDF, Language.EN)))
    assert all(
        "DRAF" in page for page in pages(a_file(replace(unpublished, state=ReportState.DRAFT), Format.PDF))
    )
    summary = sheets(a_file(unpublished, Format.XLSX))["Ringkasan"]
    assert ("PRATINJAU", None, None, None) in summary


async def test_the_workbook_says_what_the_content_says(shown):
    now, before = shown.content["figures"], shown.content["before"]["figures"]
    told = sheets(a_file(shown, Format.XLSX, Language.EN))
    assert list(told) == [
        "Summary", "The ten steps", "Tasks and escalations", "Customer journeys", "Top three issues",
        "What customers say", "Play Store rating", "Mystery shopper", "Definitions",
    ]  # fmt: skip
    steps = told["The ten steps"][3:14]
    for row, one, then in zip(
        steps,
        [*now["steps"]["steps"], now["steps"]["programme"]],
        [*before["steps"]["steps"], before["steps"]["programme"]],
        strict=True,
    ):
        expected = [
            one["number"] or None,
            one["title_en"] if one["number"] else "The whole programme",
            *(value for name in ("reported", "verified") for value in figure(one[name], then[name])),
            *(one[n] for n in ("target_units", "units_started", "tasks", "verified_tasks", "overdue")),
        ]
        assert [*row[:2], *map(as_decimal, row[2:6]), *row[6:]] == expected
    tasks = {row[0]: row[1:] for row in told["Tasks and escalations"]}
    for title, name in (("Overdue at the month's end", "overdue"), ("Escalated in the month", "escalated")):
        n, m = now["tasks"][name], before["tasks"][name]
        assert tasks[title] == (n, m, n - m)
    ratings = {row[0]: row for row in told["What customers say"][:8]}
    for title, name in (
        ("CSAT", "CSAT"),
        ("NPS", "NPS"),
        ("CES", "CES"),
        ("Overall satisfaction", "OVERALL"),
    ):
        one = now["ratings"]["metrics"][name]
        row = ratings[title]
        assert row[1] == one["n"]
        assert (row[2] == "indicative") == (one["indicative"] and one["n"] > 0)
        assert [as_decimal(value) for value in row[3:6]] == [
            as_decimal(one[key]) for key in ("value", "low", "high")
        ]
    assert ("NPS" in ratings, as_decimal(ratings["NPS"][10])) == (True, Decimal(40))
    journeys = told["Customer journeys"][-1] if told["Customer journeys"][-1][0] else None
    assert journeys is None or journeys[0] == "All"
    issues = [row[1:] for row in told["Top three issues"] if isinstance(row[0], int)]
    assert issues[0] == ("Petugas terlambat", "Speed", 26, 2, 2)
    shopper = {row[0]: row for row in told["Mystery shopper"]}
    assert as_decimal(shopper["Overall score"][2]) == Decimal(now["assessments"][0]["score"])
    assert dict(row[:2] for row in told["Definitions"])["Digest of the content (SHA-256)"] == shown.digest


def figure(value: str | None, before: str | None) -> list[Decimal | None]:
    change = None if None in {value, before} else Decimal(value) - Decimal(before)
    return [as_decimal(value), change]


def as_decimal(value) -> Decimal | None:
    return None if value is None else Decimal(str(value)).quantize(Decimal("0.01"))


async def test_the_same_report_gives_the_same_bytes(shown):
    for kind in Format:
        first = a_file(shown, kind)
        assert await asyncio.to_thread(a_file, shown, kind) == first
        assert a_file(entitled(shown, "Isu lain"), kind) != first
        assert a_file(shown, kind, Language.EN) != first


async def test_no_text_of_anybody_is_run(shown):
    made = entitled(shown, *HOSTILE)
    text = re.sub(r"\s|\u200b", "", "".join(pages(a_file(made, Format.PDF))))
    for title in (*HOSTILE[:2], *HOSTILE[6:7]):
        assert re.sub(r"\s", "", title) in text
    book = openpyxl.load_workbook(io.BytesIO(a_file(made, Format.XLSX)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    written = {cell.value for cell in cells}
    assert set(HOSTILE) <= written
    assert all(cell.quotePrefix for cell in cells if str(cell.value)[:1] in "=+@")


@settings(max_examples=5)
@given(title=st.text(min_size=1, max_size=200).filter(lambda text: storable(text) and text.strip()))
async def test_any_text_can_be_set(shown, title):
    made = entitled(shown, title)
    assert pages(a_file(made, Format.PDF))
    issues = sheets(a_file(made, Format.XLSX))["Tiga isu teratas"]
    assert same_text(issues[3][1], title)


def same_text(written: str | None, title: str) -> bool:
    """But for what no XML may hold, and the ways to end a line."""
    plain = re.sub("[\ufffe\uffff]", "\ufffd", title)
    return (written or "").replace("\r\n", "\n").replace("\r", "\n") == plain.replace("\r\n", "\n").replace(
        "\r", "\n"
    )


async def test_files_are_made_beside_the_event_loop_and_remembered(shown):
    wanted = [Wanted(entitled(shown, f"Isu {n}"), Format.PDF, Language.ID) for n in range(6)]
    wanted = [
        Wanted(replace(one.report, digest=f"{n}"), one.format, one.language) for n, one in enumerate(wanted)
    ]
    longest, done = 0.0, asyncio.Event()

    async def watch():
        nonlocal longest
        loop = asyncio.get_running_loop()
        while not done.is_set():
            before = loop.time()
            await asyncio.sleep(0.001)
            longest = max(longest, loop.time() - before)

    watching = asyncio.create_task(watch())
    files = await asyncio.gather(*map(report_file.made, wanted))
    done.set()
    await watching
    assert len(set(files)) == 6
    assert longest < 0.5
    assert await report_file.made(wanted[0]) is files[0]


async def test_a_file_is_named_after_what_it_is(shown):
    assert Wanted(shown, Format.PDF, Language.ID).name == "cx100-HQ-2027-02-id.pdf"
    preview = replace(shown, state=ReportState.PREVIEW)
    assert Wanted(preview, Format.XLSX, Language.EN).name == "cx100-HQ-2027-02-en-preview.xlsx"


@pytest.mark.parametrize(
    ("value", "language", "signed", "written"),
    [
        (Decimal("51.63"), Language.ID, False, "51,63"),
        (Decimal("51.63"), Language.EN, False, "51.63"),
        (1234567, Language.ID, False, "1.234.567"),
        (Decimal("-1234.5"), Language.ID, True, "\u22121.234,50"),
        (3, Language.EN, True, "+3"),
        (0, Language.EN, True, "0"),
        (Decimal("0.00"), Language.ID, True, "0,00"),
    ],
)
def test_numbers_are_written_as_people_write_them(value, language, signed, written):
    assert report_texts.number(value, language, signed=signed) == written


def test_months_are_named():
    assert report_texts.month("2027-02", Language.ID) == "Februari 2027"
    assert report_texts.month("2027-02", Language.EN) == "February 2027"
