"""What a reader can rely on: small files, telling names, and no folder that hides a library."""

from importlib.metadata import packages_distributions
from pathlib import Path

import graphql

import jejak

PACKAGE = Path(jejak.__file__).parent
MODULES = [path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts]
MOST_LINES = 400
SAY_NOTHING = {
    "util",
    "utils",
    "helper",
    "helpers",
    "common",
    "misc",
    "base",
    "manager",
    "managers",
    "core",
    "lib",
}


def test_no_file_is_longer_than_a_reader_bears():
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert len(lengths) > 80
    assert {str(path): lines for path, lines in lengths.items() if lines > MOST_LINES} == {}


def test_no_file_has_a_name_that_says_nothing():
    assert [
        path for path in MODULES if SAY_NOTHING & {path.stem, *path.stem.split("_"), path.parent.name}
    ] == []


def test_graphql_is_graphql_core_and_not_a_folder_of_ours():
    assert packages_distributions()["graphql"] == ["graphql-core"]
    assert graphql.version_info.major == 3
    assert not Path(graphql.__file__).is_relative_to(PACKAGE.parent / "tests")
    assert not Path(graphql.__file__).is_relative_to(PACKAGE)
