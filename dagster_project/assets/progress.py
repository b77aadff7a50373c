"""A logger for people who wait: one line when a step ends, with its time; used by the command line."""

import logging
from typing import Any

import dagster as dg
from rich.console import Console
from rich.markup import escape

PART = "· "


def part(name: str, seconds: float, rows: int | None) -> str:
    """What a step says of one of its parts, with its pace where it counts rows."""
    pace = "" if rows is None else f" {rows:>11,} rows {rows / max(seconds, 0.001):>11,.0f} rows/s"
    return f"{PART}{name:<30} {seconds:6.1f} s{pace}"


class StepPrinter(logging.Handler):
    """Prints the steps of a run as they end, and what steps say of their parts (`context.log.info`, beginning with
    PART). Failures show the error's own words, not a stack."""

    def __init__(self, console: Console) -> None:
        super().__init__(logging.DEBUG)
        self.console = console

    def emit(self, record: logging.LogRecord) -> None:
        meta: dict[str, Any] = getattr(record, "dagster_meta", None) or {}
        event: Any = meta.get("dagster_event")
        if event is None:
            said = str(meta.get("orig_message", ""))
            if said.startswith(PART):
                self.console.print(f"    [dim]{escape(said)}[/]", highlight=False, soft_wrap=True)
        elif event.is_step_success:
            seconds = event.event_specific_data.duration_ms / 1000
            self.console.print(f"  [green]✓[/] {event.step_key:<32} [dim]{seconds:6.1f} s[/]", highlight=False)
        elif event.is_step_failure:
            self.console.print(f"  [red]✗[/] {event.step_key}", highlight=False)


@dg.logger(dg.Permissive(), description="Prints each step with its time.")
def step_logger(_: dg.InitLoggerContext) -> logging.Logger:
    logger = logging.Logger("citydeck.steps", logging.DEBUG)
    logger.addHandler(StepPrinter(Console(stderr=True)))
    return logger
