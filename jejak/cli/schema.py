"""Commands about what front ends are built on: the schema, and the documents that they may send."""

import json
from pathlib import Path

import click

from jejak.settings import Settings, SettingsError


@click.command("export-schema")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file; standard output where left out.",
)
def export_schema(output: Path | None) -> None:
    """Print the GraphQL schema.

    With the description of everything in it. Needs no server.
    """
    # Here and below: commands that need no schema start in half the time.
    from jejak.graphql.schema import sdl  # noqa: PLC0415

    _write(sdl(), output)


@click.command("trust-documents")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file; standard output where left out.",
)
@click.option("--named", is_flag=True, help="Name each by its file instead of by its sha256.")
def trust_documents(folder: Path, output: Path | None, *, named: bool) -> None:
    """List the GraphQL documents of a front end.

    Reads every .graphql file below FOLDER, each one document with the fragments that it needs, and checks it
    against the schema and the limits. With JEJAK_TRUSTED_DOCUMENTS set to the list the API runs nothing else;
    clients send its `documentId`, or the very same text. Needs no server.
    """
    from jejak.api import trusted  # noqa: PLC0415
    from jejak.graphql.schema import build_schema  # noqa: PLC0415

    try:
        limits = Settings.from_environment().limits
        found = trusted.gather(folder, build_schema(limits), limits, named=named)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    _write(json.dumps(found, indent=2, ensure_ascii=False) + "\n", output)


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"cannot write {output}: {error.strerror}") from None
