"""Imports point one way, and the contracts that say so bite."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = Path(sys.executable).with_name("lint-imports")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    words = [LINT, "--no-logo", "--no-cache", folder / "pyproject.toml"]
    return subprocess.run(
        words, cwd=folder, capture_output=True, text=True, check=False, env={"COLUMNS": "200"}
    )


def test_every_contract_is_kept():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout
    assert "4 kept, 0 broken" in done.stdout


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("domain/intruder.py", "import litestar", "domain knows no transport"),
        ("domain/intruder.py", "from jejak import settings", "one way"),
        ("graphql/intruder.py", "from jejak.api import app", "one way"),
        ("workers/intruder.py", "from jejak.graphql import schema", "workers know no schema"),
        ("api/intruder.py", "from jejak.workers import main", "one way"),
        ("newcomer.py", "", "one way"),
        ("domain/working_time.py", "from jejak.domain import calendar", "no cycles"),
    ],
)
def test_a_violation_breaks_its_contract(tmp_path, file, line, broken):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "jejak", tmp_path / "jejak", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "jejak" / file).open("a") as module:
        module.write(f"\n{line}\n")
    done = lint(tmp_path)
    assert done.returncode == 1
    assert f"{broken} BROKEN" in done.stdout
