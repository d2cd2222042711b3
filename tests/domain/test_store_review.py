"""R8: reviews of the app are brought in, however often, and people say what they are about."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from jejak.domain import alert, clock, db, store_review, store_review_file
from jejak.domain.access import SYSTEM
from jejak.domain.bulk import Unread
from jejak.domain.errors import Code
from jejak.domain.review_cause import UpdateReviewCause, update
from jejak.domain.store_review import ImportStoreReviews, TagRow, TagStoreReviews
from jejak.domain.tables.store_review import StoreReview
from jejak.domain.vocabulary import AlertKind, Role, RowOutcome, UnitKind
from tests import factories as f
from tests.alerts import evidence, only, open_alerts
from tests.moments import MONDAY, go_to
from tests.refusals import events_of, refused, unchanged

CREATED, CHANGED, UNCHANGED = RowOutcome
HEADER = (
    "Package Name,App Version Code,App Version Name,Reviewer Language,Device,Review Submit Date and Time,"
    "Review Submit Millis Since Epoch,Review Last Update Date and Time,Review Last Update Millis Since Epoch,Star Rating,"
    "Review Title,Review Text,Developer Reply Date and Time,Developer Reply Millis Since Epoch,Developer Reply Text,Review Link"
)
LINES = [
    (
        "com.icon.pln123,52070,5.2.70,id,a52q,2026-10-01T02:03:04Z,1790820184000,2026-10-02T02:03:04Z,1790906584000,1,"
        '"Gagal","Tidak bisa masuk, ""OTP"" tak datang\nsejak pagi",2026-10-03T01:00:00Z,1790989200000,Mohon maaf,'
        "https://play.google.com/console/x?reviewId=gp%3AAOq-1&p=1"
    ),
    "com.icon.pln123,,,en,,2026-10-01T05:00:00Z,,,,5,,,,,,",
]


def a_file(lines=LINES, encoding="utf-16") -> bytes:
    return "\n".join([HEADER, *lines]).encode(encoding)


async def load(*rows, **more) -> list[RowOutcome]:
    done = await store_review.load(SYSTEM, ImportStoreReviews(list(rows), **more))
    return [done.made[n].outcome for n in range(len(rows))]


async def the_review() -> StoreReview:
    (found,) = await StoreReview.objects()
    return found


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-8"])
def test_an_export_of_the_console_is_read_as_google_writes_it(encoding):
    numbers, (first, second) = store_review_file.read(a_file(encoding=encoding), "reviews_x_202610.csv")
    assert len(numbers) == 2
    assert (first.external_id, first.rating, first.version_code) == ("gp:AOq-1", 1, 52070)
    assert first.submitted_at == datetime(2026, 10, 1, 2, 3, 4, tzinfo=UTC)
    assert first.written_at == datetime(2026, 10, 2, 2, 3, 4, tzinfo=UTC)
    assert first.text == 'Tidak bisa masuk, "OTP" tak datang\nsejak pagi'
    assert (first.reply, first.replied_at) == ("Mohon maaf", datetime(2026, 10, 3, 1, tzinfo=UTC))
    assert (second.external_id, second.rating, second.text) == (None, 5, "")
    assert second.submitted_at == second.written_at == datetime(2026, 10, 1, 5, tzinfo=UTC)


def test_a_row_that_says_no_number_or_no_time_is_named():
    wrong = LINES[1].replace(",5,", ",five,").replace("2026-10-01T05:00:00Z", "yesterday")
    _, (row,) = store_review_file.read(a_file([wrong]), "reviews.csv")
    assert isinstance(row, Unread)
    assert [(problem.code, problem.path[-1]) for problem in row.problems] == [
        (Code.OUT_OF_RANGE, "star_rating"),
        (Code.INVALID_TEXT, "review_submit_date_and_time"),
    ]


@pytest.mark.usefixtures("database")
async def test_bringing_a_file_in_again_changes_nothing():
    _, rows = store_review_file.read(a_file(), "reviews.csv")
    assert await load(*rows) == [CREATED, CREATED]
    async with unchanged():
        assert await load(*rows) == [UNCHANGED, UNCHANGED]
        assert await load(*rows, *rows) == [UNCHANGED] * 4
    assert await StoreReview.count() == 2


@pytest.mark.usefixtures("database")
async def test_a_review_that_was_changed_keeps_its_cause_as_long_as_its_words_stay():
    # given
    row = f.a_review_row()
    hour = timedelta(hours=1)
    cause = await f.a_cause()
    made = await f.a_review(external_id=row.external_id, submitted_at=row.submitted_at)
    await store_review.tag(SYSTEM, TagStoreReviews([TagRow(made.id, 1, cause.id)]))

    def later(hours, **changes):
        moments = {"submitted_at": row.submitted_at, "written_at": row.submitted_at + hours * hour}
        return f.a_review_row(**{"external_id": row.external_id} | moments | changes)

    # when only the stars are others
    assert await load(later(2, rating=2)) == [CHANGED]
    # then
    now = await the_review()
    assert (now.rating, now.cause_id, now.version) == (2, cause.id, 3)
    # and an older state changes nothing
    async with unchanged():
        assert await load(later(1, rating=5, text="Bagus")) == [UNCHANGED]
    # and an answer is taken, whenever the author wrote
    assert await load(later(2, rating=2, reply="Maaf", replied_at=clock.now())) == [CHANGED]
    assert (await the_review()).reply == "Maaf"
    # and with other words it is to be tagged anew
    assert await load(later(3, rating=4, text="Sudah bisa")) == [CHANGED]
    now = await the_review()
    assert (now.rating, now.text, now.cause_id, now.tagged_at) == (4, "Sudah bisa", None, None)
    assert await events_of(now.id) == [
        "store_review.imported",
        "store_review.tagged",
        *["store_review.updated"] * 3,
    ]


@pytest.mark.usefixtures("database")
async def test_of_the_same_review_twice_in_a_call_the_later_state_holds():
    row = f.a_review_row()
    newer = {
        "submitted_at": row.submitted_at,
        "written_at": row.submitted_at + timedelta(hours=1),
        "rating": 4,
    }
    outcomes = await load(row, f.a_review_row(external_id=row.external_id, **newer), row)
    assert outcomes == [CREATED, CHANGED, UNCHANGED]
    assert (await the_review()).rating == 4


@pytest.mark.usefixtures("database")
async def test_what_is_wrong_is_named_and_nothing_is_written():
    day = timedelta(days=1)
    wrong = [
        (f.a_review_row(rating=6), Code.OUT_OF_RANGE, "rating"),
        (f.a_review_row(package=" "), Code.REQUIRED, "package"),
        (f.a_review_row(text="\x00"), Code.INVALID_TEXT, "text"),
        (f.a_review_row(external_id="\x00"), Code.INVALID_TEXT, "external_id"),
        (f.a_review_row(submitted_at=clock.now() + 2 * day), Code.FUTURE_DATE, "submitted_at"),
        (f.a_review_row(written_at=clock.now() - 3 * day), Code.OUT_OF_RANGE, "written_at"),
        (f.a_review_row(link="javascript:x"), Code.INVALID_URL, "link"),
    ]
    for row, code, place in wrong:
        async with refused(code, "rows", 0, place):
            await load(row)
    async with unchanged():
        assert await load(f.a_review_row(), dry_run=True) == [CREATED]
    region = await f.a_viewer(Role.MANAGER, await f.reference_unit("JATIM"))
    async with refused(Code.FORBIDDEN):
        await store_review.load(region, ImportStoreReviews([f.a_review_row()]))


@pytest.mark.usefixtures("database")
async def test_a_cause_that_is_no_longer_used_stays_where_it_is_and_comes_to_no_other():
    cause = await f.a_cause()
    tagged = await f.a_tagged_review(cause)
    other = await f.a_review()
    await update(SYSTEM, UpdateReviewCause(cause.id, 1, active=False))
    async with refused(Code.WRONG_STATUS, "reviews", 0, "cause_id"):
        await store_review.tag(SYSTEM, TagStoreReviews([TagRow(other.id, 1, cause.id)]))
    async with refused(Code.STALE, "reviews", 0, "expected_version"):
        await store_review.tag(SYSTEM, TagStoreReviews([TagRow(tagged.id, 1, None)]))
    done = await store_review.tag(SYSTEM, TagStoreReviews([TagRow(tagged.id, 2, None)]))
    assert (done.made[0].cause_id, done.made[0].tagged_at) == (None, None)


@pytest.mark.usefixtures("database")
async def test_a_spike_of_bad_reviews_opens_an_alert_that_closes_with_it():
    """Days are those of headquarters: yesterday, beside the 28 before it."""
    go_to(MONDAY, hour=1)
    await only(kind=AlertKind.REVIEW_SPIKE, kinds=[UnitKind.HQ], threshold=Decimal(0), least_n=30)
    today = datetime(MONDAY.year, MONDAY.month, MONDAY.day, tzinfo=UTC) - timedelta(hours=7)
    yesterday, second = today - timedelta(days=1), timedelta(seconds=1)

    def reviews(number, rating, at):
        return [f.a_review_row(rating=rating, submitted_at=at) for _ in range(number)]

    await load(
        *reviews(29, 1, yesterday),
        *reviews(100, 5, yesterday - second),
        *reviews(5, 2, yesterday - timedelta(days=28)),
        *reviews(50, 1, yesterday - timedelta(days=28) - second),
        *reviews(9, 1, today),
    )
    # Too few to say
    assert await alert.run() == (0, 0)
    await load(*reviews(1, 1, today - second))
    # when
    assert [await alert.run(), await alert.run()] == [(1, 0), (0, 0)]
    # then
    (made,) = await open_alerts()
    said = await evidence(made, "OPENED")
    assert (said["value"], said["n"], said["base"], said["base_n"]) == (100, 30, Decimal("4.76"), 105)
    assert (said["from_on"], said["to_on"]) == (MONDAY - timedelta(days=1), MONDAY - timedelta(days=1))
    # It stays as long as nobody has brought in what came after it
    go_to(MONDAY + timedelta(days=3), hour=1)
    await db.execute("delete from store_review where written_at >= $1", today)
    assert await alert.run() == (0, 0)
    await load(*reviews(60, 5, today))
    assert await alert.run() == (0, 1)
