"""R1: a file of units becomes the tree, all of it or nothing."""

import json
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jejak.domain import clock, db, texts, unit_file, unit_import
from jejak.domain.access import SYSTEM, Grant, Viewer
from jejak.domain.errors import Code, Refused
from jejak.domain.unit_file import Row
from jejak.domain.unit_import import Loaded
from jejak.domain.vocabulary import Language, Role, UnitKind
from tests.domain.unit_files import HQ, JAVA, TREE, as_csv, as_xlsx, rows
from tests.sql import statements


async def tree() -> list[tuple[str, ...]]:
    """Every unit below the regions as a line of the file, and its path."""
    found = await db.fetch(
        """
        select u.code, u.name, u.kind, p.code as parent, u.timezone, u.path from unit u join unit p on p.id = u.parent_id
        where u.kind in ('UP3', 'ULP') order by u.code
        """
    )
    return [tuple(row) for row in found]


def tree_of(lines) -> list[tuple[str, ...]]:
    """What `tree()` must be once `lines` are loaded, by following every parent up to its region."""
    parents = {line[0]: line[3] for line in lines}

    def path(code: str) -> str:
        return f"{path(parents[code])}{code}/" if code in parents else f"HQ/{code}/"

    return sorted((*line, path(line[0])) for line in lines)


async def dump() -> list[str]:
    """Everything that an import could write."""
    return [
        row["line"]
        for table in ("unit", "event", "pending_event")
        for row in await db.fetch(f"select t::text as line from {table} t order by 1")
    ]


async def events() -> list[tuple[str, str]]:
    """The kind of each event on a unit and the unit's code, in order, without the reference data's."""
    found = await db.fetch(
        """
        select e.kind, u.code from event e join unit u on u.id = e.subject_id
        where e.subject_type = 'unit' and u.kind in ('UP3', 'ULP') order by e.id
        """
    )
    return [tuple(row) for row in found]


async def moves() -> list[tuple[str, str]]:
    """The path before and after each move, in order."""
    found = await db.fetch(
        "select before::jsonb ->> 'path' as old, after::jsonb ->> 'path' as new from event where kind = 'unit.moved' order by id"
    )
    return [tuple(row) for row in found]


async def problems(wanted: list[Row], viewer: Viewer = SYSTEM) -> list[tuple]:
    """The code, row and column of every problem; fails where anything was written."""
    before = await dump()
    with pytest.raises(Refused) as refusal:
        await unit_import.load(viewer, wanted)
    assert await dump() == before
    for problem in refusal.value.problems:
        for language in Language:
            assert "{" not in texts.message(problem, language)
    return [(problem.code, *problem.path[1:]) for problem in refusal.value.problems]


class TestLoading:
    @pytest.mark.parametrize(("write", "name"), [(as_csv, "u.csv"), (as_xlsx, "u.xlsx")])
    async def test_builds_the_tree_of_the_file(self, write, name):
        wanted = unit_file.read(write(TREE), name)

        loaded = await unit_import.load(SYSTEM, wanted)

        assert loaded == Loaded(created=len(TREE), updated=0, moved=0, unchanged=0)
        assert await tree() == tree_of(TREE)
        assert sorted(await events()) == sorted(("unit.created", line[0]) for line in TREE)

    async def test_takes_a_child_before_its_parent(self):
        await unit_import.load(SYSTEM, rows(*reversed(TREE)))

        assert await tree() == tree_of(TREE)

    async def test_finds_parents_that_are_in_the_database_already(self):
        await unit_import.load(SYSTEM, rows(JAVA[0]))

        loaded = await unit_import.load(SYSTEM, rows(JAVA[3]))

        assert loaded.created == 1
        assert await tree() == tree_of([JAVA[0], JAVA[3]])

    async def test_takes_codes_and_kinds_in_small_letters(self):
        await unit_import.load(SYSTEM, rows(("mlg", "UP3 Malang", "up3", "jatim", "Asia/Jakarta")))

        assert await tree() == tree_of(JAVA[:1])

    async def test_a_second_time_changes_nothing(self):
        await unit_import.load(SYSTEM, rows(*TREE))
        before = await dump()

        loaded = await unit_import.load(SYSTEM, rows(HQ, *TREE))

        assert loaded == Loaded(created=0, updated=0, moved=0, unchanged=len(TREE) + 1)
        assert await dump() == before

    async def test_an_empty_list_changes_nothing(self):
        assert await unit_import.load(SYSTEM, []) == Loaded(created=0, updated=0, moved=0, unchanged=0)

    async def test_a_corrected_file_renames_and_changes_zones(self):
        await unit_import.load(SYSTEM, rows(*TREE))
        corrected = [*TREE[:-1], ("91001", "ULP Abepura Kota", "ULP", "JYP", "Asia/Makassar")]
        earlier = await events()

        loaded = await unit_import.load(SYSTEM, rows(*corrected))

        assert loaded == Loaded(created=0, updated=1, moved=0, unchanged=len(TREE) - 1)
        assert await tree() == tree_of(corrected)
        assert (await events())[len(earlier) :] == [("unit.updated", "91001")]
        told = await db.fetchrow("select before, after from event order by id desc limit 1")
        assert "ULP Abepura" in told["before"]
        assert "Asia/Makassar" in told["after"]

    async def test_an_update_tells_only_what_changed(self):
        await unit_import.load(SYSTEM, rows(*JAVA))

        await unit_import.load(SYSTEM, rows(("MLG", "UP3 Malang Raya", "UP3", "JATIM", "Asia/Jakarta")))

        told = await db.fetchrow("select before::jsonb, after::jsonb from event order by id desc limit 1")
        assert [json.loads(side) for side in told] == [{"name": "UP3 Malang"}, {"name": "UP3 Malang Raya"}]

    async def test_a_new_parent_moves_the_unit_with_its_subtree(self):
        await unit_import.load(SYSTEM, rows(*TREE))
        moved = ("MLG", "UP3 Malang", "UP3", "JABAR", "Asia/Jakarta")
        earlier = await events()

        loaded = await unit_import.load(SYSTEM, rows(moved))

        assert loaded == Loaded(created=0, updated=0, moved=1, unchanged=0)
        assert await tree() == tree_of([moved, *TREE[1:]])
        assert (await events())[len(earlier) :] == [("unit.moved", "MLG")]

    async def test_moves_a_unit_and_what_leaves_it_at_once(self):
        """MLG goes to JABAR; one ULP leaves it for a UP3 that is new, another comes to it from one that moves too."""
        await unit_import.load(SYSTEM, rows(*JAVA))
        changed = [
            ("MLG", "UP3 Malang Raya", "UP3", "JABAR", "Asia/Jakarta"),
            ("BTU", "UP3 Batu", "UP3", "JATENG", "Asia/Jakarta"),
            ("SBY", "UP3 Surabaya Selatan", "UP3", "BALI", "Asia/Jakarta"),
            ("BDG", "UP3 Bandung", "UP3", "JABAR", "Asia/Jakarta"),
            ("51501", "ULP Batu", "ULP", "BTU", "Asia/Jakarta"),
            ("51502", "ULP Kepanjen", "ULP", "SBY", "Asia/Jakarta"),
            ("51101", "ULP Rungkut", "ULP", "MLG", "Asia/Jakarta"),
            ("53501", "ULP Bandung Utara", "ULP", "BDG", "Asia/Jakarta"),
        ]

        loaded = await unit_import.load(SYSTEM, rows(*changed))

        assert loaded == Loaded(created=1, updated=2, moved=5, unchanged=2)
        assert await tree() == tree_of(changed)
        # The history retold, move by move, starts where each unit was and ends at the same tree.
        paths = {line[0]: line[-1] for line in tree_of(JAVA)} | {"BTU": "HQ/JATENG/BTU/"}
        for old, new in await moves():
            assert old in paths.values()
            paths = {code: re.sub(f"^{old}", new, path) for code, path in paths.items()}
        assert paths == {line[0]: line[-1] for line in await tree()}

    async def test_tells_how_far_it_is(self):
        heard = []

        await unit_import.load(SYSTEM, rows(*TREE), lambda done, total: heard.append((done, total)))

        assert heard == [(n, len(TREE)) for n in range(1, len(TREE) + 1)]

    async def test_reads_as_often_for_many_rows_as_for_few(self):
        reads = []
        for lines in (JAVA[:1], TREE, [(code, f"{name} 2", *rest) for code, name, *rest in TREE]):
            async with statements() as counted:
                await unit_import.load(SYSTEM, rows(*lines))
            reads.append(sum(text.lstrip().lower().startswith("select") for text in counted.sql))

        assert max(reads[1:]) <= reads[0]

    @given(data=st.data())
    async def test_the_order_of_the_file_does_not_matter(self, clean, data):
        """Two files one after the other, each shuffled: the tree is always the last one's."""
        await clean()
        ups, ulps = [f"UP{n}" for n in range(4)], [str(n) for n in range(8)]
        for version in ("a", "b"):
            lines = [
                (code, f"{code} {version}", kind, data.draw(st.sampled_from(above)), "Asia/Jakarta")
                for kind, codes, above in (("UP3", ups, ["JATIM", "JABAR", "BALI"]), ("ULP", ulps, ups))
                for code in codes
            ]
            await unit_import.load(SYSTEM, rows(*data.draw(st.permutations(lines))))

            assert await tree() == tree_of(lines)


class TestRefusing:
    async def test_names_every_problem_with_its_row_and_column_and_writes_nothing(self):
        await unit_import.load(SYSTEM, rows(*JAVA))
        await db.execute("update unit set closed_at = $1 where code = '53501'", clock.now())
        zone = "Asia/Jakarta"

        found = await problems(
            rows(
                ("NEW", "UP3 Baru", "UP3", "JATIM", zone),  # nothing is wrong with it
                ("", "", "", "", ""),
                ("A B", "name", "ULP", "MLG", zone),
                ("K1", "kind", "UPT", "MLG", zone),
                ("K2", "wrong kind for its parent", "ULP", "JATIM", zone),
                ("K3", "unknown parent", "ULP", "NOWHERE", zone),
                ("NEW", "again", "UP3", "JATIM", zone),
                ("K4", "zone", "ULP", "NEW", "Asia/Atlantis"),
                ("51501", "kind of an existing unit", "UP3", "JATIM", zone),
                ("53501", "closed", "ULP", "BDG", zone),
                ("K5", "x" * 201, "ULP", "NEW", zone),
                ("K6", "with a\0NUL", "ULP", "NEW", zone),
                ("K7", "with a\x07bell", "ULP", "NEW", zone),
                ("C1", "cycle", "UP3", "C2", zone),
                ("C2", "cycle", "UP3", "C1", zone),
                ("C3", "below a cycle", "ULP", "C1", zone),
                ("C4", "itself", "ULP", "C4", zone),
                ("HQ2", "a second root", "HQ", "", zone),
                ("K8", "below one that is broken", "ULP", "K1", zone),
            )
        )

        assert found == [
            *((Code.REQUIRED, 3, column) for column in ("code", "kind", "parent_code", "timezone", "name")),
            (Code.INVALID_CODE, 4, "code"),
            (Code.INVALID_KIND, 5, "kind"),
            (Code.WRONG_KIND, 6, "parent_code"),
            (Code.NOT_FOUND, 7, "parent_code"),
            (Code.TAKEN, 8, "code"),
            (Code.INVALID_TIMEZONE, 9, "timezone"),
            (Code.INVALID_KIND, 10, "kind"),
            (Code.WRONG_KIND, 10, "parent_code"),
            (Code.UNIT_CLOSED, 11, "code"),
            (Code.TOO_LONG, 12, "name"),
            (Code.INVALID_TEXT, 13, "name"),
            (Code.INVALID_TEXT, 14, "name"),
            (Code.TREE_CYCLE, 15, "parent_code"),
            (Code.TREE_CYCLE, 16, "parent_code"),
            (Code.TREE_CYCLE, 18, "parent_code"),
            (Code.TAKEN, 19, "kind"),
        ]

    async def test_finds_a_cycle_through_units_that_are_not_in_the_file(self):
        await unit_import.load(SYSTEM, rows(*JAVA))

        found = await problems(rows(("JATIM", "UID Jawa Timur", "UID", "51501", "Asia/Jakarta")))

        assert found == [(Code.TREE_CYCLE, 2, "parent_code")]

    async def test_lets_no_root_but_the_root_be(self):
        assert await problems(rows(("HQ", "PLN", "HQ", "JATIM", "Asia/Jakarta"))) == [
            (Code.TREE_CYCLE, 2, "parent_code")
        ]
        assert await problems(rows(("HQ2", "PLN", "HQ", "HQ", "Asia/Jakarta"))) == [
            (Code.TAKEN, 2, "kind"),
            (Code.WRONG_KIND, 2, "parent_code"),
        ]
        assert await problems(rows(("JATIM", "UID Jawa Timur", "HQ", "", "Asia/Jakarta"))) == [
            (Code.INVALID_KIND, 2, "kind")
        ]
        assert await problems(rows(("HQ", "PLN Kantor Pusat", "UID", "", "Asia/Jakarta"))) == [
            (Code.REQUIRED, 2, "parent_code"),
            (Code.INVALID_KIND, 2, "kind"),
        ]

    async def test_puts_nothing_under_a_closed_unit(self):
        await unit_import.load(SYSTEM, rows(JAVA[0]))
        await db.execute("update unit set closed_at = $1 where code = 'MLG'", clock.now())

        assert await problems(rows(JAVA[3])) == [(Code.UNIT_CLOSED, 2, "parent_code")]

    async def test_a_failure_half_way_leaves_nothing(self):
        before = await dump()

        def fails(done: int, total: int) -> None:
            if done == total:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            await unit_import.load(SYSTEM, rows(*TREE), fails)

        assert await dump() == before

    async def test_checks_long_chains_in_one_go(self):
        codes = [f"N{n}" for n in range(5_000)]
        lines = [
            (below, "chain", "ULP", above, "Asia/Jakarta") for above, below in pairwise([codes[-1], *codes])
        ]

        found = await problems(rows(*lines))

        assert found == [(Code.TREE_CYCLE, number, "parent_code") for number in range(2, 5_002)]


class TestAccess:
    """R12: the right to change units, at each unit and parent that the file touches."""

    @staticmethod
    async def viewer(role: Role, path: str) -> Viewer:
        person = await db.fetchval(
            "insert into person values ($1, 'a@pln.test', 'A', 'id', '', 1, now()) returning id", db.new_id()
        )
        return Viewer(person, Language.ID, (Grant(path, UnitKind.UID, role),))

    async def test_whoever_may_change_units_may_import_below_their_own(self):
        viewer = await self.viewer(Role.PROGRAMME, "HQ/JATIM/")

        assert (await unit_import.load(viewer, rows(JAVA[0], JAVA[3]))).created == 2

    async def test_what_the_viewer_does_not_see_does_not_exist_for_them(self):
        await unit_import.load(SYSTEM, rows(*TREE))
        viewer = await self.viewer(Role.PROGRAMME, "HQ/JATIM/")

        found = await problems(
            rows(
                ("X", "under another region's", "ULP", "BDG", "Asia/Jakarta"),
                ("Y", "under no one's", "ULP", "NOWHERE", "Asia/Jakarta"),
                ("53501", "another region's", "ULP", "MLG", "Asia/Jakarta"),
            ),
            viewer,
        )

        assert found == [
            (Code.NOT_FOUND, 2, "parent_code"),
            (Code.NOT_FOUND, 3, "parent_code"),
            (Code.TAKEN, 4, "code"),
        ]

    async def test_who_only_sees_may_not(self):
        await unit_import.load(SYSTEM, rows(*TREE))
        viewer = await self.viewer(Role.MANAGER, "HQ/JATIM/")

        found = await problems(rows(JAVA[0], ("X", "new", "ULP", "MLG", "Asia/Jakarta")), viewer)

        assert found == [(Code.FORBIDDEN, 2, "code"), (Code.FORBIDDEN, 3, "parent_code")]
