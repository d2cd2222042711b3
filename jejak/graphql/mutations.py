"""The mutations: a line of translation each."""

from typing import Any

import strawberry

from jejak.domain import journey, journey_capture, notice, pain_point, person, sign_in, task, unit
from jejak.domain.errors import Refused
from jejak.graphql import inputs, payloads
from jejak.graphql.context import Info
from jejak.graphql.errors import user_errors
from jejak.graphql.mutation import field, mutation


async def _sign_in(info: Info, input: inputs.SignInInput) -> payloads.SignInPayload:  # noqa: A002 -- Relay's name
    try:
        signed = await sign_in.sign_in(sign_in.SignIn(input.email, input.password))
    except Refused as refused:
        return payloads.SignInPayload(viewer=None, errors=user_errors(refused, info.context.language))
    info.context.viewer = signed.viewer
    info.context.language = signed.viewer.language
    who: Any = signed.viewer.person
    return payloads.SignInPayload(token=signed.token, expires_at=signed.expires_at, viewer=who)


def _journey(
    change: type, takes: type, act: Any, description: str, current: str | None = "journey_id"
) -> Any:
    return mutation(
        takes,
        change,
        act,
        payloads.JourneyPayload,
        lambda made: {"journey": made.id},
        description,
        current=current,
    )


def _point(change: type, takes: type, act: Any, description: str) -> Any:
    return mutation(
        takes,
        change,
        act,
        payloads.PainPointPayload,
        lambda made: {"pain_point": made.id},
        description,
        current="pain_point_id",
    )


def _task(change: type, takes: type, act: Any, description: str, current: str | None = "task_id") -> Any:
    return mutation(
        takes, change, act, payloads.TaskPayload, lambda made: {"task": made.id}, description, current=current
    )


def _unit(change: type, takes: type, act: Any, description: str, current: str | None = "unit_id") -> Any:
    return mutation(
        takes, change, act, payloads.UnitPayload, lambda made: {"unit": made.id}, description, current=current
    )


_change_password = mutation(
    inputs.ChangePasswordInput,
    sign_in.ChangePassword,
    sign_in.change_password,
    payloads.PersonPayload,
    lambda made: {"person": made.id},
    "Change one's own password; every sign-in ends, this one too.",
)


@strawberry.type(description="What can be done.")
class Mutation:
    sign_in: payloads.SignInPayload = field(
        _sign_in,
        inputs.SignInInput,
        payloads.SignInPayload,
        "Sign in with e-mail and password; gives a bearer token.",
    )

    change_password: payloads.PersonPayload = _change_password

    create_unit: payloads.UnitPayload = _unit(
        unit.CreateUnit, inputs.CreateUnitInput, unit.create, "Add a unit to the tree.", None
    )
    move_unit: payloads.UnitPayload = _unit(
        unit.MoveUnit,
        inputs.MoveUnitInput,
        unit.move,
        "Move a unit with everything below it; its history comes along.",
    )
    close_unit: payloads.UnitPayload = _unit(
        unit.CloseUnit,
        inputs.CloseUnitInput,
        unit.close,
        "Close a unit: it takes no new work and keeps its history.",
    )

    create_person: payloads.PersonPayload = mutation(
        inputs.CreatePersonInput,
        person.CreatePerson,
        person.create,
        payloads.PersonPayload,
        lambda made: {"person": made.id},
        "Add a person with a first role.",
    )
    grant_role: payloads.MembershipPayload = mutation(
        inputs.GrantRoleInput,
        person.GrantRole,
        person.grant,
        payloads.MembershipPayload,
        lambda made: {"membership": made.id},
        "Give a person a role at a unit, optionally as its PIC Ranger.",
    )
    revoke_role: payloads.MembershipPayload = mutation(
        inputs.RevokeRoleInput,
        person.RevokeRole,
        person.revoke,
        payloads.MembershipPayload,
        lambda made: {"membership": made.id},
        "Take a role away; it ends with the person's next request.",
        current="membership_id",
    )

    capture_journey: payloads.JourneyPayload = _journey(
        journey_capture.CaptureJourney,
        inputs.CaptureJourneyInput,
        journey_capture.capture,
        "Capture a journey with its stages and pain points, or replace a draft or returned one.",
    )
    submit_journey: payloads.JourneyPayload = _journey(
        journey.ChangeJourney,
        inputs.ChangeJourneyInput,
        journey.submit,
        "Hand a draft or a returned journey in.",
    )
    accept_journey: payloads.JourneyPayload = _journey(
        journey.ChangeJourney,
        inputs.ChangeJourneyInput,
        journey.accept,
        "Accept a journey: its pain points can get tasks.",
    )
    return_journey: payloads.JourneyPayload = _journey(
        journey.ChangeJourney,
        inputs.ReturnJourneyInput,
        journey.return_,
        "Give a journey back with a reason.",
    )
    archive_journey: payloads.JourneyPayload = _journey(
        journey.ChangeJourney,
        inputs.ChangeJourneyInput,
        journey.archive,
        "Put an accepted or returned journey away.",
    )

    assign_pain_point: payloads.AssignPainPointPayload = mutation(
        inputs.AssignPainPointInput,
        task.AssignPainPoint,
        task.assign,
        payloads.AssignPainPointPayload,
        lambda made: {"tasks": [one.id for one in made], "pain_point": made[0].pain_point_id},
        "Give a pain point one or several tasks: all of them or none.",
        current="pain_point_id",
    )
    close_pain_point: payloads.PainPointPayload = _point(
        pain_point.ClosePainPoint,
        inputs.ClosePainPointInput,
        pain_point.close,
        "Close a resolved pain point; for the region or headquarters.",
    )
    dismiss_pain_point: payloads.PainPointPayload = _point(
        pain_point.DismissPainPoint,
        inputs.DismissPainPointInput,
        pain_point.dismiss,
        "Dismiss a pain point without tasks, with a reason.",
    )

    create_task: payloads.TaskPayload = _task(
        task.CreateTask, inputs.CreateTaskInput, task.create, "Create a task.", None
    )
    update_task: payloads.TaskPayload = _task(
        task.UpdateTask,
        inputs.UpdateTaskInput,
        task.update,
        "Change what a task says, its owner, due date or weight.",
    )
    report_progress: payloads.TaskPayload = _task(
        task.ReportProgress,
        inputs.ReportProgressInput,
        task.report,
        "Report how far a task has come, with evidence.",
    )
    submit_task: payloads.TaskPayload = _task(
        task.SubmitTask, inputs.SubmitTaskInput, task.submit, "Hand a task in as done."
    )
    verify_task: payloads.TaskPayload = _task(
        task.ChangeTask,
        inputs.ChangeTaskInput,
        task.verify,
        "Verify a task; never by who owns it or submitted it.",
    )
    return_task: payloads.TaskPayload = _task(
        task.ChangeTask,
        inputs.ChangeTaskWithReasonInput,
        task.return_,
        "Give a submitted task back to work, with a reason.",
    )
    block_task: payloads.TaskPayload = _task(
        task.ChangeTask,
        inputs.ChangeTaskWithReasonInput,
        task.block,
        "Say that a task cannot go on, and why.",
    )
    unblock_task: payloads.TaskPayload = _task(
        task.ChangeTask, inputs.ChangeTaskInput, task.unblock, "Say that a blocked task can go on."
    )
    cancel_task: payloads.TaskPayload = _task(
        task.ChangeTask,
        inputs.ChangeTaskWithReasonInput,
        task.cancel,
        "Give a task up, with a reason; it counts nowhere.",
    )

    mark_notices_read: payloads.NoticesPayload = mutation(
        inputs.MarkNoticesReadInput,
        notice.MarkNoticesRead,
        notice.mark_read,
        payloads.NoticesPayload,
        lambda made: {"notices": made},
        "Mark notices as read.",
    )
