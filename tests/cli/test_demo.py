"""`jejak demo`: the main job, every figure checked; and the checker can say no."""

import re
from dataclasses import fields
from datetime import timedelta

import pytest

from jejak.demo import story
from jejak.demo.check import Figures, Raw
from jejak.demo.client import DemoFailed, expect
from jejak.domain import clock, completion, db, relay
from jejak.domain.vocabulary import TaskStatus, UnitKind
from tests.cli.process import on_folder
from tests.factories import a_task, a_unit, in_working_days
from tests.figures import figures_of

SETTINGS = story.Settings(None, None, "admin@jejak.local")


def test_it_plays_to_its_end_and_leaves_nothing(shell):
    said = shell.well("demo")
    assert [int(n) for n in re.findall(r"^(\d+)\. ", said, re.MULTILINE)] == list(range(1, 13))
    steps = re.findall(r"^ ?(\d+) .*\d\.\d\d / \d+\.\d\d", said, re.MULTILINE)
    assert steps == [str(n) for n in range(1, 11)]
    assert "210 figures checked against the raw rows" in said
    assert said.endswith(
        "The main job works: every printed figure equals the one computed from the raw rows.\n"
    )
    assert "\x1b" not in said
    assert on_folder("jejak-demo-") == []
    assert list(shell.folder.glob("jejak*")) == []


async def test_it_does_not_play_over_somebodys_data(prepared):
    with pytest.raises(story.running.CannotRun, match="already holds a Jejak; the demo needs a new folder"):
        await story.play(SETTINGS, prepared.data)


async def both(url: str, path: str, code: str) -> tuple[Figures, Figures]:
    """The first step of a unit as the service shows it, and as the demo's checker reckons it."""
    shown = await figures_of(path, step=1)
    raw = await Raw.read(url)
    percents = {name: None if shown[name] is None else str(shown[name]) for name in ("reported", "verified")}
    counts = {field.name: shown[field.name] for field in fields(Figures)}
    return Figures(**counts | percents), raw.figures(code, raw.steps[0]["id"], clock.now())


async def a_step_with_a_bit_of_everything():
    up3 = await a_unit(UnitKind.UP3)
    ulp, other = await a_unit(UnitKind.ULP, up3), await a_unit(UnitKind.ULP, up3)
    await a_task(ulp, status=TaskStatus.VERIFIED, weight=3)
    await a_task(ulp, status=TaskStatus.IN_PROGRESS, weight=7)
    await a_task(other, initiative="1.2", due_on=in_working_days(other, 1))
    await a_task(other, initiative="1.2", status=TaskStatus.CANCELLED)
    clock.shift(timedelta(days=60))
    await relay.drain()
    await completion.recompute_all()
    return up3, ulp


async def test_the_checker_agrees_with_the_service(database):
    up3, ulp = await a_step_with_a_bit_of_everything()
    for unit in (up3, ulp):
        shown, reckoned = await both(database, unit.path, unit.code)
        assert shown == reckoned
        assert (reckoned.tasks, reckoned.verified_tasks, reckoned.overdue) == (
            (3, 1, 2) if unit is up3 else (2, 1, 1)
        )


@pytest.mark.parametrize("column", completion.SUMS.split(", "))
async def test_the_checker_sees_any_sum_that_is_wrong(database, column):
    up3, ulp = await a_step_with_a_bit_of_everything()
    wrong = f"not {column}" if column == "started" else f"{column} + 1"
    await db.execute(f"update completion set {column} = {wrong} where unit_id = $1 and tasks > 0", ulp.id)
    shown, reckoned = await both(database, up3.path, up3.code)
    assert shown != reckoned


def test_what_is_not_as_told_ends_the_demo():
    expect(holds=True, told="anything")
    with pytest.raises(DemoFailed, match="expected: the moon"):
        expect(holds=False, told="the moon")


async def test_a_story_that_fails_is_one_line_for_the_person(monkeypatch, tmp_path):
    async def fails(_stage):
        expect(holds=False, told="a task for every fix")

    monkeypatch.setattr(story, "_tell", fails)
    with pytest.raises(story.running.CannotRun, match="the demo failed: expected: a task for every fix"):
        await story.play(SETTINGS, tmp_path / "kept")
    assert on_folder(tmp_path) == []
