"""What is installed elsewhere is whole, and the same everywhere."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import jejak

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements.lock"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    words = [
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--wheel-dir",
        folder,
        ROOT,
    ]
    subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", *words], check=True)
    [made] = folder.glob("*.whl")
    with zipfile.ZipFile(made) as opened:
        yield opened


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel):
    files = {
        path for path in (ROOT / "jejak").rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }
    ours = {path.relative_to(ROOT).as_posix() for path in files}
    held = set(wheel.namelist())
    assert ours <= held
    assert {name for name in held - ours if ".dist-info/" not in name} == set()


def test_the_wheel_holds_migrations_and_reference_data(wheel):
    held = wheel.namelist()
    assert [name for name in held if re.fullmatch(r"jejak/domain/migrations/jejak_\d{4}_\w+\.py", name)]
    for name in ("organisation", "programme", "assessment"):
        read = wheel.read(f"jejak/domain/reference/{name}.toml").decode()
        assert tomllib.loads(read)["version"] >= 1


def test_the_wheel_names_its_command_and_its_version(wheel):
    [entry] = [name for name in wheel.namelist() if name.endswith("/entry_points.txt")]
    assert "jejak = jejak.cli:main" in wheel.read(entry).decode()
    assert f"jejak-{jejak.__version__}.dist-info" in entry


def locked() -> list[str]:
    """The requirements, each on one line with its hashes."""
    text = re.sub(r"(?m)^\s*#.*\n", "", LOCK.read_text()).replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip()]


def test_the_lock_names_no_place_to_download_from():
    said = LOCK.read_text()
    assert (
        re.findall(r"(?i)https?://|--(?:extra-)?index-url|--find-links|--trusted-host|\w+\.\w+/simple", said)
        == []
    )


def test_the_lock_pins_and_hashes_everything():
    lines = locked()
    assert len(lines) > 50
    pinned = re.compile(r"[a-z0-9._-]+(\[[a-z,-]+\])?==\S+( ; [^#]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*")
    assert [line[:80] for line in lines if not pinned.fullmatch(line)] == []


def test_the_lock_has_every_dependency_that_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0] for line in locked()}
    assert {re.split(r"[^A-Za-z0-9._-]", each, maxsplit=1)[0] for each in declared} - names == set()
