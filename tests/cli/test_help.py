"""What a newcomer reads, and what a script gets."""

from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner

from jejak import __version__
from jejak.cli import main
from jejak.settings import Limits

NEEDS = {
    "": [
        "Start here:     jejak up ",
        "DATABASE_URL",
        "REDIS_URL",
        "JEJAK_ADMIN_EMAIL",
        "admin@jejak.local",
        "JEJAK_PUBLIC_URL",
        "JEJAK_ORIGINS",
        "JEJAK_TRUSTED_PROXIES",
        "JEJAK_TRUSTED_DOCUMENTS",
        "JEJAK_INTROSPECTION",
        *[f"_{limit.name.upper()} {limit.default}" for limit in fields(Limits)],
    ],
    "up": ["administrator's password, once", "--data", "jejak-data", "--port", "8000", "127.0.0.1"],
    "serve": ["DATABASE_URL", "REDIS_URL", "jejak migrate", "jejak worker", "--port"],
    "worker": ["DATABASE_URL", "REDIS_URL", "jejak migrate", "Any number may run"],
    "migrate": ["once for every new version", "jejak up", "administrator's password"],
    "reset-password": ["EMAIL", "printed once", "lost theirs", "Ends all their"],
    "import-units": ["  code,name,kind,parent_code,timezone\n", "CSV or XLSX", "nothing is written"],
    "import-holidays": ["iCalendar", "whole days", "--joint-leave", "--dry-run", "nothing is written"],
    "import-ratings": [
        "external_id,unit_code,service,channel,answered_at,feature,csat,overall,ces,nps,aspects,comment,\n",
        "CSV or XLSX",
        "nothing is written",
        "--source",
        "--dry-run",
    ],
    "import-people": [
        "  email,name,unit_code,role,ranger,language\n",
        "CSV or XLSX",
        "nothing is written",
        "keeps name and language",
    ],
    "import-assessments": [
        "  unit_code,visited_on,A1,A2,B,note\n",
        "CSV or XLSX",
        "--wave",
        "--dry-run",
        "NA does not apply",
        "nothing is written",
    ],
    "import-results": ["  unit_code,score,dimension_code\n", "--wave", "--dry-run", "enter no figure"],
    "report": ["jejak report JATIM 2026-10 -o jatim.pdf", "--lang", "preview", "draft"],
    "import-store-reviews": ["reviews_<package>_<yyyymm>.csv", "--dry-run", "nothing is written"],
    "explain-query": [
        "FILE",
        "standard input",
        "--variables",
        "--as",
        "--analyze",
        "only reads",
        "Needs no server",
    ],
    "export-schema": ["standard output", "--output"],
    "trust-documents": ["FOLDER", "JEJAK_TRUSTED_DOCUMENTS", "documentId", "--named"],
    "status": ["Exit code 0", "--json", "docs/operations.md"],
    "doctor": ["ok or BAD", "exit code 1"],
    "demo": ["servers of its own", "--keep", "jejak up --data"],
}


def said(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, words)
    assert result.exit_code == code
    return result.output


def test_every_command_is_asked_about():
    assert set(NEEDS) == {"", *main.commands}


@pytest.mark.parametrize("name", NEEDS)
def test_help_says_what_a_newcomer_needs(name):
    told = said(*filter(None, [name]), "-h")
    flat = " ".join(told.split())
    assert [need for need in NEEDS[name] if need not in told and need not in flat] == []
    assert "\x1b" not in told
    assert "\\b" not in told


def test_a_list_of_commands_says_what_each_is_for_and_breaks_nothing_off():
    assert "..." not in said("--help").partition("Commands:")[2]


def test_version():
    assert said("--version").endswith(f" {__version__}\n")


def test_schema_goes_to_standard_output_or_to_a_file(tmp_path):
    out = said("export-schema")
    assert out.startswith(('"""', "type ", "schema ", "directive "))
    assert "\ntype Query {" in out
    file = tmp_path / "schema.graphql"
    assert said("export-schema", "-o", str(file)) == ""
    assert file.read_text(encoding="utf-8") == out


def test_schema_that_cannot_be_written_is_refused_in_one_line(tmp_path):
    told = said("export-schema", "-o", str(tmp_path / "absent" / "schema.graphql"), code=1)
    assert told == f"Error: cannot write {tmp_path}/absent/schema.graphql: No such file or directory\n"


def test_the_schema_that_a_process_prints_is_the_committed_one(shell):
    committed = Path(__file__).parents[2] / "schema.graphql"
    assert shell.well("export-schema") == committed.read_text(encoding="utf-8")
