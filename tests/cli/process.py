"""The `jejak` command as people run it: a process of its own, watched from outside."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

ROOT = Path(__file__).parents[2]
PATIENCE = 60
STEPS = "{ steps { number title initiatives { code title } } }"


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "jejak", *map(str, words)]


def environment(pycache: Path, **more: str) -> dict[str, str]:
    """As ours, without what would steer the command. It may keep its bytecode, which halves the time it takes to start."""
    ours = ("DATABASE_URL", "REDIS_URL", "JEJAK_", "PG", "PYTHON", "TEST_", "COLUMNS", "FORCE_COLOR")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(pycache)} | more


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str


class Process:
    """A running command; what it says goes to files, so that it never waits for a reader."""

    def __init__(self, popen: subprocess.Popen[bytes], out: Path, err: Path) -> None:
        self._popen, self._out, self._err = popen, out, err
        self.pid = popen.pid

    @property
    def out(self) -> str:
        return self._out.read_text()

    @property
    def err(self) -> str:
        return self._err.read_text()

    @property
    def ended(self) -> bool:
        return self._popen.poll() is not None

    def says(self, pattern: str) -> str:
        """Waits until it has said so on standard output; the first group."""
        until(lambda: re.search(pattern, self.out) or self.ended, f"it says {pattern!r}; so far: {self.err}")
        found = re.search(pattern, self.out)
        assert found, f"it ended without {pattern!r}: {self.out} {self.err}"
        return found.group(1)

    def warns(self, text: str) -> None:
        until(lambda: text in self.err or self.ended, f"it warns of {text!r}; so far: {self.err}")
        assert not self.ended

    def family(self) -> list[psutil.Process]:
        """It and every process that it started, with theirs."""
        me = psutil.Process(self.pid)
        return [me, *me.children(recursive=True)]

    def end(self, number: signal.Signals) -> Ended:
        if not self.ended:
            self._popen.send_signal(number)
        code = self._popen.wait(PATIENCE)
        return Ended(code, self.out, self.err)

    def stop(self) -> Ended:
        return self.end(signal.SIGTERM)

    def kill(self) -> None:
        self.end(signal.SIGKILL)


class Shell:
    """Where the commands of one test run: a folder of their own, and an environment that names no server."""

    def __init__(self, folder: Path, pycache: Path) -> None:
        self.folder, self._pycache, self._count = folder, pycache, 0

    @contextmanager
    def started(self, *words: object, terminal: int | None = None, **env: str) -> Iterator[Process]:
        """`terminal`: a file descriptor that standard error goes to."""
        self._count += 1
        out, err = (self.folder / f"{self._count}.{name}" for name in ("out", "err"))
        with out.open("wb") as to_out, err.open("wb") as to_err:
            popen = subprocess.Popen(
                command(*words),
                stdin=subprocess.DEVNULL,
                stdout=to_out,
                stderr=to_err if terminal is None else terminal,
                cwd=self.folder,
                env=environment(self._pycache, **env),
            )
        with popen:
            process = Process(popen, out, err)
            try:
                yield process
            finally:
                process.stop()

    def run(self, *words: object, **env: str) -> Ended:
        done = subprocess.run(
            command(*words),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            cwd=self.folder,
            env=environment(self._pycache, **env),
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def well(self, *words: object, **env: str) -> str:
        """What a command says that has to go well, and has nothing to complain about."""
        ended = self.run(*words, **env)
        assert (ended.code, ended.err) == (0, "")
        return ended.out

    def refused(self, *words: object, **env: str) -> str:
        """The one line that a command ends with which cannot run."""
        ended = self.run(*words, **env)
        return refusal(ended)


def refusal(ended: Ended) -> str:
    assert ended.code == 1
    assert ended.err.startswith("Error: ")
    assert ended.err.count("\n") == 1
    return ended.err


def until(true: Any, what: str, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"after {seconds} s not yet: {what}"
        time.sleep(0.02)


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [each for each in processes if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


def on_folder(data: Path) -> list[psutil.Process]:
    """Processes whose command line names the folder, whoever started them."""
    listed = psutil.process_iter(["cmdline"])
    return [each for each in listed if any(str(data) in word for word in each.info["cmdline"] or ())]


@dataclass(frozen=True, slots=True)
class Site:
    """A Jejak at an address, and somebody who is signed in there."""

    address: str
    token: str

    @classmethod
    def of(cls, address: str, email: str, password: str) -> "Site":
        mutation = "mutation ($input: SignInInput!) { signIn(input: $input) { token errors { code } } }"
        payload = _post(address, mutation, {"input": {"email": email, "password": password}}, {})["signIn"]
        assert payload["errors"] == []
        return cls(address, payload["token"])

    def ask(self, query: str, **variables: Any) -> Any:
        return _post(self.address, query, variables, {"Authorization": f"Bearer {self.token}"})

    def do(self, mutation: str, input_type: str, shows: str, **given: Any) -> Any:
        document = f"mutation ($input: {input_type}!) {{ {mutation}(input: $input) {{ {shows} errors {{ code path }} }} }}"
        payload = self.ask(document, input=given)[mutation]
        assert payload["errors"] == []
        return payload

    def units(self) -> dict[str, str]:
        """The id of every unit, by code."""
        nodes = self.ask("{ units(first: 100) { nodes { id code } } }")["units"]["nodes"]
        return {node["code"]: node["id"] for node in nodes}

    def add_unit(self, code: str) -> str:
        """A new UP3 in Jawa Timur; its id."""
        given = {"code": code, "name": code.title(), "kind": "UP3", "timezone": "Asia/Jakarta"}
        made = self.do(
            "createUnit", "CreateUnitInput", "unit { id }", parentId=self.units()["JATIM"], **given
        )
        return str(made["unit"]["id"])

    def has_figures(self, unit_id: str) -> bool:
        """Whether completion knows the unit: once a worker has carried on the event of its creation."""
        query = "query ($id: ID!) { steps { completion(unitId: $id) { targetUnits } } }"
        steps = self.ask(query, id=unit_id)["steps"]
        return any(step["completion"]["targetUnits"] for step in steps)


def _post(address: str, query: str, variables: dict[str, Any], headers: dict[str, str]) -> Any:
    asked = {"query": query, "variables": variables}
    answer = httpx.post(f"{address}/graphql", json=asked, headers=headers, timeout=30, trust_env=False).json()
    assert "errors" not in answer, answer["errors"]
    return answer["data"]
