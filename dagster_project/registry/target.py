"""Which target holds where. A row for a peer area, a district or a governing unit holds for the regions inside it too.

Belongs here: whom a row reaches and when, and which of several rows is nearest. All frames carry spans.
"""

from __future__ import annotations

import pandas as pd

from dagster_project.registry import span
from dagster_project.registry.span import SPAN

KEY = ["indicator_id", "region_id"]
FIGURES = ["target", "warn", "low", "high", "goal_low", "goal_high"]
# The lowest is the nearest. Of a town's governing unit and its district the unit answers for the town.
OWN = 0
NEARNESS = {"unit": 1, "district": 2, "peer_area": 3}


def target_spans(
    target: pd.DataFrame, scope: pd.DataFrame, sets: pd.DataFrame, members: pd.DataFrame, calendar: pd.DataFrame
) -> pd.DataFrame:
    """indicator_id, region_id, the figures, illustrative, span: each column from the nearest row that fills it.

    Rows for `*` stay as they are. `illustrative` is that of the row with the target or the interval.
    """
    days = calendar.set_index("period_id")
    dated = target[[*KEY, *FIGURES, "illustrative"]].assign(
        illustrative=target["illustrative"].where(target[["target", "low"]].notna().any(axis=1)),
        valid_from=target["period_from"].map(days["start_date"]),
        valid_to=target["period_to"].map(days["end_date"]).fillna(span.LAST),
    )
    reached = reach(set(dated["region_id"]), scope, sets, members)
    inherited = span.join(dated.rename(columns={"region_id": "from_id"}), reached, "from_id", "from_id")
    held = pd.concat([dated.assign(nearness=OWN, from_id=dated["region_id"]), inherited], ignore_index=True)
    several = span.overlapping(held, KEY)
    mixed = pd.MultiIndex.from_frame(held[KEY]).isin(pd.MultiIndex.from_frame(held.loc[several, KEY]))
    alone, together = held[~mixed], held[mixed]
    pieces = span.segments(together)
    # Of two peer areas the one of the later scheme, whose ids sort later.
    ordered = span.cut(together, pieces).sort_values(["nearness", "from_id"], ascending=[True, False])
    nearest = ordered.groupby([*KEY, "segment"], as_index=False).first()
    spans = pieces.iloc[nearest["segment"].to_numpy()].reset_index(drop=True)
    columns = [*KEY, *FIGURES, "illustrative", *SPAN]
    found = pd.concat([alone[columns], pd.concat([nearest, spans], axis=1)[columns]])
    return found.sort_values([*KEY, *SPAN], ignore_index=True)


def reach(ids: set[str], scope: pd.DataFrame, sets: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """from_id, region_id, nearness, span: the regions, other than itself, for which a row for one of `ids` holds.

    A restated scope has the targets of its region.
    """
    own = scope[scope["restated_of"].isna()]
    level = own.set_index("region_id")["level"].map(NEARNESS).dropna()
    towns = sets.rename(columns={"region_id": "from_id", "town_id": "region_id"})
    of_area = members.rename(columns={"peer_area_id": "from_id"})
    found = pd.concat([rows[["from_id", "region_id", *SPAN]][rows["from_id"].isin(ids)] for rows in (towns, of_area)])
    found = span.merge(found).assign(nearness=lambda rows: rows["from_id"].map(level))
    found = found.dropna(subset="nearness")
    again = set(scope["restated_of"].dropna())
    same = pd.DataFrame({"from_id": sorted(again & ids), "region_id": sorted(again & ids), "nearness": OWN})
    same = same.assign(valid_from=span.FIRST, valid_to=span.LAST)
    restated = pd.concat([same, found[found["region_id"].isin(again)]])
    return pd.concat([found, restated.assign(region_id=restated["region_id"] + "~")], ignore_index=True)
