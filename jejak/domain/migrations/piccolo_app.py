"""What Piccolo needs to know of us: the tables and where their migrations lie."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="jejak",
    migrations_folder_path=str(Path(__file__).parent),
    table_classes=table_finder(
        [
            f"jejak.domain.tables.{name}"
            for name in (
                "unit",
                "rating",
                "calendar",
                "person",
                "sign_in",
                "programme",
                "issue",
                "journey",
                "rollout",
                "task",
                "event",
                "completion",
                "channel",
                "notice",
                "delivery",
                "calendar_feed",
                "feed",
                "search",
                "operations",
                "sla",
                "assessment",
                "report",
                "store_review",
            )
        ],
        exclude_imported=True,
    ),
)
