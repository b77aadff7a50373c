"""A family of vital signs and the statistics of its set: what each sign takes from which of them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from dagster_project import registry
from dagster_project.registry.spec import LIMITS
from dagster_project.registry.vital_sign import COLUMNS, expand

SEEDS = Path(__file__).parents[3] / "seeds"


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return dict(registry.load(SEEDS).tables)


@pytest.fixture(scope="module")
def signs(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return expand(tables)


def test_a_sign_for_each_family_and_statistic(tables: dict[str, pd.DataFrame], signs: pd.DataFrame) -> None:
    statistics = tables["statistic_set"].groupby("set_id")["statistic_id"].apply(list)
    wanted = [
        f"{family.class_id}.{family.quantity_id}.{statistic}"
        for family in tables["family"].itertuples()
        for statistic in statistics[family.set_id]
    ]
    assert signs["sign_id"].tolist() == sorted(wanted)
    assert list(signs.columns) == list(COLUMNS)
    assert signs[["unit_zh", "unit_en", "direction", "frequency", "name_zh", "name_en"]].notna().all(axis=None)


def test_limits_are_the_statistics_own_or_the_familys(tables: dict[str, pd.DataFrame], signs: pd.DataFrame) -> None:
    statistic = tables["statistic"].set_index("statistic_id")
    family = tables["family"].set_index(["class_id", "quantity_id"])
    quantity = tables["quantity"].set_index("quantity_id")
    for sign in signs.sample(min(len(signs), 200), random_state=1).to_dict("records"):
        brought = statistic.loc[sign["statistic_id"]]
        own = brought[list(LIMITS)].notna().any()
        held_to = brought if own else family.loc[(sign["class_id"], sign["quantity_id"])]
        for limit in LIMITS:
            assert sign[limit] == pytest.approx(held_to[limit], nan_ok=True)
        assert sign["unit_zh"] == (brought["unit_zh"] if own else quantity.at[sign["quantity_id"], "unit_zh"])
        assert sign["definition_zh"].endswith(brought["definition_zh"])


def test_only_what_is_read_as_it_happens_is_real_time(tables: dict[str, pd.DataFrame], signs: pd.DataFrame) -> None:
    daily = tables["statistic"].query("frequency == 'day'")["statistic_id"]
    assert not signs.loc[signs["statistic_id"].isin(daily), "real_time"].any()
    assert not signs.loc[signs["statistic_id"] == "now", "evaluable"].any()
