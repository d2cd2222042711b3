"""The mutations, a file for each feature: a line of translation each."""

import strawberry

from jejak.graphql.mutations.api_token import ApiTokenMutations
from jejak.graphql.mutations.assessment import AssessmentMutations
from jejak.graphql.mutations.assessment_import import AssessmentImportMutations
from jejak.graphql.mutations.calendar import CalendarMutations
from jejak.graphql.mutations.channel import ChannelMutations
from jejak.graphql.mutations.hand_over import HandOverMutations
from jejak.graphql.mutations.invitation import InvitationMutations
from jejak.graphql.mutations.issue import IssueMutations
from jejak.graphql.mutations.journey import JourneyMutations
from jejak.graphql.mutations.kpi_target import KpiTargetMutations
from jejak.graphql.mutations.notice import NoticeMutations
from jejak.graphql.mutations.pain_point import PainPointMutations
from jejak.graphql.mutations.person import PersonMutations
from jejak.graphql.mutations.person_import import PersonImportMutations
from jejak.graphql.mutations.rating import RatingMutations
from jejak.graphql.mutations.reminder import ReminderMutations
from jejak.graphql.mutations.report import ReportMutations
from jejak.graphql.mutations.rollout import RolloutMutations
from jejak.graphql.mutations.sign_in import SignInMutations
from jejak.graphql.mutations.sla import SlaMutations
from jejak.graphql.mutations.store_review import StoreReviewMutations
from jejak.graphql.mutations.task import TaskMutations
from jejak.graphql.mutations.task_bulk import TaskBulkMutations
from jejak.graphql.mutations.unit import UnitMutations
from jejak.graphql.mutations.unit_import import UnitImportMutations
from jejak.graphql.mutations.wave import WaveMutations


@strawberry.type(description="What can be done.")
class Mutation(
    SignInMutations,
    ApiTokenMutations,
    InvitationMutations,
    UnitMutations,
    UnitImportMutations,
    CalendarMutations,
    PersonMutations,
    PersonImportMutations,
    JourneyMutations,
    PainPointMutations,
    SlaMutations,
    TaskMutations,
    TaskBulkMutations,
    RolloutMutations,
    HandOverMutations,
    NoticeMutations,
    ChannelMutations,
    ReminderMutations,
    WaveMutations,
    AssessmentMutations,
    AssessmentImportMutations,
    IssueMutations,
    RatingMutations,
    KpiTargetMutations,
    ReportMutations,
    StoreReviewMutations,
):
    pass
