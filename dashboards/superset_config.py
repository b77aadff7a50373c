"""Configuration of the cockpit server (Superset), read by Superset itself in its own environment.

Belongs here: how Superset runs (metadata, caches, languages, look, content security). Does not belong here: what the
dashboards show. The only thing taken from outside is the data folder, which `cockpit.server` passes on.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from flask import Flask, g, has_request_context, redirect, request, session
from flask_caching.backends.filesystemcache import FileSystemCache
from sqlalchemy import event
from sqlalchemy.engine import Engine
from superset.config import TALISMAN_CONFIG as STOCK_TALISMAN_CONFIG
from superset.config import THEME_DEFAULT as STOCK_THEME
from superset.utils.log import AbstractEventLogger

DATA = Path(os.environ["CITYDECK_DATA"])
HOME = DATA / "superset"
SERVING = DATA / "serving" / "current.duckdb"
HOME_PAGE = "/superset/dashboard/city-zh/"

SECRET_KEY = (DATA / "secrets" / "superset_secret_key").read_text(encoding="utf-8")
SQLALCHEMY_DATABASE_URI = f"sqlite:///{HOME / 'superset.db'}"


@event.listens_for(Engine, "connect")
def _sqlite_waits_for_locks(connection: Any, _record: Any) -> None:
    if type(connection).__module__.startswith("sqlite3"):
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma busy_timeout = 20000")
        connection.execute("pragma synchronous = normal")


class NoEventLog(AbstractEventLogger):
    """Superset writes a row per click into its metadata; SQLite then locks under load."""

    def log(self, *args: Any, **kwargs: Any) -> None:
        return None


class SnapshotCache(FileSystemCache):
    """Query results, keyed also by the serving file in force when the request began.

    A publish flips the symlink and thereby invalidates every result, with no call to make or to miss. A request that
    straddles the flip stores under the old key, where nobody looks any more.
    """

    def _get_filename(self, key: str) -> str:
        return super()._get_filename(f"{_snapshot()}:{key}")


def _snapshot() -> str:
    if not has_request_context():
        return SERVING.resolve().name
    if "snapshot" not in g:
        g.snapshot = SERVING.resolve().name
    return g.snapshot


def _cache(name: str, kind: str = "FileSystemCache", days: int = 1) -> dict[str, Any]:
    return {
        "CACHE_TYPE": kind,
        "CACHE_DIR": str(HOME / "cache" / name),
        "CACHE_DEFAULT_TIMEOUT": days * 86400,
        "CACHE_THRESHOLD": 5000,
    }


EVENT_LOGGER = NoEventLog()
CACHE_CONFIG = _cache("metadata")
DATA_CACHE_CONFIG = _cache("data", "superset_config.SnapshotCache")
FILTER_STATE_CACHE_CONFIG = _cache("filter_state", days=90)
EXPLORE_FORM_DATA_CACHE_CONFIG = _cache("explore", days=7)

LANGUAGES = {"zh": {"flag": "cn", "name": "简体中文"}, "en": {"flag": "us", "name": "English"}}
BABEL_DEFAULT_LOCALE = "zh"
D3_FORMAT = {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["¥", ""]}

FEATURE_FLAGS = {"DRILL_BY": False, "DRILL_TO_DETAIL": False, "ALERT_REPORTS": False, "EMBEDDABLE_CHARTS": False}
ROW_LIMIT = 10000
# A filter whose value is not in its list falls back to the first one: the list must hold all the towns.
NATIVE_FILTER_DEFAULT_ROW_LIMIT = 10000
SUPERSET_WEBSERVER_TIMEOUT = 60
FAB_ADD_SECURITY_API = True
AUTH_ROLE_PUBLIC = "Public"
# Loopback only; a proxy that speaks https sets this true and the cookie flag with it.
TALISMAN_CONFIG = {
    **STOCK_TALISMAN_CONFIG,
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
}

APP_NAME = "CityDeck"
APP_ICON = "/static/citydeck/logo.svg"
LOGO_TARGET_PATH = HOME_PAGE
FAVICONS = [{"href": "/static/citydeck/icon.svg", "type": "image/svg+xml"}]
THEME_DEFAULT = {
    **STOCK_THEME,
    "token": {
        **STOCK_THEME["token"],
        "brandAppName": APP_NAME,
        "brandLogoAlt": APP_NAME,
        "brandLogoUrl": APP_ICON,
        "brandLogoHref": HOME_PAGE,
        "brandLogoHeight": "28px",
        "brandLogoMargin": "10px 0",
        "brandSpinnerUrl": "/static/assets/images/loading.gif",
        "colorPrimary": "#0b5cad",
        "colorLink": "#0b5cad",
        "fontFamily": "Inter, 'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', Helvetica, Arial, sans-serif",
    },
}
THEME_DARK = None

_LANGUAGE_OF_PAGE = re.compile(r"^/superset/dashboard/[a-z0-9_-]+-(zh|en)/")


def _page_language() -> Any:
    """A dashboard's slug ends in its language: the frame around it follows. The start page is the city overview."""
    if request.path == "/superset/welcome/":
        return redirect(HOME_PAGE)
    if found := _LANGUAGE_OF_PAGE.match(request.path):
        session["locale"] = found.group(1)
    return None


def FLASK_APP_MUTATOR(app: Flask) -> None:
    """Adds the page's language, and CityDeck's own static files."""
    from flask import Blueprint

    static = Path(__file__).parent / "_shared" / "static"
    app.register_blueprint(
        Blueprint("citydeck", __name__, static_folder=str(static), static_url_path="/static/citydeck")
    )
    app.before_request(_page_language)
