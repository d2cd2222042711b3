"""Channels, webhooks, deliveries and calendar links. What they take, what they answer."""

import strawberry

from jejak.domain import calendar_feed, delivery, notification_preference, webhook
from jejak.graphql.channel import CalendarFeed, Webhook
from jejak.graphql.delivery import Delivery
from jejak.graphql.errors import UserError
from jejak.graphql.mutation import errors, given, mutation, ref
from jejak.graphql.person import Viewer
from jejak.graphql.reading import held
from jejak.graphql.vocabulary import Channel


@strawberry.input(description="How a channel is to speak to the viewer.")
class NotificationPreferenceInput:
    channel: Channel = given("Which channel.")
    enabled: bool | None = given("Whether anything is sent by it; left out: as it is.", None)
    ceiling: int | None = given("Deliveries a day at most, 1 to 24; left out: as it is.", None)


@strawberry.input(description="How channels are to speak to the viewer.")
class UpdateNotificationPreferencesInput:
    preferences: list[NotificationPreferenceInput] = given("A choice for each channel that is to change.")


@strawberry.input(description="A webhook of the viewer's.")
class RegisterWebhookInput:
    url: str = given("An https address on the public internet; at most 1000 characters.")


@strawberry.input(description="Which webhook.")
class WebhookInput:
    webhook_id: strawberry.ID = ref("Webhook", "Which webhook of the viewer's.")


@strawberry.input(description="Try a dead delivery again.")
class ResendDeliveryInput:
    delivery_id: strawberry.ID = ref("Delivery", "Which delivery.")


@strawberry.input(description="A calendar link.")
class CreateCalendarFeedInput:
    replace: bool = given("Whether to end the link that there is; else a second one is TAKEN.", False)


@strawberry.input(description="End a calendar link.")
class RevokeCalendarFeedInput:
    calendar_feed_id: strawberry.ID = ref("CalendarFeed", "Which link of the viewer's.")


@strawberry.type(description="The viewer, with their preferences as they are now.")
class NotificationPreferencesPayload:
    viewer: Viewer | None = held("The viewer; null where it was refused.")
    errors: list[UserError] = errors()


@strawberry.type(description="A webhook and its secret, shown once.")
class WebhookSecretPayload:
    secret: str | None = strawberry.field(
        description="`whsec_...`: verifies what is posted, by any library of Standard Webhooks.", default=None
    )
    webhook: Webhook | None = held("The webhook; null where it was refused and there is none.")
    errors: list[UserError] = errors()


@strawberry.type(description="The webhook as it is now.")
class WebhookPayload:
    webhook: Webhook | None = held("The webhook; null where there is none that the viewer sees.")
    errors: list[UserError] = errors()


@strawberry.type(description="The delivery as it is now.")
class DeliveryPayload:
    delivery: Delivery | None = held("The delivery; null where there is none that the viewer sees.")
    errors: list[UserError] = errors()


@strawberry.type(description="A calendar link, shown once.")
class CreateCalendarFeedPayload:
    path: str | None = strawberry.field(
        description="To be put behind the service's address: `https://jejak.example` and this. Whoever has it reads the due dates.",
        default=None,
    )
    calendar_feed: CalendarFeed | None = held("What is kept of it; null where it was refused.")
    errors: list[UserError] = errors()


@strawberry.type(description="The link as it is now.")
class CalendarFeedPayload:
    calendar_feed: CalendarFeed | None = held("The link; null where there is none that the viewer sees.")
    errors: list[UserError] = errors()


@strawberry.type
class ChannelMutations:
    update_notification_preferences: NotificationPreferencesPayload = mutation(
        UpdateNotificationPreferencesInput,
        notification_preference.UpdateNotificationPreferences,
        notification_preference.update,
        NotificationPreferencesPayload,
        lambda made: {"viewer": made},
        "Choose channels. One that is switched on begins with what is said from then on; of one that is switched off "
        "nothing more is sent.",
    )
    register_webhook: WebhookSecretPayload = mutation(
        RegisterWebhookInput,
        webhook.RegisterWebhook,
        webhook.register,
        WebhookSecretPayload,
        lambda made: {"secret": made.secret, "webhook": made.id},
        "Have one's digests posted to an address from now on; at most 5.",
    )
    rotate_webhook_secret: WebhookSecretPayload = mutation(
        WebhookInput,
        webhook.ChangeWebhook,
        webhook.rotate,
        WebhookSecretPayload,
        lambda made: {"secret": made.secret, "webhook": made.id},
        "A new secret. For a day everything is signed by the one before, too.",
        current="webhook_id",
    )
    remove_webhook: WebhookPayload = mutation(
        WebhookInput,
        webhook.ChangeWebhook,
        webhook.remove,
        WebhookPayload,
        lambda made: {"webhook": made},
        "Nothing more is posted there, not even what is under way.",
        current="webhook_id",
    )
    test_webhook: DeliveryPayload = mutation(
        WebhookInput,
        webhook.ChangeWebhook,
        webhook.test,
        DeliveryPayload,
        lambda made: {"delivery": made},
        "Have a test posted there within a minute, at any hour; while one waits, that one.",
    )
    resend_delivery: DeliveryPayload = mutation(
        ResendDeliveryInput,
        delivery.ResendDelivery,
        delivery.resend,
        DeliveryPayload,
        lambda made: {"delivery": made},
        "Try a dead delivery again, under the same id. What is not dead stays as it is.",
        current="delivery_id",
    )
    create_calendar_feed: CreateCalendarFeedPayload = mutation(
        CreateCalendarFeedInput,
        calendar_feed.CreateCalendarFeed,
        calendar_feed.create,
        CreateCalendarFeedPayload,
        lambda made: {"path": f"/calendar/{made.token}.ics", "calendar_feed": made.id},
        "Make a secret link for one's calendar program; there is one at a time.",
    )
    revoke_calendar_feed: CalendarFeedPayload = mutation(
        RevokeCalendarFeedInput,
        calendar_feed.RevokeCalendarFeed,
        calendar_feed.revoke,
        CalendarFeedPayload,
        lambda made: {"calendar_feed": made},
        "End a calendar link at once.",
        current="calendar_feed_id",
    )
