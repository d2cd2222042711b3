"""Finding by words: what a question looks for, and which texts have it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jejak.domain import db, journey_capture, search, task
from jejak.domain.errors import Code, Refused
from jejak.domain.task import UpdateTask
from jejak.domain.vocabulary import JourneyStatus, Role
from tests import factories as f

# Words of one root each, as people write them.
FAMILIES = """
menunggu ditunggu tunggu menunggunya menunggui penungguan
gangguan terganggu mengganggu diganggu ganggu
pemadaman padam memadamkan dipadamkan
pelayanan layanan melayani dilayani layani
pembayaran membayar dibayar bayar bayarkan
tagihan menagih ditagih tagih penagihan
keluhan mengeluh dikeluhkan keluh
lambat melambat terlambat keterlambatan
pengaduan mengadu adukan diadukan
penyambungan menyambung disambung sambung sambungan tersambung
menyala nyala menyalakan dinyalakan
petugas tugas bertugas penugasan menugaskan ditugaskan
informasi menginformasikan diinformasikan
pemasangan memasang dipasang pasang
pengisian mengisi diisi isi
perbaikan memperbaiki diperbaiki
pelanggan langganan berlangganan
antre antrean mengantre
menerima diterima terima penerimaan
kirim mengirim dikirim pengiriman kirimkan
tulis menulis ditulis penulisan tertulis
catat mencatat pencatatan dicatat tercatat
hubungi menghubungi dihubungi
tolak menolak ditolak penolakan
kunjungan mengunjungi dikunjungi berkunjung
periksa memeriksa diperiksa pemeriksaan
potong memotong dipotong pemotongan
ubah mengubah diubah perubahan
ukur mengukur diukur pengukuran
"""
FAMILY = [line.split() for line in FAMILIES.strip().splitlines()]
WORDS = [word for family in FAMILY for word in family]


@pytest.fixture(autouse=True)
async def _connected(database):
    """Words are looked up by PostgreSQL."""


async def among(texts: list[str], asked: str) -> list[str]:
    """Which of the texts are found."""
    values: list[object] = [texts]

    def param(words: str) -> str:
        values.append(words)
        return f"${len(values)}::text"

    wanted = search.wanted(asked, param)
    if wanted is None:
        return []
    found = await db.fetch(
        f"select t from unnest($1::text[]) t where search_vector(t, '') @@ {wanted.matches} and {wanted.marks} is not null",
        *values,
    )
    return [row["t"] for row in found]


async def test_a_word_finds_the_other_forms_of_its_root_and_no_other_root():
    """Of all pairs in a family 95 % and more are found, where PostgreSQL's stemmer alone finds three quarters."""
    pairs = found = stemmed = 0
    for family in FAMILY:
        for word in family:
            # A space behind it: the word is finished
            hits = set(await among(WORDS, f"{word} "))
            assert hits <= set(family), (word, hits - set(family))
            pairs, found = pairs + len(family) - 1, found + len(hits) - 1
            stemmed += await db.fetchval(
                "select count(*) from unnest($1::text[]) t where to_tsvector('indonesian', t) @@ to_tsquery('indonesian', $2) and t <> $2",
                family,
                word,
            )
    assert found / pairs >= 0.95
    assert stemmed / pairs < 0.8


TEXTS = [
    "Listrik padam sejak malam, petugas ditunggu",
    "Gangguan di Jalan Kartini",
    "Tambah daya 1.300 VA ke 2.200VA lewat PLN Mobile",
    "Antréan loket; kasir ramah",
    "Salat Jum'at, loket tutup",
    "Formulir PB-PD kurang jelas",
    "Pelanggan (kecewa) & marah!",
]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("padam", [0]),
        ("PADAM", [0]),
        ("menunggu petugas", [0]),
        ("menunggu kasir", []),
        # The last word may be unfinished, and any other may not
        ("gang", [1]),
        ("jalan kart", [1]),
        ("gang kartini", []),
        ("gang ", []),
        # Codes, numbers, English
        ("2.200", [2]),
        ("2200", [2]),
        ("1300 VA", [2]),
        ("200va", []),
        ("mobile", [2]),
        ("pb-pd", [5]),
        ("PB_PD", [5]),
        # Accents, apostrophes, marks
        ("antrean", [3]),
        ("antréan", [3]),
        ("jumat", [4]),
        ("jum'at", [4]),
        ("jum\u2019at", [4]),
        ("(kecewa)", [6]),
        # As search engines have it
        ('"petugas ditunggu"', [0]),
        ('"ditunggu petugas"', []),
        ('"loket', [3, 4]),
        ("loket -tutup", [3]),
        ('loket -"salat jumat"', [3]),
        ("padam or kasir", [0, 3]),
        ("padam OR kasir", [0, 3]),
        ("padam atau kasir", [0, 3]),
        ("loket tutup or padam malam", [0, 4]),
        # Words that stand everywhere do not have to be there
        ("padam yang", [0]),
        ("yang padam di malam", [0]),
        ("di ", [1]),
        # Nothing to look for
        *[(nothing, []) for nothing in ("", " ", "-", '"', '""', "-padam", "!!", "or", "or -x", "😤", "日本", "&|!:*()<->'\\")],
    ],
)  # fmt: skip
async def test_what_is_typed_is_what_is_found(asked, found):
    assert await among(TEXTS, asked) == [TEXTS[n] for n in found]


PADAM = "padam or "


@settings(max_examples=300)
@given(
    asked=st.text(
        st.one_of(
            st.sampled_from("aikngtu-\"'\\&|!:*()<> \n\t%_$1"),
            st.characters(exclude_categories=("Cs", "Cc")),
        ),
        max_size=search.MOST_TEXT - len(PADAM),
    )
)
async def test_whatever_is_typed_is_understood_and_takes_nothing_from_another_alternative(asked):
    found = await among(TEXTS, asked)
    either = await among(TEXTS, f"{PADAM}{asked}")
    assert TEXTS[0] in either
    assert set(either) <= {TEXTS[0], *found}


@given(word=st.text("abdegiklmnoprstuy", min_size=1, max_size=20))
async def test_a_word_finds_itself_and_its_beginning_finds_it(word):
    assert await among([f"x {word} y"], word) == [f"x {word} y"]
    assert await among([f"x {word} y"], f"{word} ") == [f"x {word} y"]
    if len(word) > 2 and word[:2] != "or":
        assert await among([f"x {word} y"], word[:2]) == [f"x {word} y"]


@given(text=st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60))
async def test_the_database_folds_as_the_question_is_folded(text):
    in_sql = await db.fetchval("select search_words($1)", text)
    assert in_sql.split() == search._WORD.findall(search.fold(text))


async def test_too_much_and_what_no_row_can_hold_are_refused():
    for asked, code in (("x" * (search.MOST_TEXT + 1), Code.TOO_LONG), ("a\x00b", Code.INVALID_TEXT)):
        with pytest.raises(Refused) as caught:
            await among(TEXTS, asked)
        assert [(p.code, p.path) for p in caught.value.problems] == [(code, ("text",))]


async def test_many_words_are_looked_for_as_far_as_is_useful():
    assert len(search.terms("kata " * 40)[0]) == search.MOST_TERMS


async def entries() -> dict[object, str]:
    return {row["id"]: row["words"] for row in await db.fetch("select id, words::text from search_entry")}


async def as_they_should_be() -> dict[object, str]:
    """Computed anew from all rows."""
    rows = await db.fetch(
        """
        select j.id, search_vector(j.title, concat_ws(' ', j.narrative, string_agg(
            concat_ws(' ', s.name, s.customer_did, s.customer_said), ' ' order by s.position)))::text as words
        from journey j left join stage s on s.journey_id = j.id group by j.id
        union all select id, search_vector(description, '')::text from pain_point
        union all select id, search_vector(title, description)::text from task
        """
    )
    return {row["id"]: row["words"] for row in rows}


async def test_entries_follow_what_is_written():
    # given: a journey that was returned, a task
    unit = await f.a_unit()
    viewer = await f.a_viewer(Role.MANAGER, unit)
    journey = await f.a_journey(unit, status=JourneyStatus.RETURNED, viewer=viewer)
    made = await f.a_task(unit, viewer=viewer)
    assert (before := await entries()) == await as_they_should_be()
    assert len(before) == 3
    # when: it is captured anew, with another pain point, and the task gets another title
    stages = [f.a_stage(name="Dipanggil", customer_said="Antre", pain_points=[f.a_new_pain_point()])]
    wanted = f.a_capture(
        unit, title="Lain", stages=stages, journey_id=journey.id, expected_version=journey.version
    )
    await journey_capture.capture(viewer, wanted)
    await task.update(viewer, UpdateTask(made.id, made.version, title="Sosialisasi"))
    # then
    assert (after := await entries()) == await as_they_should_be()
    assert len(after) == 3
    assert not set(before.items()) & set(after.items())
    # and when all of it goes
    for table in ("reminder", "task", "pain_point", "stage", "journey"):
        await db.execute(f"delete from {table}")
    assert await entries() == {}
