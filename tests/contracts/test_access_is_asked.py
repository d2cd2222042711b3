"""A read without a `Sight` and a write without an `Allowed` do not type-check, and only one module makes either."""

import ast
import re
import subprocess
import sys
from pathlib import Path

from jejak.domain import access
from tests.contracts.test_shape import MODULES

ROOT = Path(__file__).parents[2]
FORGETS = Path(__file__).with_name("forgets_access.py")


def test_what_forgets_to_ask_does_not_type_check():
    # given
    lines = FORGETS.read_text(encoding="utf-8").splitlines()
    forgetful = {number for number, line in enumerate(lines, 1) if line.endswith("# forgets")}
    # when
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", FORGETS.relative_to(ROOT)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    # then
    told = {int(number) for number in re.findall(rf"{FORGETS.name}:(\d+): error", done.stdout)}
    assert len(forgetful) == 9
    assert told == forgetful, done.stdout + done.stderr


def test_one_module_makes_what_reads_and_writes_are_given():
    makers = {
        path
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name | ast.Attribute)
        and (node.func.id if isinstance(node.func, ast.Name) else node.func.attr) in {"Allowed", "Sight"}
    }
    assert makers == {Path(access.__file__).with_name(name) for name in ("changes.py", "reads.py")}
