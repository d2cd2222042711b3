"""R8: ratings from a file of any length: all of it, or nothing and every reason why."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from jejak.domain import rating_file, rating_submission
from jejak.domain.access import Viewer
from jejak.domain.bulk import Unread
from jejak.domain.errors import Code, Problem, Refused
from jejak.domain.rating_submission import MOST, RatingRow, SubmitRatings
from jejak.domain.vocabulary import SubmissionOutcome

_Numbered = tuple[int, RatingRow | Unread]


@dataclass(frozen=True, slots=True)
class ImportRatings:
    content: bytes
    filename: str
    source: str
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    submitted: int
    already_there: int


async def load(
    viewer: Viewer, wanted: ImportRatings, progress: Callable[[int, int], None] | None = None
) -> Imported:
    """Looks at all rows, then writes them by ten thousand: a run that dies half-way is made good by the next, since what is
    there counts once.

    Refuses as `rating_file.read` and, for a row, as `rating_submission.submit`: every problem, at ("rows", its number in
    the file, column). `progress` hears how many rows are done, of how many.
    """
    zone_of = await rating_file.zones()

    def batches() -> Iterator[list[_Numbered]]:
        rows = rating_file.read(wanted.content, wanted.filename, zone_of)
        while batch := list(islice(rows, MOST)):
            yield batch

    problems: list[Problem] = []
    number = submitted = 0
    for batch in batches():
        try:
            submitted += await _submit(viewer, wanted, batch, dry_run=True)
        except Refused as refused:
            problems += (_placed(problem, batch) for problem in refused.problems)
        number += len(batch)
    if problems:
        raise Refused.because(problems)
    if number == 0:
        raise Refused(Code.REQUIRED, "rows")
    if not wanted.dry_run:
        done = submitted = 0
        for batch in batches():
            submitted += await _submit(viewer, wanted, batch, dry_run=False)
            done += len(batch)
            if progress is not None:
                progress(done, number)
    return Imported(submitted, number - submitted)


async def _submit(viewer: Viewer, wanted: ImportRatings, batch: Sequence[_Numbered], *, dry_run: bool) -> int:
    """How many were new."""
    rows = [
        Unread(tuple(_at(problem, "ratings", place) for problem in row.problems))
        if isinstance(row, Unread)
        else row
        for place, (_, row) in enumerate(batch)
    ]
    submission = SubmitRatings(wanted.source, rows, dry_run=dry_run)
    done = await rating_submission.submit(viewer, submission)
    return list(done.made.values()).count(SubmissionOutcome.SUBMITTED)


def _at(problem: Problem, *place: str | int) -> Problem:
    return replace(problem, path=(*place, *problem.path))


def _placed(problem: Problem, batch: Sequence[_Numbered]) -> Problem:
    match problem.path:
        case ("ratings", int(place), *column):
            return replace(problem, path=("rows", batch[place][0], *column))
    return problem
