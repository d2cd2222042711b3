"""Monthly reports over HTTP: for whoever sees the unit, by the same sign-in as the API."""

import io

import openpyxl
import pypdf
import pytest

from jejak.domain import report
from jejak.domain.access import SYSTEM
from jejak.domain.report import PublishReport, RecomputeReport
from jejak.domain.vocabulary import Language, Role
from tests import factories as f
from tests.client import NOBODY, as_, http
from tests.reports import FEBRUARY, a_place, two_months

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
async def place(database):
    made = await a_place()
    await two_months(made)
    return made


async def get(client, path: str, method: str = "GET", **headers: str):
    return await http().request(method, f"/reports/{path}", headers=client.all_headers | headers)


async def published(place) -> None:
    kept = await report.recompute(SYSTEM, RecomputeReport(place.region.id, FEBRUARY))
    await report.publish(await f.viewer_for(place.programme), PublishReport(kept.id, kept.version))


async def test_a_published_report_is_the_same_file_each_time(place):
    await published(place)
    client = await as_(place.regional)
    first = await get(client, "JATIM/2027-02.pdf")
    assert (first.status_code, first.headers["content-type"]) == (200, "application/pdf")
    assert first.headers["content-disposition"] == 'attachment; filename="cx100-JATIM-2027-02-id.pdf"'
    assert first.headers["cache-control"] == "private, no-cache"
    assert "Februari 2027" in pypdf.PdfReader(io.BytesIO(first.content)).pages[0].extract_text()
    again = await get(await as_(place.programme), "JATIM/2027-02.pdf")
    assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])
    known = await get(client, "JATIM/2027-02.pdf", **{"If-None-Match": f'"other", {first.headers["etag"]}'})
    assert (known.status_code, known.content) == (304, b"")
    head = await get(client, "JATIM/2027-02.pdf", "HEAD")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", first.headers["etag"])
    book = await get(client, "JATIM/2027-02.xlsx?lang=en")
    assert (book.status_code, book.headers["content-type"]) == (200, XLSX)
    assert openpyxl.load_workbook(io.BytesIO(book.content)).sheetnames[0] == "Summary"


async def test_a_preview_says_that_it_is_one_and_speaks_the_viewers_language(place):
    english = await as_(await f.a_person(Role.VIEWER, place.here, language=Language.EN))
    for month, said in (("2027-02", "not published"), ("2027-03", "has not ended")):
        answer = await get(english, f"{place.here.code}/{month}.pdf")
        assert answer.headers["content-disposition"].endswith(f'{month}-en-preview.pdf"')
        text = pypdf.PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
        assert said in text
        assert "PREVIEW" in text


async def test_what_is_not_seen_is_not_found(place):
    await published(place)
    far = await as_(await f.a_person(Role.MANAGER, place.far))
    nobody_knows = await get(far, "NOWHERE/2027-02.pdf")
    assert nobody_knows.status_code == 404
    for path in ("JATIM/2027-02.pdf", "HQ/2027-02.xlsx", f"{place.here.code}/2027-02.pdf"):
        answer = await get(far, path)
        assert (answer.status_code, answer.content) == (404, nobody_knows.content)
    for path in (
        "JATIM/2027-13.pdf",
        "JATIM/2027-2.pdf",
        "JATIM/0000-01.pdf",
        "JATIM/2027-02.html",
        "JATIM/x",
    ):
        assert (await get(await as_(place.programme), path)).status_code == 404
    assert (await get(far, "%00/2027-02.pdf")).status_code == 404


async def test_who_has_not_signed_in_is_told_so(place):
    answer = await get(NOBODY, "JATIM/2027-02.pdf")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    answer = await get(NOBODY, "JATIM/2027-02.pdf", Authorization="Bearer jejak_x")
    assert answer.status_code == 401


async def test_a_bad_question_is_told_what_is_wrong(place):
    client = await as_(place.programme)
    assert (await get(client, "JATIM/2027-02.pdf?lang=fr")).status_code == 400
    late = await get(client, "JATIM/2031-02.pdf")
    assert (late.status_code, late.json()["errors"][0]["extensions"]["code"]) == (400, "FUTURE_DATE")
    early = await get(client, "JATIM/1999-02.pdf")
    assert early.json()["errors"][0]["extensions"]["code"] == "OUT_OF_RANGE"
