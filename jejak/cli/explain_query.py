"""`jejak explain-query`: what a query asks of the database, for whoever wonders why it is slow."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import click

from jejak import running
from jejak.cli.readable import readable
from jejak.cli.start import data_option, must_be_migrated, run
from jejak.domain import clock, texts
from jejak.domain.access import Viewer
from jejak.domain.errors import Refused
from jejak.domain.sign_in import viewer_named
from jejak.domain.vocabulary import Language
from jejak.settings import Settings

if TYPE_CHECKING:
    from jejak.graphql.reading.explain import Explained
    from jejak.graphql.reading.operation import NotCompiled, Operation


@dataclass(frozen=True, slots=True)
class _Wanted:
    """`email`: on whose behalf; None for somebody at headquarters. `language`: None for that person's own."""

    text: str
    name: str
    variables: dict[str, Any]
    operation: str | None
    email: str | None
    language: Language | None
    analyze: bool
    only_sql: bool
    ordinary: bool

    @property
    def needs_database(self) -> bool:
        return self.email is not None or not self.only_sql


@click.command("explain-query")
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option(
    "--variables", metavar="JSON", default="{}", help="Its variables: a JSON object, or @FILE that holds one."
)
@click.option("--operation", metavar="NAME", help="Which operation, where the document has several.")
@click.option(
    "--as", "email", metavar="EMAIL", help="On whose behalf; somebody at headquarters where left out."
)
@click.option(
    "--language",
    type=click.Choice(Language, case_sensitive=False),
    help="In which language; the person's where left out.",
)
@click.option("--analyze", is_flag=True, help="Run it, and tell what each step took. It only reads.")
@click.option("--sql", "only_sql", is_flag=True, help="The SQL alone. Needs no server, unless with --as.")
@click.option(
    "--ordinary", is_flag=True, help="The statement of each of its fields, as where it is not compiled."
)
@data_option
def explain_query(  # noqa: PLR0917 -- click gives them by name
    file: Any,
    variables: str,
    operation: str | None,
    email: str | None,
    language: Language | None,
    data: Path,
    *,
    analyze: bool,
    only_sql: bool,
    ordinary: bool,
) -> None:
    """Show the SQL of a GraphQL query, and its plan.

    FILE holds the document; - reads it from standard input. The statement is the very one that the API would
    issue, the look at the token with it. May run beside `jejak up`.
    """
    wanted = _Wanted(
        text=file.read(),
        name=file.name,
        variables=_variables(variables),
        operation=operation,
        email=email,
        language=language,
        analyze=analyze,
        only_sql=only_sql,
        ordinary=ordinary,
    )

    async def work(settings: Settings) -> None:
        found = _operation(wanted, settings)
        if not wanted.needs_database:
            await _show(wanted, settings, found)
            return
        if settings.database_url is None and not data.exists():  # noqa: ASYNC240 -- once, before anything runs
            raise running.CannotRun(f"{data} does not exist yet; run: jejak up")
        async with (
            running.servers(settings, data, valkey=False) as own,
            running.database(own.database_url),
        ):
            await must_be_migrated()
            await _show(wanted, settings, found)

    run(work)


def _variables(given: str) -> dict[str, Any]:
    try:
        text = Path(given[1:]).read_text(encoding="utf-8") if given.startswith("@") else given
        read = json.loads(text)
    except OSError as error:
        raise click.BadParameter(f"{given[1:]}: {error.strerror}", param_hint="--variables") from None
    except ValueError as error:
        raise click.BadParameter(f"no JSON: {error}", param_hint="--variables") from None
    if not isinstance(read, dict):
        raise click.BadParameter("must be a JSON object", param_hint="--variables")
    return read


def _operation(wanted: _Wanted, settings: Settings) -> "Operation":
    from graphql import GraphQLError, validate  # noqa: PLC0415 -- as in schema.py

    from jejak.graphql.limits import read  # noqa: PLC0415
    from jejak.graphql.reading.cost import Cost  # noqa: PLC0415
    from jejak.graphql.reading.operation import operations  # noqa: PLC0415
    from jejak.graphql.reading.plan import Plans  # noqa: PLC0415
    from jejak.graphql.schema import build_schema  # noqa: PLC0415

    schema = build_schema(settings.limits)
    try:
        document = read(wanted.text, Cost(limits=settings.limits))
    except Refused as refused:
        raise running.CannotRun(f"{wanted.name}: {_said(refused)}") from None
    except GraphQLError as error:
        raise running.CannotRun(_at(wanted.name, error)) from None
    errors = validate(schema._schema, document)  # noqa: SLF001 -- graphql-core's, which Strawberry gives no other way to
    if errors:
        raise running.CannotRun("\n".join(_at(wanted.name, error) for error in errors))
    named = operations(schema, document, Plans())
    if wanted.operation is None and len(named) > 1:
        raise running.CannotRun(
            f"{wanted.name} has several operations; choose by --operation: {', '.join(named)}"
        )
    name = next(iter(named)) if wanted.operation is None else wanted.operation
    if name not in named:
        raise running.CannotRun(f"{wanted.name} has no operation {name}; it has: {', '.join(named)}")
    return named[name]


def _at(name: str, error: Any) -> str:
    place = "".join(f":{at.line}:{at.column}" for at in (error.locations or ())[:1])
    return f"{name}{place}: {error.message}"


def _said(refused: Refused) -> str:
    [problem, *_] = refused.problems
    at = f" ({'.'.join(map(str, problem.path))})" if problem.path else ""
    return f"{problem.code}{at}: {texts.message(problem, Language.EN)}"


async def _show(wanted: _Wanted, settings: Settings, operation: "Operation") -> None:
    from jejak.graphql.reading import explain  # noqa: PLC0415
    from jejak.graphql.reading.operation import NotCompiled  # noqa: PLC0415
    from jejak.graphql.reading.request import Request  # noqa: PLC0415

    viewer = await _viewer(wanted.email) if wanted.email else explain.HEADQUARTERS
    language = wanted.language or viewer.language
    try:
        variables = operation.variables(wanted.variables)
        request = Request(explain.as_by_token(viewer), language, variables, clock.now())
        if wanted.ordinary:
            found = explain.ordinary(operation, request, settings.limits)
        else:
            found = {"": explain.compiled(operation, request, settings.limits)}
    except NotCompiled as other:
        raise running.CannotRun(_why(other)) from None
    for key, one in found.items():
        if key:
            click.echo(f"-- {key}")
        click.echo(readable(one.sql))
        if not wanted.only_sql:
            click.echo(_filled(one))
            click.echo(await _plan(one, analyze=wanted.analyze))


async def _viewer(email: str) -> Viewer:
    viewer = await viewer_named(email)
    if viewer is None:
        raise running.CannotRun(f"nobody here has the e-mail {email}; check its spelling")
    return viewer


def _why(other: "NotCompiled") -> str:
    """In one line: why the ordinary executor would answer, and what to do."""
    if isinstance(other.__cause__, Refused):
        return f"it would be refused: {_said(other.__cause__)}"
    if other.__cause__ is not None:
        return f"it would be refused: {str(other.__cause__).partition(chr(10))[0]}"
    if other.what:
        return f"not compiled, {other.why}: no table holds `{other.what}`; ask for it in a request of its own, or see --ordinary"
    return f"not compiled, {other.why}: only queries are; explain what it answers as a query"


def _filled(one: "Explained") -> str:
    answers = dict(one.answers)
    return "\n".join(
        [
            "",
            *_section("parameters", [(f"${n}", _literal(value)) for n, value in enumerate(one.values, 1)]),
            *_section("found again by", [(about, _answer(answer)) for about, answer in answers.items()]),
            f"rows, at most  {one.rows}",
            "",
        ]
    )


def _section(head: str, lines: Sequence[tuple[str, str]]) -> list[str]:
    if not lines:
        return []
    width = max(len(name) for name, _ in lines)
    return [head, *(f"  {name:<{width}}  {value}" for name, value in lines), ""]


def _answer(answer: Any) -> str:
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    return "null" if answer is None else str(answer)


def _literal(value: Any) -> str:
    """As one would write it in psql."""
    if value is None:
        return "null"
    if isinstance(value, bool | int | float):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"array[{', '.join(map(_literal, value))}]"
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return "'" + text.replace("'", "''") + "'"


async def _plan(one: "Explained", *, analyze: bool) -> str:
    from jejak.graphql.reading import explain  # noqa: PLC0415

    try:
        return await explain.plan_of(one, analyze=analyze)
    except asyncpg.NotNullViolationError as error:
        raise running.CannotRun(
            f"{error.message}, which may not be, so the ordinary executor would answer; use --as somebody who has it"
        ) from None
    except TimeoutError:
        raise running.CannotRun("it took more than a minute; explain it without --analyze") from None
