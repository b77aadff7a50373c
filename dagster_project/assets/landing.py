"""The registry, the feeds and the ledger over all of them, with the job that makes them.

Forbidden here: importing dbt or anything that does; a landing of nothing new takes less time than that import.
"""

import time
from collections.abc import Iterator

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from dagster_project import registry as registry_package
from dagster_project import settings as settings_module
from dagster_project.assets.progress import part, step_logger
from dagster_project.ingest import contract as contracts
from dagster_project.ingest import land, ledger
from dagster_project.settings import Settings
from dagster_project.warehouse.plan import code_version

FEEDS = contracts.load_contracts(settings_module.load().dbt)


@dg.asset(
    group_name="registry",
    description="Lint `seeds/` and write its typed Parquet copies, if anything changed. Any finding stops the build.",
)
def registry() -> dg.MaterializeResult:
    settings = settings_module.load()
    version = settings.registry / "version.txt"
    with land.locked(settings.registry):
        made = registry_package.made_of(settings.seeds, code_version(), settings.today.isoformat())
        if not registry_package.is_stamped(settings.registry, made):
            version.write_text(_write_registry(settings), encoding="utf-8")
            registry_package.stamp(settings.registry, made)
        return dg.MaterializeResult(metadata={"registry_version": version.read_text(encoding="utf-8")})


def _write_registry(settings: Settings) -> str:
    loaded = registry_package.load(settings.seeds)
    findings = registry_package.lint(loaded)
    if findings:
        listed = "\n".join(str(finding) for finding in findings[:20])
        raise dg.Failure(f"The registry has {len(findings)} findings; run `citydeck check`.\n{listed}")
    return registry_package.write(loaded, settings.registry, settings.today)


def notice_of(file: land.LandedFile) -> str | None:
    """What a person must know of a file that did not go in whole; None for one that did."""
    where = f"{file.feed}/{file.name}"
    if file.why and file.outcome in ("refused", "left"):
        return f"{where}: {file.outcome}: {file.why.message_en} · {file.why.message_zh}"
    if file.manifest and file.outcome == "landed" and file.manifest.quarantined:
        reasons = ", ".join(f"{count} {code}" for code, count in file.manifest.reasons.items())
        counts = f"{file.manifest.quarantined} of {file.manifest.landed} rows quarantined ({reasons})"
        return f"{where}: {counts}; see raw/{file.manifest.folder}/quarantine.parquet"
    return None


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            ["raw", contract.feed],
            deps=[registry],
            group_name="landing",
            description=contract.description,
            kinds={"parquet"},
        )
        for contract in FEEDS.values()
    ],
    can_subset=True,
)
def feeds(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
    """Land the files of each feed. One step for all, since Dagster takes longer over a step than most landings do.

    A feed that fails does not stop the others; the step fails after the last one.
    """
    failed = []
    for key in sorted(context.selected_asset_keys):
        feed = key.path[-1]
        try:
            yield _land_feed(context, FEEDS[feed])
        except Exception as error:
            context.log.exception(f"{feed} failed")
            failed.append(f"{feed}: {type(error).__name__}: {error}")
    if failed:
        raise dg.Failure("\n".join(failed))


def _land_feed(context: dg.AssetExecutionContext, contract: contracts.Contract) -> dg.MaterializeResult:
    settings, started = settings_module.load(), time.monotonic()
    files = land.land_feed(
        contract,
        settings.landing,
        settings.raw,
        settings.registry,
        settings.now(),
        memory_limit=settings.memory_limit,
        threads=settings.threads,
    )
    new = [file.manifest for file in files if file.outcome in ("landed", "refused") and file.manifest]
    rows = sum(manifest.landed for manifest in new)
    if new:
        context.log.info(part(contract.feed, time.monotonic() - started, rows))
    return dg.MaterializeResult(
        asset_key=["raw", contract.feed],
        metadata={
            "new_files": len(new),
            "new_rows": rows,
            "new_quarantined": sum(manifest.quarantined for manifest in new),
            "notices": "\n".join(notice for file in files if (notice := notice_of(file))),
        },
    )


@dg.asset(key="ledger", deps=[registry, feeds], group_name="landing", description="All landed files with their counts.")
def landed_ledger() -> dg.MaterializeResult:
    settings = settings_module.load()
    land.prepare(FEEDS.values(), settings.landing, settings.raw)
    files = ledger.write_tables(settings.raw)
    lost = [file for file in files if file.landed != file.accepted + file.quarantined]
    rows = sum(file.landed for file in files)
    return dg.MaterializeResult(metadata={"files": len(files), "rows": rows, "rows_unaccounted": len(lost)})


arriving = dg.AssetSelection.groups("registry", "landing")


def in_one_process(name: str, selection: dg.AssetSelection) -> UnresolvedAssetJobDefinition:
    """A job whose steps run in one process: faster than a process each, and a build needs it (`BuildPlan.claim`)."""
    return dg.define_asset_job(name, selection, executor_def=dg.in_process_executor)


landing_job = in_one_process("landing", arriving)


def needed(settings: Settings) -> list[dg.AssetKey]:
    """What a landing has to make: of the feeds those for which something waits."""
    waiting = land.waiting(FEEDS.values(), settings.landing)
    return [registry.key, *(dg.AssetKey(["raw", feed]) for feed in waiting), landed_ledger.key]


defs = dg.Definitions(assets=[registry, feeds, landed_ledger], jobs=[landing_job], loggers={"steps": step_logger})
