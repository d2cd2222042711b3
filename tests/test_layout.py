"""How the tests are laid out: what Python's import relies on (trap T8)."""

from pathlib import Path

TESTS = Path(__file__).parent


def test_every_folder_of_tests_is_a_package():
    folders = {path.parent for path in TESTS.rglob("*.py")}
    assert sorted(str(folder) for folder in folders if not (folder / "__init__.py").exists()) == []
