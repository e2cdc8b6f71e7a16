"""What the law's two ends take: the pre-flight of a list, and the duties in a long journal. Run by hand:

    python -m tests.bench.law preflight [--users 400000] [--limit 10000]
    python -m tests.bench.law snapshot [--users 200000]
    python -m tests.bench.law duties [--entries 1000000]

Each is the command itself, from its start to its end, in a process of its own: seconds, and the most memory
that it took. `preflight` reads at that limit of requests a minute from a sandbox with 50 ms of latency.
"""

import argparse
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

from dfn_tui.sandbox.process import SandboxProcess
from tests.bench.journal import fill

COMMAND = str(Path(sysconfig.get_path("scripts")) / "dfn-tui")
EXPORT = "bench-export"
CONFIG = """
journal_key_command = ["echo", "{key}"]

[connections.bank]
api = "{api}"
environment = "sandbox"
base_url = "{url}"
service_id = "{service}"
"""


def ran(folder: Path, token: str, *words: str, loud: bool = True) -> float:
    """Runs `dfn-tui …` there, says what it took, and returns the seconds."""
    environ = {
        **os.environ,
        "XDG_CONFIG_HOME": str(folder),
        "XDG_STATE_HOME": str(folder / "state"),
        "DFN_TUI_TOKEN": token,
        "DFN_TUI_EXPORT_TOKEN": EXPORT,
    }
    began = time.perf_counter()
    child = subprocess.Popen(
        [COMMAND, "-c", "bank", *words], env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert child.stdout is not None
    said = child.stdout.read().decode()
    _pid, status, used = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - began
    if loud:
        print(said[-600:], file=sys.stderr)
    code = os.waitstatus_to_exitcode(status)
    cpu = used.ru_utime + used.ru_stime
    print(f"{words[0]:<12} {seconds:8.1f} s  {cpu:8.1f} s CPU  {used.ru_maxrss / 1024:7.1f} MiB  code {code}")
    return seconds


def configured(folder: Path, api: str, url: str, service: str) -> None:
    home = folder / "dfn-tui"
    home.mkdir()
    text = CONFIG.format(api=api, url=url, service=service, key=bytes(range(32)).hex())
    if api == "v1":
        text = text.replace(f'service_id = "{service}"\n', "")
    (home / "config.toml").write_text(text)


def listed(folder: Path, users: int) -> Path:
    path = folder / "list.txt"
    with path.open("w") as file:
        file.writelines(f"user-{number:04}\n" for number in range(1, users + 1))
    return path


def preflight(folder: Path, users: int, limit: int) -> None:
    with SandboxProcess(
        ["--users", str(users), "--latency-ms", "50", "--rate-limit", f"{limit}/1m"]
    ) as server:
        configured(folder, "v1", server.url, server.service_id)
        words = ("preflight", str(listed(folder, users)), "--channel", "sms", "--limit", str(limit), "--json")
        seconds = ran(folder, server.token, *words)
    print(f"{60 * users / seconds:,.0f} users a minute at {limit:,} requests a minute ({20 * limit:,})")


def snapshot(folder: Path, users: int) -> None:
    with SandboxProcess(["--users", str(users), "--export-token", EXPORT]) as server:
        configured(folder, "v2", server.url, server.service_id)
        ran(folder, server.token, "snapshot", "take")
        path = listed(folder, users)
        seconds = ran(folder, server.token, "preflight", str(path), "--channel", "sms", "--json")
    print(f"{60 * users / seconds:,.0f} users a minute from a snapshot of {users:,}")


def duties(folder: Path, entries: int) -> None:
    configured(folder, "v1", "http://127.0.0.1:1", "")
    (folder / "state" / "dfn-tui").mkdir(parents=True, mode=0o700)
    fill(folder / "state" / "dfn-tui" / "journal.db", entries)
    ran(folder, "token", "duties", "--due", "7d")
    ran(folder, "token", "duties", loud=False)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("preflight", "snapshot", "duties"))
    parser.add_argument("--users", type=int, default=None)
    parser.add_argument("--limit", type=int, default=10_000)
    parser.add_argument("--entries", type=int, default=1_000_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if args.what == "preflight":
            preflight(folder, args.users or 400_000, args.limit)
        elif args.what == "snapshot":
            snapshot(folder, args.users or 200_000)
        else:
            duties(folder, args.entries)


if __name__ == "__main__":
    main()
