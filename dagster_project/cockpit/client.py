"""Superset's REST API, as much of it as CityDeck uses.

Belongs here: signing in, listing, importing, asking for a chart's data. What is imported and when is in `publish`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import httpx

from dagster_project.cockpit import CockpitError

PAGE = 100
ORDER = {"database": "database_name", "dataset": "table_name", "chart": "slice_name", "dashboard": "dashboard_title"}


class Superset:
    """A signed-in session; use as a context manager.

    Raises:
        CockpitError: the server does not answer or refuses, on entry and on every call.
    """

    def __init__(self, url: str, user: str, password: str) -> None:
        self._user = user
        self._password = password
        self._http = httpx.Client(base_url=url, timeout=60, trust_env=False)

    def __enter__(self) -> Superset:
        body = {"username": self._user, "password": self._password, "provider": "db", "refresh": False}
        token = self._call("POST", "/api/v1/security/login", json=body).json()["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"
        self._http.headers["X-CSRFToken"] = self._call("GET", "/api/v1/security/csrf_token/").json()["result"]
        self._http.headers["Referer"] = str(self._http.base_url)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def resources(self, resource: str) -> list[dict[str, Any]]:
        """Every database, dataset, chart or dashboard: id, uuid, changed_on_utc or changed_on."""
        rows: list[dict[str, Any]] = []
        while True:
            query = f"(page:{len(rows) // PAGE},page_size:{PAGE},order_column:{ORDER[resource]},order_direction:asc)"
            answer = self._call("GET", f"/api/v1/{resource}/", params={"q": query}).json()
            rows += answer["result"]
            if len(rows) >= answer["count"] or not answer["result"]:
                return rows

    def import_assets(self, archive: bytes) -> None:
        """Import a bundle; what it holds replaces what is there under the same uuid."""
        self._call("POST", "/api/v1/assets/import/", files={"bundle": ("citydeck.zip", archive, "application/zip")})

    def chart_rows(self, chart_id: int) -> list[Mapping[str, Any]]:
        """The rows that the chart's own data endpoint answers."""
        answer = self._call("GET", f"/api/v1/chart/{chart_id}/data/").json()
        return [row for result in answer["result"] for row in result["data"]]

    def _call(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **arguments)
        except httpx.HTTPError as error:
            raise CockpitError(
                f"Superset at {self._http.base_url} does not answer ({error}); start it: citydeck up"
            ) from error
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise CockpitError(f"Superset refuses the user {self._user!r}; restart it (citydeck down, citydeck up)")
        if response.is_error:
            raise CockpitError(f"Superset: {method} {path} answered {response.status_code}: {_reason(response)}")
        return response


def _reason(response: httpx.Response) -> str:
    try:
        content = response.json()
    except json.JSONDecodeError:
        return response.text[:500]
    return json.dumps(content.get("errors") or content.get("message") or content, ensure_ascii=False)[:2000]
