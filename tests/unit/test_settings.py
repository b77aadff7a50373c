"""Settings: defaults, the environment, and what is said of a value that cannot be used."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dagster_project.settings import ROOT, SettingsError, load


def test_the_defaults_stay_on_this_machine() -> None:
    settings = load({})
    assert settings.host == "127.0.0.1"
    assert settings.data == ROOT / "data"
    assert settings.today == datetime.now(ZoneInfo("Asia/Shanghai")).date()


def test_one_date_sets_the_citys_clock(tmp_path: Path) -> None:
    settings = load({"CITYDECK_TODAY": "2025-09-30", "CITYDECK_DATA": str(tmp_path)})
    assert settings.today == date(2025, 9, 30)
    assert settings.now().date() == date(2025, 9, 30)
    assert settings.landing == tmp_path / "landing"


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [
        ("CITYDECK_TODAY", "30.9.2025", "CITYDECK_TODAY=2025-09-30"),
        ("CITYDECK_TIMEZONE", "Chongqing", "CITYDECK_TIMEZONE=Asia/Shanghai"),
        ("CITYDECK_SUPERSET_PORT", "http", "CITYDECK_SUPERSET_PORT=8088"),
    ],
)
def test_a_bad_value_is_named_with_what_to_write(key: str, value: str, hint: str) -> None:
    with pytest.raises(SettingsError, match=hint) as caught:
        load({key: value})
    assert repr(value) in str(caught.value)
