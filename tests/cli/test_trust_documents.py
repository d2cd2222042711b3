"""A front end's documents become the list that the API runs alone."""

import json

import pytest
from click.testing import CliRunner

from jejak.cli import main
from tests.cli.process import Site
from tests.trusted import sha256

STEPS = "query Steps { steps { ...S } }\nfragment S on Step { number title }\n"
ONE = "query One($number: Int!) { step(number: $number) { title } }"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pages" / "deep").mkdir(parents=True)
    (tmp_path / "pages" / "steps.graphql").write_text(STEPS)
    (tmp_path / "pages" / "deep" / "one.graphql").write_text(ONE)
    (tmp_path / "pages" / "notes.txt").write_text("not a document")
    return tmp_path / "pages"


def run(*words, code=0, **env):
    result = CliRunner().invoke(main, ["trust-documents", *map(str, words)], env=env)
    assert result.exit_code == code, result.output
    return result.output


def test_every_document_below_the_folder_is_listed_by_its_hash(folder):
    assert json.loads(run(folder)) == {sha256(STEPS): STEPS, sha256(ONE): ONE}


def test_or_by_the_name_of_its_file(folder):
    assert json.loads(run(folder, "--named")) == {"steps": STEPS, "one": ONE}


def test_the_same_again_is_the_same_list(folder, tmp_path):
    (folder / "again.graphql").write_text(ONE)
    assert len(json.loads(run(folder))) == 2
    assert run(folder, "-o", tmp_path / "list.json") == ""
    assert (tmp_path / "list.json").read_text() == run(folder)


@pytest.mark.parametrize(
    ("name", "text", "words", "said"),
    [
        ("bad.graphql", "{ nonsense }", (), "bad.graphql would not run: Cannot query field 'nonsense'"),
        ("bad.graphql", "query {", (), "bad.graphql would not run: Syntax Error"),
        ("bad.graphql", "{ ...S }", (), "bad.graphql would not run: Unknown fragment 'S'"),
        ("deep/steps.graphql", "{ __typename }", ("--named",), "there is another document of this name"),
        ("a b.graphql", "{ __typename }", ("--named",), "its name is no id"),
    ],
)
def test_what_would_not_run_is_named_in_one_line(folder, name, text, words, said):
    (folder / name).write_text(text)
    told = run(folder, *words, code=1)
    assert told.startswith("Error: ")
    assert said in told
    assert told.count("\n") == 1


def test_the_limits_that_the_api_will_have_hold_here_too(folder):
    (folder / "wide.graphql").write_text("{ a: __typename b: __typename }")
    run(folder)
    assert "aliases 2, at most 1" in run(folder, code=1, JEJAK_MOST_ALIASES="1")


def test_a_folder_without_documents_is_a_mistake(tmp_path):
    assert "there is no .graphql file in" in run(tmp_path, code=1)


def test_a_service_that_trusts_a_list_runs_it_and_nothing_else(shell, prepared, folder, tmp_path):
    # given
    sign_in = "mutation ($input: SignInInput!) { signIn(input: $input) { token errors { code } } }"
    (folder / "sign_in.graphql").write_text(sign_in)
    listed = tmp_path / "list.json"
    run(folder, "-o", listed)
    env = {"JEJAK_TRUSTED_DOCUMENTS": str(listed)}
    with shell.started("up", "--port", 0, "--data", prepared.data, **env) as process:
        # when
        address = process.says(r"is up at (\S+)/graphql")
        site = Site.of(address, "admin@jejak.local", prepared.password)
        # then
        assert len(site.ask(STEPS)["steps"]) == 10
        with pytest.raises(AssertionError, match="UNKNOWN_DOCUMENT"):
            site.ask("{ steps { number } }")
        process.stop()


def test_a_list_that_would_not_run_stops_the_start(shell, prepared, tmp_path):
    listed = tmp_path / "list.json"
    listed.write_text('{"old": "{ gone }"}')
    env = {"JEJAK_TRUSTED_DOCUMENTS": str(listed)}
    said = shell.refused("up", "--port", 0, "--data", prepared.data, **env)
    assert "the document old would not run: Cannot query field 'gone'" in said
