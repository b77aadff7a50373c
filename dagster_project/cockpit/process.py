"""Long-lived programs: started in their own session, remembered by pid and start time, stopped as a group.

Belongs here: what is true of any program. Which programs CityDeck runs is in `server`.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from dagster_project.cockpit import CockpitError, Progress

STOP_SECONDS = 15.0
PROGRESS_MARK = "citydeck: "

# Programs are meant to outlive us; one that Python forgets while it runs would be reported as an accident.
_started: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True)
class Program:
    """What to run and how to see that it is well. `port`, `health` and `port_setting` are empty for a daemon."""

    name: str
    title: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    pid_file: Path
    log: Path
    host: str = ""
    port: int = 0
    port_setting: str = ""
    health: str = ""
    start_seconds: float = 180.0

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}" if self.port else ""


@dataclass(frozen=True)
class Service:
    """How a program does. `state` is running, unhealthy (alive, no answer) or stopped."""

    name: str
    title: str
    state: str
    url: str
    pid: int | None
    log: Path

    @property
    def running(self) -> bool:
        return self.state == "running"

    def as_dict(self) -> dict[str, str | int | None]:
        """What a program reads of it."""
        return {"state": self.state, "url": self.url, "pid": self.pid, "log": str(self.log)}


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """One start or stop at a time per data folder; a second caller waits for the first."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def find(program: Program) -> psutil.Process | None:
    """The running program its pid file names, or None. A recycled pid is told by its start time and left alone."""
    try:
        note = json.loads(program.pid_file.read_text(encoding="utf-8"))
        process = psutil.Process(int(note["pid"]))
        alive = abs(process.create_time() - float(note["started"])) < 1.0 and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None
    return process if alive else None


def status(program: Program) -> Service:
    """Looks at the process and, where there is one, at its health address."""
    process = find(program)
    state = "stopped" if process is None else "running" if healthy(program) else "unhealthy"
    return Service(program.name, program.title, state, program.url, process.pid if process else None, program.log)


def healthy(program: Program, seconds: float = 5.0) -> bool:
    """Whether the health address answers 200; a daemon without one is well while it lives."""
    if not program.health:
        return True
    try:
        return httpx.get(program.url + program.health, timeout=seconds, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def start(program: Program, progress: Progress) -> subprocess.Popen[bytes] | None:
    """Start the program unless it already runs well; returns the new process, which `await_health` takes.

    Raises:
        CockpitError: its port is taken, or its executable is missing.
    """
    if find(program) is not None:
        if healthy(program):
            progress(f"{program.title} already runs {program.url}".rstrip())
            return None
        progress(f"{program.title} does not answer: restarting it")
        stop(program)
    if program.port:
        refuse_taken_port(program)
    for folder in (program.folder, program.log.parent, program.pid_file.parent):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        with program.log.open("wb") as log:
            process = subprocess.Popen(
                program.command,
                cwd=program.folder,
                env=dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        raise CockpitError(f"{program.command[0]} cannot be run ({error.strerror}); run `make install`") from error
    _started.append(process)
    note = {"pid": process.pid, "started": psutil.Process(process.pid).create_time(), "port": program.port}
    program.pid_file.write_text(json.dumps(note), encoding="utf-8")
    return process


def await_health(program: Program, process: subprocess.Popen[bytes], progress: Progress) -> None:
    """Wait until the program answers, passing on what it says of its progress.

    Raises:
        CockpitError: it ended, or did not answer in time; carries the end of its log.
    """
    began = time.monotonic()
    shown = 0
    while not healthy(program):
        shown = _relay(program, shown, progress)
        try:
            code = process.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            if time.monotonic() - began < program.start_seconds:
                continue
            stop(program)
            problem = f"did not answer within {program.start_seconds:.0f} s and was stopped"
        else:
            problem = f"ended with code {code} while starting"
            program.pid_file.unlink(missing_ok=True)
        raise CockpitError(f"{program.title} {problem}. The end of {program.log}:\n{log_tail(program.log)}")
    _relay(program, shown, progress)
    progress(f"{program.title} is up {program.url} ({time.monotonic() - began:.1f} s)".replace("  ", " "))


def stop(program: Program) -> bool:
    """End the program and its children, politely and then not; True when something was running."""
    process = find(program)
    if process is not None:
        group = [process, *process.children(recursive=True)]
        for signal_number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, signal_number)
            except ProcessLookupError:
                break
            _, group = psutil.wait_procs(group, timeout=STOP_SECONDS)
            if not group:
                break
    program.pid_file.unlink(missing_ok=True)
    return process is not None


def refuse_taken_port(program: Program) -> None:
    """Raises CockpitError when the port cannot be had; names who holds it when that can be known."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((program.host, program.port))
        except OSError as error:
            reason = f"is in use{_holder(program.port)}" if error.errno == errno.EADDRINUSE else f"({error.strerror})"
            raise CockpitError(
                f"{program.title} cannot listen: port {program.port} on {program.host} {reason}. "
                f"Free it, or set {program.port_setting}=<another port> (in .env or the environment)"
            ) from error


def log_tail(path: Path, lines: int = 25) -> str:
    """The last lines of a log, or a word that there are none."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "(no log)"
    return "\n".join(text.splitlines()[-lines:]) or "(empty log)"


def _relay(program: Program, shown: int, progress: Progress) -> int:
    said = [line for line in log_tail(program.log, 100_000).splitlines() if line.startswith(PROGRESS_MARK)]
    for line in said[shown:]:
        progress(line.removeprefix(PROGRESS_MARK))
    return len(said)


def _holder(port: int) -> str:
    try:
        held = [
            c.pid for c in psutil.net_connections("inet") if c.laddr and c.laddr.port == port and c.status == "LISTEN"
        ]
        return next((f" by {psutil.Process(pid).name()} (pid {pid})" for pid in held if pid), "")
    except psutil.Error:
        return ""
