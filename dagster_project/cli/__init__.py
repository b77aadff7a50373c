"""The command `citydeck`. Belongs here: arguments, what is printed, exit codes. What the commands do is elsewhere.

Exit codes: 0 done, 1 the request failed (the message says what to do), 2 the words of the command are off.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Protocol, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from dagster_project import settings as settings_module
from dagster_project.cli.kpi_edit import kpi
from dagster_project.cli.model import ModelError
from dagster_project.cli.model import model as model_group
from dagster_project.cli.registry import registry as registry_group
from dagster_project.cli.scheme import scheme as scheme_group
from dagster_project.cli.score import score as score_command
from dagster_project.cli.simulate import MONTHS, SEED
from dagster_project.cli.simulate import run as run_simulation
from dagster_project.cli.simulate import simulate as simulate_command
from dagster_project.cli.whatif import reach, whatif
from dagster_project.settings import ROOT, Settings, SettingsError

# What a data folder takes, by what is simulated.
DISK_NEEDED_MB = {"off": 1024, "small": 4096, "demo": 8192, "large": 65536}
CATALOGUE = ROOT / "build" / "catalogue"
DISCLAIMER = (
    "Simulated figures are marked so; what is marked illustrative is ours. · 模拟数据均有标注;“示意”为本项目自拟。"
)

app = typer.Typer(
    name="citydeck",
    help="KPI and indicator warehouse for governing a large city.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(kpi)
app.add_typer(model_group)
app.add_typer(registry_group)
app.add_typer(scheme_group)
app.command("simulate")(simulate_command)
app.command("whatif")(whatif)
app.command("reach")(reach)
app.command("score")(score_command)
out = Console()
err = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="The warehouse as it was known at the end of this day."),
]


class _Explained(Protocol):
    def as_json(self) -> str: ...


_Told = TypeVar("_Told", bound=_Explained)


def main() -> None:
    """Run a command; whatever is expected to go wrong ends in one message and exit code 1."""
    from dagster_project.catalogue import CatalogueError
    from dagster_project.cockpit import CockpitError
    from dagster_project.ingest.contract import ContractError
    from dagster_project.ingest.land import LandError
    from dagster_project.registry.edit import EditError
    from dagster_project.registry.workbook import WorkbookError
    from dagster_project.runs import RunFailed
    from dagster_project.scoring.scheme import SchemeError
    from dagster_project.simulate.run import SimulationError
    from dagster_project.warehouse.core import NoPreview
    from dagster_project.warehouse.lookup import NotFound
    from dagster_project.warehouse.plan import NothingLanded
    from dagster_project.warehouse.snapshot import NoSnapshot

    try:
        app()
    except (
        *(CatalogueError, CockpitError, ContractError, EditError, LandError, NoSnapshot, NothingLanded, NotFound),
        *(ModelError, NoPreview, RunFailed, SchemeError, SettingsError, SimulationError, WorkbookError, OSError),
    ) as error:
        err.print(f"[red]citydeck:[/] {escape(str(error))}", highlight=False)
        sys.exit(1)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Print a step's title and, when it ends, its time."""
    err.print(f"[bold]{title}[/]", highlight=False)
    begun = time.monotonic()
    yield
    err.print(f"  [dim]{title}: {time.monotonic() - begun:.1f} s[/]", highlight=False)


def _say(line: str) -> None:
    err.print(f"  {escape(line)}", highlight=False)


def _require_disk(settings: Settings, simulated: str = "off") -> None:
    settings.data.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.data).free // 2**20
    needed = DISK_NEEDED_MB[simulated]
    if free < needed:
        raise SettingsError(
            f"only {free} MB are free under {settings.data}, {needed} MB are needed; free some, set CITYDECK_DATA, or "
            "simulate less (CITYDECK_SIMULATED=small or off)"
        )


def _land(settings: Settings) -> None:
    from dagster_project.ingest.contract import load_contracts
    from dagster_project.ingest.land import unknown_feeds
    from dagster_project.ingest.published import offer_published
    from dagster_project.runs import run_job

    with step("Land: registry and feeds"):
        for name in unknown_feeds(load_contracts(settings.dbt).values(), settings.landing):
            err.print(
                f"  [yellow]![/] {escape(str(settings.landing / name))} belongs to no feed and is never read",
                highlight=False,
            )
        offered = offer_published(settings.seeds, settings.landing, settings.raw)
        made = run_job("landing", settings)
        ledger = made["ledger"]
        new = sum(metadata.get("new_files", 0) for key, metadata in made.items() if key.startswith("raw/"))
        for metadata in made.values():
            for notice in filter(None, str(metadata.get("notices", "")).split("\n")):
                err.print(f"  [yellow]![/] {escape(notice)}", highlight=False, soft_wrap=True)
        _say(
            f"{new} new files ({offered} of them published figures); "
            f"{ledger['files']} files, {ledger['rows']} rows in all"
        )
        if ledger["rows_unaccounted"]:
            raise SettingsError(
                f"{ledger['rows_unaccounted']} files whose accepted and quarantined rows are not their landed rows"
            )


def _build(settings: Settings, as_of: date | None = None) -> str:
    """Build and publish what the landed files and the registry give; nothing if it is in force already."""
    from dagster_project.runs import run_job
    from dagster_project.warehouse.plan import make_plan
    from dagster_project.warehouse.publish import published_snapshot

    plan = make_plan(settings, as_of)
    with step(f"Build: snapshot {plan.snapshot_id}"):
        if published_snapshot(settings.serving, plan.name) == plan.snapshot_id and plan.finished.exists():
            _say("in force already; nothing has changed")
        else:
            made = run_job("build", settings, as_of)
            _say(f"published {made['published']['tables']} tables, {made['published']['rows']} rows as {plan.name}")
    return plan.snapshot_id


@app.command()
def up() -> None:
    """Simulate (unless CITYDECK_SIMULATED=off), land, build, publish, start the cockpit and verify every chart."""
    from dagster_project.cockpit import publish, server

    settings = settings_module.load()
    begun = time.monotonic()
    # What is simulated already has its room.
    _require_disk(settings, "off" if settings.clock else settings.simulated)
    server.require_ports(settings)
    if settings.simulated != "off":
        with step("Simulate: the demonstration's raw feeds"):
            run_simulation(settings, settings.simulated, SEED, MONTHS[settings.simulated], _say)
    _land(settings)
    _build(settings)
    with step("Start: cockpit, pipeline page, scheduler"):
        server.start(settings, _say)
    with step("Dashboards: import and verify"):
        publish.import_dashboards(settings, _say)
        failures = publish.verify(settings, _say)
        if failures:
            from dagster_project.cockpit import CockpitError

            raise CockpitError("charts that do not answer:\n" + "\n".join(failures))
    err.print(f"[green]Ready[/] after {time.monotonic() - begun:.0f} s. {DISCLAIMER}", highlight=False)
    for line in server.addresses(settings):
        out.print(line, highlight=False, soft_wrap=True)


@app.command()
def down() -> None:
    """Stop what `citydeck up` started."""
    from dagster_project.cockpit import server

    server.stop(settings_module.load(), _say)
    err.print("Stopped.")


@app.command()
def build(as_of: AsOf = None) -> None:
    """Land what waits and build the warehouse; with --as-of beside the one in force, without landing."""
    settings = settings_module.load()
    _require_disk(settings)
    if as_of is None:
        _land(settings)
    out.print(_build(settings, as_of.date() if as_of else None), highlight=False)


@app.command()
def check(as_json: Json = False) -> None:
    """Lint the registry and the dashboards: file, line, column, what is wrong, how to mend it."""
    from dataclasses import asdict

    from dagster_project import registry
    from dagster_project.cockpit.check import check as check_dashboards

    settings = settings_module.load()
    findings = [*registry.lint(registry.load(settings.seeds)), *check_dashboards(settings.dashboards, settings.dbt)]
    if as_json:
        out.print_json(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        for finding in findings:
            out.print(escape(str(finding)), highlight=False, soft_wrap=True)
        err.print("[green]No findings.[/]" if not findings else f"[red]{len(findings)} findings.[/]")
    raise typer.Exit(1 if findings else 0)


@app.command()
def catalogue(
    folder: Annotated[Path, typer.Option("--out", help="Where the pages go; what is there is replaced.")] = CATALOGUE,
) -> None:
    """Write the registry as static pages in Chinese and English, with a search, to be opened from the disk."""
    from dagster_project import registry
    from dagster_project.catalogue.site import build as build_catalogue

    with step("Catalogue: pages of the registry"):
        pages = build_catalogue(registry.load(settings_module.load().seeds), folder.resolve(), _say)
        _say(f"{pages} pages in each language")
    out.print(str(folder.resolve() / "index.html"), highlight=False, soft_wrap=True)


@app.command()
def explain(
    indicator: Annotated[
        str,
        typer.Argument(
            metavar="INDICATOR|SCHEME[/NODE]",
            help="Id or name, for example gdp_growth or 地区生产总值名义增速; or of a scheme: city, or city/ECO.",
        ),
    ],
    region: Annotated[str, typer.Argument(help="Id or name, for example 渝中区 or Yuzhong.")],
    period: Annotated[str, typer.Argument(help="2022, 2022H1, 2022Q1, 2022M03 or 2022-03.")],
    restated: Annotated[bool, typer.Option("--restated", help="On today's boundary instead of the period's.")] = False,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Say where a value comes from: formula, numerator and denominator, their parts, the files and rows behind them.

    Of a scheme: where a unit's score and rank come from, why they moved, and the figures that they rest on.
    """
    from dagster_project.printing import show_explanation
    from dagster_project.printing_explained import show_score_explanation
    from dagster_project.warehouse.explain import explain as explained
    from dagster_project.warehouse.explain_score import explain_score
    from dagster_project.warehouse.lookup import scheme_or_indicator
    from dagster_project.warehouse.snapshot import folder_of, open_snapshot

    settings = settings_module.load()
    with open_snapshot(folder_of(settings.warehouse, _iso(as_of))) as connection:
        scheme, asked = scheme_or_indicator(connection, indicator)
        if scheme is None:
            explanation = explained(connection, settings.raw, asked, region, period, restated)
            _show(explanation, show_explanation, as_json)
            return
        if restated:
            raise typer.BadParameter("a scheme ranks units on the boundaries of the period; leave --restated out")
        _show(explain_score(connection, scheme, asked, region, period, _iso(as_of)), show_score_explanation, as_json)
    err.print(DISCLAIMER)


@app.command()
def ranking(
    scheme: Annotated[str | None, typer.Option(help="Scheme; the first one by default.")] = None,
    period: Annotated[str | None, typer.Option(help="Period; the newest ranked one by default.")] = None,
    peer_area: Annotated[str | None, typer.Option(help="Id or name of one peer area.")] = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Print the league table of a scheme, by peer area, with why a district is not ranked."""
    from dagster_project.printing import show_ranking
    from dagster_project.warehouse.ranking import league_table
    from dagster_project.warehouse.snapshot import folder_of, open_snapshot

    settings = settings_module.load()
    with open_snapshot(folder_of(settings.warehouse, _iso(as_of))) as connection:
        found = league_table(connection, scheme, period, peer_area)
    if as_json:
        out.print_json(json.dumps(found, ensure_ascii=False, default=str))
        return
    show_ranking(found, out)
    err.print(DISCLAIMER)


@app.command()
def status(as_of: AsOf = None, as_json: Json = False) -> None:
    """Say what the warehouse holds and what runs where."""
    from dagster_project.cockpit import server
    from dagster_project.warehouse.snapshot import NoSnapshot, folder_of, open_snapshot
    from dagster_project.warehouse.status import contents

    settings = settings_module.load()
    services = {service.name: service.as_dict() for service in server.status(settings)}
    try:
        with open_snapshot(folder_of(settings.warehouse, _iso(as_of))) as connection:
            found: dict[str, Any] = {**contents(connection), "services": services}
    except NoSnapshot:
        if as_of is not None:
            raise
        found = {"snapshot_id": None, "services": services}
    if as_json:
        out.print_json(json.dumps(found, ensure_ascii=False))
        return
    for key, value in found.items():
        out.print(f"[bold]{key}[/]: {escape(json.dumps(value, ensure_ascii=False))}", highlight=False, soft_wrap=True)


def _show(found: _Told, show: Callable[[_Told, Console], None], as_json: bool) -> None:
    if as_json:
        out.print_json(found.as_json())
    else:
        show(found, out)


def _iso(moment: datetime | None) -> str | None:
    return moment.date().isoformat() if moment else None
