"""`jejak report`: a monthly report as a file."""

from datetime import date, datetime
from pathlib import Path

import click

from jejak import running
from jejak.cli.start import data_option, must_be_migrated, run
from jejak.documents import report_file
from jejak.documents.report_file import Format, Wanted
from jejak.domain import report
from jejak.domain.access import SYSTEM
from jejak.domain.errors import Code, Refused
from jejak.domain.texts import message
from jejak.domain.vocabulary import Language, ReportState
from jejak.settings import Settings

_SAID = {
    ReportState.PREVIEW: "a preview, computed now",
    ReportState.DRAFT: "the draft",
    ReportState.PUBLISHED: "as it was published",
}


class _Month(click.ParamType[date]):
    name = "YYYY-MM"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return datetime.strptime(f"{value}-01", "%Y-%m-%d").date()  # noqa: DTZ007 -- a day, and no moment
        except ValueError:
            self.fail(f"{value!r} is no month, as 2026-10", param, ctx)


@click.command("report")
@click.argument("unit")
@click.argument("month", type=_Month())
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The file to write: its name ends in .pdf or .xlsx.",
)
@click.option(
    "--lang", type=click.Choice([language.value for language in Language]), default="id", show_default=True
)
@data_option
def monthly_report(unit: str, month: date, output: Path, lang: str, data: Path) -> None:
    """Write a UNIT's monthly report as PDF or XLSX.

    \b
      jejak report JATIM 2026-10 -o jatim.pdf

    The published one, where there is one; else the draft; else a preview of what it would say now. May run beside
    `jejak up` on the same --data.
    """  # noqa: D301 -- click's mark for lines that stay as they are
    kind = output.suffix.removeprefix(".").lower()
    if kind not in set(Format):
        raise click.UsageError("the name of the file must end in .pdf or .xlsx")

    async def work(settings: Settings) -> None:
        async with running.servers(settings, data, valkey=False) as own, running.database(own.database_url):
            await must_be_migrated()
            try:
                shown = await report.read_by_code(SYSTEM, unit, month)
            except Refused as refused:
                if refused.code is Code.NOT_FOUND:
                    raise running.CannotRun(f"no unit has the code {unit}; check its spelling") from None
                raise running.CannotRun(message(refused.problems[0], Language.EN)) from None
            file = await report_file.made(Wanted(shown, Format(kind), Language(lang)))
        output.write_bytes(file)  # noqa: ASYNC240 -- nobody else waits
        click.echo(f"{output}: {_SAID[shown.state]}, {len(file)} bytes")

    run(work)
