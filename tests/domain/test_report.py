"""R11: monthly reports."""

from datetime import timedelta

import pytest

from jejak.domain import clock, completion, report, report_content
from jejak.domain.access import SYSTEM
from jejak.domain.vocabulary import JourneyStatus, TaskStatus
from tests import factories as f
from tests.moments import MONDAY, go_to


@pytest.fixture(autouse=True)
async def _connected(database):
    """Every test starts from a clean database, connected."""


async def test_try():
    go_to(MONDAY)
    unit = await f.a_unit()
    await f.a_journey(unit, status=JourneyStatus.ACCEPTED)
    await f.a_task(unit, status=TaskStatus.VERIFIED)
    await completion.recompute_all()
    made = await report_content.compute(unit.id, clock.now().date())
    import json

    print(json.dumps(made.content, indent=1))
    made = await report.recompute(
        SYSTEM, report.RecomputeReport(unit.id, (clock.now() - timedelta(days=40)).date())
    )
    print(made.content, made.version)
    print(await report.run(), await report.run())
