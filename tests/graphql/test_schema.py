"""The schema is the manual: complete, described, and the same as the file that is committed."""

import difflib
import inspect
import re
from collections import defaultdict
from pathlib import Path

import graphql
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    get_introspection_query,
    get_named_type,
)

from jejak.domain import texts
from jejak.domain.errors import Code, Problem
from jejak.domain.vocabulary import Language, NoticeKind
from jejak.graphql.schema import sdl
from tests.client import NOBODY, schema

QUERIES = "viewer node nodes unit units programme steps step initiative journeys painPoints tasks notices people search journey painPoint task rollout rollouts rolloutPreview rolloutExtensionPreview recurrences"
MUTATIONS = """signIn captureJourney submitJourney acceptJourney returnJourney archiveJourney assignPainPoint closePainPoint
dismissPainPoint createTask updateTask reportProgress submitTask verifyTask returnTask blockTask unblockTask cancelTask
markNoticesRead createUnit moveUnit closeUnit createPerson grantRole revokeRole createTasks updateTasks assignPainPoints
importUnits importPeople rolloutInitiative extendRollout cancelRollout createRecurrence updateRecurrence endRecurrence
handOver"""
QUERIES = "viewer reminderRules node nodes unit units programme steps step initiative journeys painPoints tasks notices people search journey painPoint task slaPolicy"
MUTATIONS = """signIn captureJourney submitJourney acceptJourney returnJourney archiveJourney assignPainPoint closePainPoint
dismissPainPoint createTask updateTask reportProgress submitTask verifyTask returnTask blockTask unblockTask cancelTask
markNoticesRead createUnit moveUnit closeUnit createPerson grantRole revokeRole createTasks updateTasks assignPainPoints
importUnits importPeople updateReminderRules snoozeReminders acknowledgeEscalation setWorkingWeek
setSpecialDays removeSpecialDays importSpecialDays updateSlaPolicy pausePainPoint resumePainPoint"""
# What every bulk mutation answers, whatever becomes of its rows.
ROWS = {"results", "count", "submitted"}
LISTS = ["units", "journeys", "painPoints", "tasks", "people", "notices", "rollouts", "recurrences"]
QUERIES = "viewer notificationPreferences deliveries node nodes unit units programme steps step initiative journeys painPoints tasks notices people search journey painPoint task"
MUTATIONS = """signIn captureJourney submitJourney acceptJourney returnJourney archiveJourney assignPainPoint closePainPoint
dismissPainPoint createTask updateTask reportProgress submitTask verifyTask returnTask blockTask unblockTask cancelTask
markNoticesRead createUnit moveUnit closeUnit createPerson grantRole revokeRole createTasks updateTasks assignPainPoints
importUnits importPeople updateNotificationPreferences registerWebhook rotateWebhookSecret removeWebhook testWebhook
resendDelivery createCalendarFeed revokeCalendarFeed"""
# What every bulk mutation answers, whatever becomes of its rows.
ROWS = {"results", "count", "submitted"}
LISTS = ["units", "journeys", "painPoints", "tasks", "people", "notices", "deliveries"]


def own_types():
    standard = {"String", "Int", "Float", "Boolean", "ID"}
    return [
        kind for name, kind in schema().type_map.items() if not name.startswith("__") and name not in standard
    ]


def test_the_committed_schema_is_the_one_that_is_served():
    """Run `python -m jejak export-schema -o schema.graphql` and read what it changes for clients."""
    committed = Path(__file__).parents[2] / "schema.graphql"
    differences = difflib.unified_diff(
        committed.read_text().splitlines(), sdl().splitlines(), "committed", "served", lineterm=""
    )
    assert list(differences) == []


def test_graphql_is_graphql_core():
    """And not our folder of that name, nor our tests'."""
    assert "site-packages" in Path(inspect.getfile(graphql)).parts


def test_what_the_issue_asks_for_is_there():
    assert set(QUERIES.split()) <= set(schema().query_type.fields)
    assert set(MUTATIONS.split()) <= set(schema().mutation_type.fields)
    fields = {
        name: schema().type_map[name].fields
        for name in ("Programme", "Step", "Initiative", "Unit", "Journey", "PainPoint", "Task")
    }
    assert all("completion" in fields[name] for name in ("Programme", "Step", "Initiative", "Unit"))
    assert all("history" in fields[name] for name in ("Journey", "PainPoint", "Task"))


def undescribed():
    for kind in own_types():
        if not kind.description:
            yield kind.name
        if isinstance(kind, GraphQLEnumType):
            yield from (f"{kind.name}.{name}" for name, value in kind.values.items() if not value.description)
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for name, field in kind.fields.items():
                if not field.description:
                    yield f"{kind.name}.{name}"
                yield from (
                    f"{kind.name}.{name}({at})"
                    for at, argument in getattr(field, "args", {}).items()
                    if not argument.description
                )


def test_everything_is_described():
    assert list(undescribed()) == []


def test_descriptions_are_sentences():
    wrong = [
        f"{kind.name}.{name}: {thing.description}"
        for kind in own_types()
        for name, thing in [("", kind), *getattr(kind, "fields", getattr(kind, "values", {})).items()]
        if thing.description
        and (thing.description[-1] not in ".!?)" or "{" in thing.description.replace("{'", ""))
    ]
    assert [line for line in wrong if not line.startswith("ErrorCode")] == []


@pytest.mark.parametrize("listed", LISTS)
def test_every_list_is_a_connection_with_an_order_and_bounded_pages(listed):
    field = schema().query_type.fields[listed]
    kind = get_named_type(field.type)
    assert {"first", "after", "last", "before", "filter", "order"} == set(field.args)
    assert set(kind.fields) == {"edges", "nodes", "pageInfo", "totalCount"}
    assert set(get_named_type(kind.fields["edges"].type).fields) == {"node", "cursor"}


def test_every_mutation_takes_one_input_and_answers_its_errors():
    for name, field in schema().mutation_type.fields.items():
        assert list(field.args) == ["input"], name
        assert isinstance(field.type, GraphQLNonNull)
        assert str(field.type.of_type.fields["errors"].type) == "[UserError!]!"
        # A payload's object is null where it was refused and may not be seen.
        others = {
            key: kind for key, kind in field.type.of_type.fields.items() if key not in {"errors", *ROWS}
        }
        assert not [key for key, kind in others.items() if isinstance(kind.type, GraphQLNonNull)], name


def test_every_change_of_a_versioned_thing_names_the_version_that_it_read():
    versionless = {
        "signIn",
        "refreshSession",
        "signOut",
        "endSession",
        "createApiToken",
        "revokeApiToken",
        "invitePerson",
        "acceptInvitation",
        "changePassword",
        "setLanguage",
        "createUnit",
        "createPerson",
        "grantRole",
        "revokeRole",
        "captureJourney",
        "assignPainPoint",
        "createTask",
        "markNoticesRead",
        "createTasks",
        "assignPainPoints",
        "importUnits",
        "importPeople",
        "rolloutInitiative",
        "createRecurrence",
        "handOver",
        "updateNotificationPreferences",
        "registerWebhook",
        "rotateWebhookSecret",
        "removeWebhook",
        "testWebhook",
        "resendDelivery",
        "createCalendarFeed",
        "revokeCalendarFeed",
        "snoozeReminders",
        "acknowledgeEscalation",
        "setSpecialDays",
        "removeSpecialDays",
        "importSpecialDays",
        "createIssue",
        "addToIssue",
        "removeFromIssue",
        "assignIssue",
        "submitRatings",
        "setKpiTargets",  # of a target that is there only
        "importStoreReviews",
        "tagStoreReviews",
        "createReviewCause",
    }
    for name, field in schema().mutation_type.fields.items():
        expected = parts_of(field).get("expectedVersion")
        assert (name in versionless) or (expected is not None and str(expected.type) == "Int!"), name


def parts_of(field):
    """The fields of an input, or of a row of it."""
    fields = field.args["input"].type.of_type.fields
    rows = fields["tasks"] if set(fields) == {"tasks", "errorPolicy"} else None
    return get_named_type(rows.type).fields if rows else fields


def test_every_create_can_be_retried():
    for name in (
        "captureJourney",
        "createTask",
        "createTasks",
        "assignPainPoint",
        "assignPainPoints",
        "createUnit",
        "createPerson",
        "rolloutInitiative",
        "createRecurrence",
        "createIssue",
        "assignIssue",
        "createReviewCause",
    ):
        assert "clientMutationId" in schema().mutation_type.fields[name].args["input"].type.of_type.fields


def test_the_codes_are_the_domains():
    assert set(schema().type_map["ErrorCode"].values) == {code.name for code in Code}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("code", Code)
def test_every_code_has_words_in_every_language(code, language):
    # given whatever a refusal fills in
    values = defaultdict(lambda: "?")
    # when
    said = texts.message(Problem(code, values=values), language)
    # then
    assert said
    assert "{" not in said
    assert said != texts.message(
        Problem(code, values=values), next(other for other in Language if other is not language)
    )


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", NoticeKind)
def test_every_notice_has_words_in_every_language(kind, language):
    template = texts.notice_template(kind, language)
    # It names its task, if it is of one, and nothing that is not filled in
    named = set(re.findall(r"{(\w+)}", template))
    assert named <= set(texts.NAMED)
    assert ("title" in named) == (kind not in {NoticeKind.NO_MANAGER, NoticeKind.CHANNEL_PAUSED})
    assert ("channel" in named) == (kind is NoticeKind.CHANNEL_PAUSED)
    # It becomes a format of PostgreSQL, in which a per cent sign would mean something.
    assert "%" not in template


@pytest.mark.usefixtures("_connected")
async def test_tools_can_read_the_schema():
    data, errors = await NOBODY.post(
        get_introspection_query(
            input_value_deprecation=True, directive_is_repeatable=True, schema_description=True
        )
    )
    assert errors == []
    served = graphql.build_client_schema(data)
    assert set(served.type_map) >= {kind.name for kind in own_types()}
