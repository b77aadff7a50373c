"""The world that the core is measured on: raw files and a registry, written by a process of its own.

`python -m tests.bench.core_world FOLDER CODES MONTHS [DEFINITIONS]`
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import duckdb

from dagster_project import registry as registry_package
from dagster_project.ingest.contract import load_contracts
from dagster_project.ingest.land import prepare
from dagster_project.settings import ROOT

TODAY = date(2025, 12, 31)
OPEN_DATES = "date '1900-01-01' as valid_from, date '9999-12-31' as valid_to"


def write_world(folder: Path, codes: int, months: int, definitions: int = 1) -> int:
    """Write `codes` items, a fifth of them stocks, for every town and each of the last `months`; rows written.

    One item in five is a denominator, shared by four indicators. Of the last six months a second file brings one figure
    in fifty again, revised, as departments do. `definitions`: indicators per numerator, all alike.
    """
    registry = folder / "registry"
    loaded = registry_package.load(ROOT / "seeds")
    registry_package.write(loaded, registry, TODAY)
    with duckdb.connect(config={"memory_limit": "6GB"}) as con:
        con.execute(f"create view region as from read_parquet('{registry / 'region.parquet'}')")
        con.execute(
            f"""
            create table item as
            select i, 'm' || lpad(i::varchar, 3, '0') || case when i % 5 = 4 then '_stock' else '' end as item
            from range({codes}) as t (i);
            create table month as
            select period_id, row_number() over (order by end_date desc) as age
            from read_parquet('{registry / "period.parquet"}')
            where grain = 'month' and end_date <= date '2025-12-31'
            qualify age <= {months};
            create table town as select region_id from region where level = 'town';
            """
        )
        _write_registry(con, registry, definitions)
        prepare(load_contracts(ROOT / "dbt").values(), folder / "landing", folder / "raw")
        landed = 0
        for number, condition in enumerate(("true", "age <= 6 and hash(region_id, item, period_id) % 50 = 0")):
            file_id = f"2026010{number + 1}T000000000000-bench"
            target = folder / "raw" / "bulletin" / file_id / "accepted.parquet"
            target.parent.mkdir(parents=True)
            con.execute(
                f"""
                copy (
                    select region_id as region, period_id as period, item,
                        (1000 + hash(region_id, item, period_id, {number}) % 1000000) / 10.0 as value,
                        'x' as unit, cast(null as varchar) as flag, cast(null as varchar) as note, 'bench' as source_id,
                        date '2026-01-01' as published_on, '{file_id}' as _file_id, cast(1 as integer) as _row,
                        timestamp '2026-01-0{number + 1} 00:00:00' as _landed_at
                    from month, item, town
                    where {condition}
                ) to '{target}' (format parquet)
                """
            )
            landed += con.execute(f"select count(*) from read_parquet('{target}')").fetchall()[0][0]
    return landed


def _write_registry(con: duckdb.DuckDBPyConnection, registry: Path, definitions: int) -> None:
    """The measures, indicators and aliases of the bench, in the shape of the real registry's files."""
    replaced = {
        "measure": """
            select item as measure_id, item as name_zh, item as name_en, 'x' as unit,
                case when item like '%stock' then 'stock' else 'flow' end as kind, 'month' as frequency,
                'town' as grain, 'sum' as region_rule,
                case when item like '%stock' then 'last' else 'sum' end as time_rule,
                1.0::double as min_coverage, item as definition_zh, item as definition_en
            from item
        """,
        "measure_source": """
            select item as measure_id, 'bulletin' as feed_id, item as source_code, 1.0::double as factor,
                1::integer as priority
            from item
        """,
        "region_alias": f"select region_id as alias, region_id, {OPEN_DATES}, 'bench' as source_id from town",
        "target_span": f"select * from read_parquet('{registry / 'target_span.parquet'}') where false",
        "indicator": f"""
            select * replace (
                n.item || case when k = 0 then '' else '_' || k end as indicator_id, 1 as version,
                n.item as numerator, d.item as denominator,
                100.0::double as factor, 'level' as transform, 'period' as accumulation,
                cast(null as integer) as span_years, cast(null as integer) as span_periods, true as connected,
                false as simulated,
                cast(null as varchar) as parent, 'month' as frequency, 'town' as lowest_grain,
                date '1900-01-01' as valid_from, date '9999-12-31' as valid_to, false as illustrative
            )
            from (select * from read_parquet('{registry / "indicator.parquet"}') limit 1) as pattern
            cross join (from item where i % 5 <> 0) as n
            inner join item as d on d.i = n.i - n.i % 5
            cross join range({definitions}) as copy (k)
        """,
    }
    for table, query in replaced.items():
        kept = "* exclude (i, item, i_1, item_1, k)" if table == "indicator" else "*"
        con.execute(f"create table made as select {kept} from ({query})")
        con.execute(f"copy made to '{registry / table}.parquet' (format parquet)")
        con.execute("drop table made")


if __name__ == "__main__":
    print(write_world(Path(sys.argv[1]), *(int(number) for number in sys.argv[2:])))  # noqa: T201
