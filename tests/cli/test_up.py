"""`jejak up`: one command, and everything runs; however it ends, nothing is lost and nothing is left."""

import json
import signal
import subprocess

import pytest

from tests.cli.conftest import ADMIN
from tests.cli.process import Site, alive, on_folder, until

ADDRESS = r"is up at (http://127\.0\.0\.1:\d+)/graphql"


def snippet(said: str) -> str:
    return said.partition("A first query, to paste into another terminal:\n")[2]


def pasted(said: str) -> dict:
    done = subprocess.run(["bash", "-eu", "-c", snippet(said)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_first_run_tells_all_a_newcomer_needs_and_the_second_goes_on_from_there(shell):
    # Given a folder that does not exist
    data = shell.folder / "some" / "data"
    # When everything is started on it
    with shell.started("up", "--port", 0, "--data", data) as process:
        address = process.says(ADDRESS)
        password = process.says(r"password  (\S+)\n")
        process.says(r'(Bearer \$TOKEN" -d .*\n)')
        assert f"  e-mail    {ADMIN}\n" in process.out
        # Then what it says to paste is answered with the ten steps
        steps = pasted(process.out)["data"]["steps"]
        assert [step["number"] for step in steps] == list(range(1, 11))
        assert sum(len(step["initiatives"]) for step in steps) == 29
        # And the administrator can work
        Site.of(address, ADMIN, password).add_unit("MALANG")
        family = process.family()
        assert {each.name() for each in family} >= {"postgres", "valkey-server"}
        # And it stops with everything that it started, without a word of trouble
        ended = process.end(signal.SIGTERM)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.endswith("Stopping.\n")
    assert alive(family) == on_folder(data) == []
    # And the next one has the data, keeps its password to itself, and stops at Ctrl-C as well
    with shell.started("up", "--port", 0, "--data", data) as process:
        address = process.says(ADDRESS)
        process.says(r'(Bearer \$TOKEN" -d .*\n)')
        assert "password  " not in process.out
        assert r"password: \"<password>\"" in process.out
        assert "MALANG" in Site.of(address, ADMIN, password).units()
        family = process.family()
        ended = process.end(signal.SIGINT)
    assert (ended.code, ended.err) == (0, "")
    assert alive(family) == on_folder(data) == []


def test_killed_run_is_followed_by_one_that_has_all_it_ever_acknowledged(shell, prepared):
    with shell.started("up", "--port", 0, "--data", prepared.data) as process:
        site = Site.of(process.says(ADDRESS), ADMIN, prepared.password)
        added = [site.add_unit(code) for code in ("MALANG", "KEDIRI")]
        old = process.family()
        process.kill()
    with shell.started("up", "--port", 0, "--data", prepared.data) as process:
        site = Site.of(process.says(ADDRESS), ADMIN, prepared.password)
        assert {"MALANG", "KEDIRI"} <= set(site.units())
        assert alive(old) == []
        # What the killed worker did not come to is caught up with
        until(lambda: all(map(site.has_figures, added)), "the new units are in the figures", 10)
        assert process.stop().err == ""
    assert on_folder(prepared.data) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_while_it_starts_it_leaves_nothing_running(shell, number):
    data = shell.folder / "data"
    with shell.started("up", "--port", 0, "--data", data) as process:
        # initdb is at work
        until(lambda: on_folder(data / "initdb-"), "it makes the database")
        family = process.family()
        ended = process.end(number)
    assert (ended.code, ended.err) == (128 + number, "")
    until(lambda: alive(family) == [], "all of it has ended", 10)
    assert list(data.glob("initdb-*")) == []


def test_second_up_on_a_folder_in_use_is_refused_and_harms_nothing(shell, an_up):
    said = shell.refused("up", "--port", 0, "--data", an_up.prepared.data)
    assert f"in use by process {an_up.process.pid}; stop it or choose another folder" in said
    assert an_up.site.units()


def test_busy_port_is_refused_before_anything_is_started(shell, an_up):
    port = an_up.site.address.rpartition(":")[2]
    said = shell.refused("up", "--port", port, "--data", "new")
    assert f"cannot listen on 127.0.0.1:{port}" in said
    assert "choose another --port" in said
    assert not (shell.folder / "new").exists()


def test_data_path_that_is_a_file_is_refused(shell):
    (shell.folder / "file").write_text("precious")
    said = shell.refused("up", "--port", 0, "--data", "file")
    assert said == "Error: file is a file, not a folder; choose another data folder\n"
    assert (shell.folder / "file").read_text() == "precious"


@pytest.mark.parametrize(("name", "program"), [("postgres", "/postgres"), ("valkey", "valkey-server")])
def test_up_ends_with_one_line_when_a_server_of_its_own_has_ended(shell, prepared, name, program):
    with shell.started("up", "--port", 0, "--data", prepared.data) as process:
        process.says(ADDRESS)
        [server] = [p for p in on_folder(prepared.data) if p.cmdline()[0].endswith(program)]
        server.kill()
        until(lambda: process.ended, "it has ended")
        ended = process.stop()
    assert ended.code == 1
    assert (
        ended.err.splitlines()[-1]
        == f"Error: {name} ended by itself; see what was said before, and start again"
    )
    assert on_folder(prepared.data) == []
