"""What mutations take."""

from datetime import date

import strawberry

from jejak.graphql.mutation import given, ref
from jejak.graphql.vocabulary import Category, Language, Parameter, Role, Service, Touchpoint, UnitKind

CLIENT_ID = "Makes a retry safe: the same id again returns the first result. At most 100 characters."
VERSION = "The `version` that was read; another one now is refused as STALE."


@strawberry.input(description="Sign in.")
class SignInInput:
    email: str = given("E-mail address.")
    password: str = given("Password.")


@strawberry.input(description="A new password of one's own.")
class ChangePasswordInput:
    current_password: str = given("The one until now.")
    new_password: str = given("At least 12 characters.")


@strawberry.input(description="A new unit.")
class CreateUnitInput:
    parent_id: strawberry.ID = ref("Unit", "The unit above.")
    code: str = given("1 to 32 capital letters, digits, '-' or '_'; unique, never changed.")
    name: str = given("Name.")
    kind: UnitKind = given("Kind; the parent must be of the next kind up.")
    timezone: str = given("IANA zone, as `Asia/Jakarta`.")
    client_mutation_id: str | None = given(CLIENT_ID, None)


@strawberry.input(description="Another place in the tree.")
class MoveUnitInput:
    unit_id: strawberry.ID = ref("Unit", "Which unit.")
    parent_id: strawberry.ID = ref("Unit", "The unit above from now on.")
    expected_version: int = given(VERSION)


@strawberry.input(description="Close a unit.")
class CloseUnitInput:
    unit_id: strawberry.ID = ref("Unit", "Which unit.")
    expected_version: int = given(VERSION)


@strawberry.input(description="A new person with a first role.")
class CreatePersonInput:
    email: str = given("E-mail address, used to sign in.")
    name: str = given("Full name.")
    password: str = given("At least 12 characters.")
    unit_id: strawberry.ID = ref("Unit", "Where the person works.")
    role: Role = given("The role there.")
    language: Language = given("In which language messages come.", Language.ID)
    ranger: bool = given("Whether this is the unit's PIC Ranger.", False)
    client_mutation_id: str | None = given(CLIENT_ID, None)


@strawberry.input(description="A role for a person.")
class GrantRoleInput:
    person_id: strawberry.ID = ref("Person", "Who.")
    unit_id: strawberry.ID = ref("Unit", "Where, and everywhere below it.")
    role: Role = given("The role.")
    ranger: bool = given("Whether this is the unit's PIC Ranger.", False)


@strawberry.input(description="Take a role away.")
class RevokeRoleInput:
    membership_id: strawberry.ID = ref("Membership", "Which role.")


@strawberry.input(description="A pain point in a stage.")
class NewPainPointInput:
    description: str = given("What hurt.")
    category: Category = given("CX100 category.")
    parameter: Parameter = given("Which of the 3E.")
    severity: int = given("How bad, 1 to 5.")
    reach: int = given("How many customers it meets, 1 to 5.")


@strawberry.input(description="A part of a journey.")
class NewStageInput:
    name: str = given("What happens here.")
    touchpoint: Touchpoint = given("Where the customer met PLN.")
    emotion: int = given("How it felt, -2 to +2.")
    customer_did: str = given("What the customer did.", "")
    customer_said: str = given("What the customer said.", "")
    target_minutes: int | None = given("How long it should take.", None)
    actual_minutes: int | None = given("How long it took.", None)
    pain_points: list[NewPainPointInput] = given("What hurt; at most 20.", [])


@strawberry.input(description="A journey, whole.")
class CaptureJourneyInput:
    unit_id: strawberry.ID = ref("Unit", "Which unit it happened at.")
    service: Service = given("Which service.")
    title: str = given("In a few words; at most 200 characters.")
    occurred_on: date = given("The day it happened, in the unit's zone.")
    narrative: str = given("In whole; at most 5000 characters.", "")
    stages: list[NewStageInput] = given("Its parts, in order; at most 50.", [])
    recaptures_id: strawberry.ID | None = ref(
        "Journey", "The earlier journey that this is the after-picture of.", optional=True
    )
    journey_id: strawberry.ID | None = ref(
        "Journey", "A draft or returned journey whose content this replaces.", optional=True
    )
    expected_version: int | None = given("With `journeyId`: the `version` that was read.", None)
    submit: bool = given("Whether to hand it in at once.", False)
    client_mutation_id: str | None = given(CLIENT_ID, None)


@strawberry.input(description="A change of a journey.")
class ChangeJourneyInput:
    journey_id: strawberry.ID = ref("Journey", "Which journey.")
    expected_version: int = given(VERSION)


@strawberry.input(description="Give a journey back.")
class ReturnJourneyInput:
    journey_id: strawberry.ID = ref("Journey", "Which journey.")
    expected_version: int = given(VERSION)
    reason: str = given("Why.")


@strawberry.input(description="A task for a pain point.")
class NewTaskInput:
    initiative_id: strawberry.ID = ref("Initiative", "Under which initiative.")
    title: str = given("What is to be done.")
    due_on: date = given("The last day for it, in the unit's zone.")
    unit_id: strawberry.ID | None = ref(
        "Unit", "Whose task; the pain point's unit where left out.", optional=True
    )
    description: str = given("In detail.", "")
    owner_id: strawberry.ID | None = ref(
        "Person", "Who answers for it; the unit's PIC Ranger where left out.", optional=True
    )
    weight: int = given("Share in completion, 1 to 1000.", 1)


@strawberry.input(description="One or several tasks for a pain point: all of them or none.")
class AssignPainPointInput:
    pain_point_id: strawberry.ID = ref("PainPoint", "Which pain point; its journey must be accepted.")
    tasks: list[NewTaskInput] = given("The tasks; at most 100.")
    client_mutation_id: str | None = given(CLIENT_ID, None)


@strawberry.input(description="Close a resolved pain point.")
class ClosePainPointInput:
    pain_point_id: strawberry.ID = ref("PainPoint", "Which pain point.")
    expected_version: int = given(VERSION)


@strawberry.input(description="Dismiss a pain point that nobody will work on.")
class DismissPainPointInput:
    pain_point_id: strawberry.ID = ref("PainPoint", "Which pain point.")
    expected_version: int = given(VERSION)
    reason: str = given("Why.")


@strawberry.input(description="A new task.")
class CreateTaskInput:
    initiative_id: strawberry.ID = ref("Initiative", "Under which initiative.")
    unit_id: strawberry.ID = ref("Unit", "Whose task.")
    title: str = given("What is to be done.")
    due_on: date = given("The last day for it, in the unit's zone.")
    description: str = given("In detail.", "")
    owner_id: strawberry.ID | None = ref(
        "Person", "Who answers for it; the unit's PIC Ranger where left out.", optional=True
    )
    weight: int = given("Share in completion, 1 to 1000.", 1)
    pain_point_id: strawberry.ID | None = ref("PainPoint", "For which pain point.", optional=True)
    client_mutation_id: str | None = given(CLIENT_ID, None)


@strawberry.input(description="A change of a task; what is left out stays as it is.")
class UpdateTaskInput:
    task_id: strawberry.ID = ref("Task", "Which task.")
    expected_version: int = given(VERSION)
    title: str | None = given("What is to be done.", None)
    description: str | None = given("In detail.", None)
    owner_id: strawberry.ID | None = ref("Person", "Who answers for it.", optional=True)
    due_on: date | None = given("The last day for it; a new one starts the reminders anew.", None)
    weight: int | None = given("Share in completion, 1 to 1000.", None)


@strawberry.input(description="Evidence: a note, a link, or both.")
class NewEvidenceInput:
    note: str = given("In words.", "")
    url: str | None = given("Where it can be looked at; http or https.", None)


@strawberry.input(description="How far a task has come.")
class ReportProgressInput:
    task_id: strawberry.ID = ref("Task", "Which task.")
    expected_version: int = given(VERSION)
    progress: int = given("Percent, 0 to 100.")
    note: str = given("In words, for the history.", "")
    evidence: list[NewEvidenceInput] = given("What shows it; at most 20.", [])


@strawberry.input(description="Hand a task in as done.")
class SubmitTaskInput:
    task_id: strawberry.ID = ref("Task", "Which task.")
    expected_version: int = given(VERSION)
    evidence: list[NewEvidenceInput] = given("What shows it; at most 20.", [])


@strawberry.input(description="A change of a task.")
class ChangeTaskInput:
    task_id: strawberry.ID = ref("Task", "Which task.")
    expected_version: int = given(VERSION)


@strawberry.input(description="A change of a task that needs a reason.")
class ChangeTaskWithReasonInput:
    task_id: strawberry.ID = ref("Task", "Which task.")
    expected_version: int = given(VERSION)
    reason: str = given("Why.")


@strawberry.input(description="Notices that have been read.")
class MarkNoticesReadInput:
    notice_ids: list[strawberry.ID] = ref("Notice", "Which notices; at most 500.")
