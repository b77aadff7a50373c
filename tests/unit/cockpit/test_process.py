"""Programs: started once, found again, never confused with a recycled pid, stopped with their children."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from dagster_project.cockpit import CockpitError, process
from dagster_project.cockpit.process import Program

SERVER = """
import http.server, subprocess, sys
print("citydeck: warming", flush=True)
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
print("child", child.pid, flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
MUTE = (sys.executable, "-c", "import threading; threading.Event().wait()")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    port = free_port()
    made = Program(
        name="demo",
        title="Demo",
        command=(sys.executable, "-c", SERVER, str(port)),
        environment={},
        folder=tmp_path / "empty",
        pid_file=tmp_path / "run" / "demo.json",
        log=tmp_path / "logs" / "demo.log",
        host="127.0.0.1",
        port=port,
        port_setting="DEMO_PORT",
        health="/",
        start_seconds=30,
    )
    yield made
    process.stop(made)


def begin(program: Program) -> tuple[subprocess.Popen[bytes], list[str]]:
    said: list[str] = []
    new = process.start(program, said.append)
    assert new is not None
    process.await_health(program, new, said.append)
    return new, said


def test_a_program_starts_says_its_progress_and_is_found(program: Program) -> None:
    assert process.status(program).state == "stopped"
    new, said = begin(program)
    assert said[0] == "warming"
    assert said[-1].startswith(f"Demo is up http://127.0.0.1:{program.port}")
    service = process.status(program)
    assert (service.state, service.running, service.pid) == ("running", True, new.pid)
    assert service.as_dict()["url"] == program.url


def test_it_runs_in_a_session_of_its_own(program: Program) -> None:
    new, _ = begin(program)
    status = Path(f"/proc/{new.pid}/stat")
    if not status.exists():
        pytest.skip("needs /proc")
    assert int(status.read_text().rsplit(")", 1)[1].split()[3]) == new.pid


def test_a_second_start_leaves_it_alone(program: Program) -> None:
    new, _ = begin(program)
    said: list[str] = []
    assert process.start(program, said.append) is None
    assert said == [f"Demo already runs {program.url}"]
    assert process.status(program).pid == new.pid


def test_stop_ends_the_children_too_and_is_no_error_twice(program: Program) -> None:
    new, _ = begin(program)
    child = int(program.log.read_text().split("child ")[1].split()[0])
    assert process.stop(program)
    assert gone(new.pid)
    assert gone(child)
    assert not process.stop(program)
    assert not program.pid_file.exists()


def test_a_recycled_pid_is_not_ours(program: Program) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        started = psutil.Process(stranger.pid).create_time() - 60
        program.pid_file.parent.mkdir(parents=True)
        program.pid_file.write_text(json.dumps({"pid": stranger.pid, "started": started}))
        assert process.status(program).state == "stopped"
        assert not process.stop(program)
        assert stranger.poll() is None
        stranger.kill()


@pytest.mark.parametrize("note", ["", "{}", '{"pid": "x"}', "[1]", '{"pid": -4, "started": 1}'])
def test_a_broken_pid_file_means_stopped(program: Program, note: str) -> None:
    program.pid_file.parent.mkdir(parents=True)
    program.pid_file.write_text(note)
    assert process.status(program).state == "stopped"


def test_a_taken_port_is_named_with_its_holder_and_the_setting(program: Program) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", program.port))
        holder.listen()
        with pytest.raises(CockpitError, match=rf"port {program.port} on 127.0.0.1 is in use.*DEMO_PORT=") as caught:
            process.start(program, print)
    assert f"pid {psutil.Process().pid}" in str(caught.value)
    assert not program.pid_file.exists()


def test_a_program_that_dies_shows_the_end_of_its_log(program: Program) -> None:
    broken = replace(program, command=(sys.executable, "-c", "raise SystemExit('no disk left')"))
    new = process.start(broken, print)
    assert new is not None
    with pytest.raises(CockpitError, match=r"ended with code 1 while starting(.|\n)*no disk left"):
        process.await_health(broken, new, print)
    assert process.status(broken).state == "stopped"


def test_a_program_that_never_answers_is_stopped(program: Program) -> None:
    mute = replace(program, command=MUTE, start_seconds=0.5)
    new = process.start(mute, print)
    assert new is not None
    with pytest.raises(CockpitError, match="did not answer within"):
        process.await_health(mute, new, print)
    assert gone(new.pid)


def test_a_program_that_hangs_is_restarted(program: Program) -> None:
    mute = replace(program, command=MUTE)
    old = process.start(mute, print)
    assert old is not None
    assert process.status(mute).state == "unhealthy"
    new, said = begin(program)
    assert said[0] == "Demo does not answer: restarting it"
    assert new.pid != old.pid
    assert gone(old.pid)


def test_a_missing_executable_says_what_installs_it(program: Program) -> None:
    with pytest.raises(CockpitError, match="make install"):
        process.start(replace(program, command=("/nowhere/python",)), print)
