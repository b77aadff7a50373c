"""The cockpit server's application: `gunicorn --preload superset_bootstrap:application()`.

Belongs here: everything Superset needs before its first request (schema of the metadata, roles, the two first users),
done in the one process that then serves, because each start of Superset costs seconds. Every step is skipped when it
is already done. Lines that begin with `citydeck:` are shown to whoever waits for the start.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

DATA = Path(os.environ["CITYDECK_DATA"])


def application() -> Any:
    """The WSGI application, ready to serve."""
    app = _timed("Superset loaded", _create_app)
    with app.app_context():
        from superset import db

        marker = DATA / "superset" / "initialised"
        if _metadata_is_old():
            marker.unlink(missing_ok=True)
            _timed("metadata upgraded", _upgrade)
            app.sync_config_to_db()
        version = str(app.config["VERSION_STRING"])
        if not marker.is_file() or marker.read_text() != version:
            _timed("roles and permissions written", _initialise)
            marker.write_text(version)
        for name in ("admin", "publisher"):
            _ensure_user(name, (DATA / "secrets" / f"{name}_password").read_text(encoding="utf-8"))
        db.session.remove()
        db.engine.dispose()
    return app


def _timed(done: str, step: Callable[[], Any]) -> Any:
    began = time.monotonic()
    result = step()
    _say(f"{done} ({time.monotonic() - began:.1f} s)")
    return result


def _say(line: str) -> None:
    sys.stdout.write(f"citydeck: {line}\n")
    sys.stdout.flush()


def _create_app() -> Any:
    from superset.app import create_app

    return create_app()


def _metadata_is_old() -> bool:
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from flask import current_app
    from superset import db

    script = ScriptDirectory.from_config(current_app.extensions["migrate"].migrate.get_config())
    with db.engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) != set(script.get_heads())


def _upgrade() -> None:
    from flask_migrate import upgrade

    upgrade()


def _initialise() -> None:
    from superset import appbuilder, security_manager

    appbuilder.add_permissions(update_perms=True)
    security_manager.sync_role_definitions()


def _ensure_user(name: str, password: str) -> None:
    """`admin` is the first person's account: its password is set once. `publisher` is CityDeck's own: kept in step."""
    from superset import security_manager as security

    user = security.find_user(username=name)
    if user is None:
        security.add_user(name, name.title(), "CityDeck", f"{name}@localhost", security.find_role("Admin"), password)
        _say(f"user {name} created")
    elif name == "publisher" and not _password_fits(user, password):
        security.reset_password(user.id, password)


def _password_fits(user: Any, password: str) -> bool:
    from werkzeug.security import check_password_hash

    return check_password_hash(user.password, password)
