"""The registry, one asset per feed, and the ledger over all of them."""

import dagster as dg

from dagster_project import registry as registry_package
from dagster_project import settings as settings_module
from dagster_project.ingest import contract as contracts
from dagster_project.ingest import land, ledger


@dg.asset(
    group_name="registry", description="Lint `seeds/` and write its typed Parquet copies. Any finding stops the build."
)
def registry(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    settings = settings_module.load()
    loaded = registry_package.load(settings.seeds)
    findings = registry_package.lint(loaded)
    if findings:
        listed = "\n".join(str(finding) for finding in findings[:20])
        raise dg.Failure(f"The registry has {len(findings)} findings; run `citydeck check`.\n{listed}")
    version = registry_package.write(loaded, settings.registry, settings.today)
    (settings.registry / "version.txt").write_text(version, encoding="utf-8")
    return dg.MaterializeResult(metadata={"registry_version": version})


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


def feed_asset(contract: contracts.Contract) -> dg.AssetsDefinition:
    """The asset that lands one feed's files."""

    @dg.asset(
        key=["raw", contract.feed],
        deps=[registry],
        group_name="landing",
        description=contract.description,
        kinds={"parquet"},
    )
    def landed() -> dg.MaterializeResult:
        settings = settings_module.load()
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
        return dg.MaterializeResult(
            metadata={
                "new_files": len(new),
                "new_rows": sum(manifest.landed for manifest in new),
                "new_quarantined": sum(manifest.quarantined for manifest in new),
                "notices": "\n".join(notice for file in files if (notice := notice_of(file))),
            }
        )

    return landed


FEEDS = contracts.load_contracts(settings_module.load().dbt)
feed_assets = [feed_asset(contract) for contract in FEEDS.values()]


@dg.asset(key="ledger", deps=feed_assets, group_name="landing", description="All landed files with their counts.")
def landed_ledger() -> dg.MaterializeResult:
    settings = settings_module.load()
    files = ledger.write_tables(settings.raw)
    lost = [file for file in files if file.landed != file.accepted + file.quarantined]
    rows = sum(file.landed for file in files)
    return dg.MaterializeResult(metadata={"files": len(files), "rows": rows, "rows_unaccounted": len(lost)})
