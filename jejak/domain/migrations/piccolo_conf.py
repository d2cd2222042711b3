"""The module that `PICCOLO_CONF` names; see `domain.migrations.run`."""

from piccolo.conf.apps import AppRegistry

from jejak.domain.db import DB

__all__ = ["APP_REGISTRY", "DB"]

APP_REGISTRY = AppRegistry(apps=["jejak.domain.migrations.piccolo_app"])
