"""Which KPIs answer a question: the newest version of each, by place in the tree, owner, status or words."""

from __future__ import annotations

from dagster_project.registry.model import Registry, Row

SHOWN = (
    *("indicator_id", "version", "sub_track_id", "name_zh", "name_en", "unit_zh", "unit_en", "direction"),
    *("frequency", "lowest_grain", "evaluable", "owner", "status", "illustrative"),
)


def listed(
    registry: Registry,
    sector: str | None = None,
    track: str | None = None,
    owner: str | None = None,
    status: str | None = None,
    evaluable: bool = False,
    search: str | None = None,
) -> list[Row]:
    """Rows with the fields of `SHOWN`, sorted by sub-track and id; what is None is not asked for."""
    frame = registry["indicator"].sort_values("version").drop_duplicates("indicator_id", keep="last")
    for wanted, column in ((owner, "owner"), (status, "status")):
        if wanted is not None:
            frame = frame[frame[column] == wanted]
    for node in filter(None, (sector, track)):
        frame = frame[frame["sub_track_id"].str.startswith(f"{node}-")]
    if evaluable:
        frame = frame[frame["evaluable"].fillna(False).astype(bool)]
    if search is not None:
        hit = frame[["indicator_id", "name_zh", "name_en"]].apply(
            lambda column: column.str.contains(search, case=False, regex=False)
        )
        frame = frame[hit.any(axis=1)]
    rows = frame.sort_values(["sub_track_id", "indicator_id"])[list(SHOWN)].to_dict("records")
    return [{str(column): cell for column, cell in row.items()} for row in rows]
