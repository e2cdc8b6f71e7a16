"""A PostgreSQL server of its own for a test, in a folder that its user can reach."""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Self

TLS = Path(__file__).parents[1] / "data" / "tls"
DATABASE = "audit"
_SETTINGS = """
fsync = on
logging_collector = off
log_destination = stderr
max_connections = 20
shared_buffers = 16MB
"""


def programs() -> Path | None:
    """Where the newest server's programs lie; None where none is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda one: int(one.parts[-3]))
    return found[-1].parent if found else None


class PostgresServer:
    """Runs as `postgres` where the tests are root's, who may not run it. `with` stops it."""

    def __init__(self, certificate: Path = TLS / "server.pem", key: Path = TLS / "server.key") -> None:
        found = programs()
        assert found is not None
        self._programs = found
        self._as = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self.folder = Path(tempfile.mkdtemp(prefix="dfn-pg-"))
        self.port = free_port()
        self.passwords = {"dfn_tui_writer": secrets.token_hex(8), "dfn_tui_reader": secrets.token_hex(8)}
        self._data = self.folder / "data"
        if self._as:
            shutil.chown(self.folder, "postgres")
        self._run("initdb", "-D", str(self._data), "-U", "owner", "-A", "trust", "--no-sync", "-E", "UTF8")
        for file, name in ((certificate, "server.crt"), (key, "server.key")):
            shutil.copy(file, self._data / name)
            (self._data / name).chmod(0o600)
            if self._as:
                shutil.chown(self._data / name, "postgres", "postgres")
        rules = "local all owner trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        (self._data / "pg_hba.conf").write_text(rules)
        with (self._data / "postgresql.conf").open("a") as settings:
            settings.write(
                f"{_SETTINGS}port = {self.port}\nunix_socket_directories = '{self.folder}'\nssl = on\n"
            )
        self.start()
        self.sql(f"CREATE DATABASE {DATABASE}", database="postgres")

    def start(self) -> None:
        log = self.folder / "log"
        self._run("pg_ctl", "-D", str(self._data), "-w", "-t", "60", "-l", str(log), "start")

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-D", str(self._data), "-w", "-t", "60", "-m", mode, "stop")

    def sql(self, *statements: str, database: str = DATABASE) -> str:
        """Runs them as the owner; what the last one gave, without headings."""
        command = [str(self._programs / "psql"), *self._owner(database), "-XAtq", "-v", "ON_ERROR_STOP=1"]
        for statement in statements:
            command += ["-c", statement]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def _owner(self, database: str) -> list[str]:
        return ["-h", str(self.folder), "-p", str(self.port), "-U", "owner", "-d", database]

    @property
    def owner(self) -> str:
        """The connection string of who may make tables."""
        return f"host={self.folder} port={self.port} dbname={DATABASE} user=owner"

    def give_passwords(self) -> None:
        self.sql(*(f"ALTER ROLE {role} PASSWORD '{one}'" for role, one in self.passwords.items()))

    def dsn(self, role: str, **more: str) -> Mapping[str, str]:
        place = {"host": "127.0.0.1", "port": str(self.port), "dbname": DATABASE, "user": role}
        return {**place, "sslmode": "require", **more}

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as, str(self._programs / program), *arguments]
        # Not a pipe: the server would hold it open.
        with (self.folder / f"{program}.said").open("w+") as said:
            ended = subprocess.run(command, check=False, stdout=said, stderr=said, cwd="/")
            said.seek(0)
            assert ended.returncode == 0, said.read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if (self._data / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
