"""A server of version 1 that lies: what it answers is not what it did. The test sets its lies."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answered = tuple[int, str | dict[str, Any]]
TOKEN = "tok-of-a-liar"

PAGE = "<html><body>Gateway</body></html>"


def envelope(code: int, data: dict[str, Any] | None = None, message: str | None = None) -> dict[str, Any]:
    return {"result_code": code, "result_msg": message, "result_data": data}


class LyingServer:
    """Keeps users' properties and CI fields.

    `answer_write` gives the answer to a write, which may differ from what is done; `applies` says whether the
    write is done at once, and `later` holds what is done after that many further reads. `shown` makes of what
    is kept what a read shows; `answer_read` may answer a read instead.
    """

    def __init__(self) -> None:
        self.users: dict[str, dict[str, Any]] = {}
        self.ci: dict[str, dict[str, Any]] = {}
        self.applies = True
        self.later: int | None = None
        self.writes = 0
        self.answer_write: Callable[[list[str]], Answered | None] = lambda _ids: None
        self.answer_read: Callable[[list[str]], Answered | None] = lambda _ids: None
        self.shown: Callable[[dict[str, Any]], dict[str, Any]] = lambda properties: properties
        self.url = ""
        self.token = TOKEN
        self.service_id = "s-1"
        self._waiting: list[tuple[int, Callable[[], None]]] = []

    def handle(self, path: str, body: dict[str, Any]) -> Answered:
        if path.endswith("/update") or path.endswith("/delete"):
            return self._write(path, body)
        ids = body["user_ids"]
        for at, (left, apply) in enumerate(list(self._waiting)):
            if left <= 0:
                apply()
            self._waiting[at] = (left - 1, apply)
        if self.writes and (told := self.answer_read(ids)) is not None:
            return told
        kept, name = (self.ci, "successful_user_ci_properties") if "/ci" in path else (self.users, None)
        found = [{"user_id": one, "properties": self.shown(dict(kept.get(one, {})))} for one in ids]
        return 200, envelope(2000, {name or "successful_user_properties": found, "failure_details": []})

    def _write(self, path: str, body: dict[str, Any]) -> Answered:
        kept = self.ci if "/ci" in path else self.users
        rows = body.get("user_properties") or body.get("user_ci_properties") or []
        ids = [row["user_id"] for row in rows] or body.get("user_ids") or body["user_id"]

        def apply() -> None:
            for row in rows:
                kept.setdefault(row["user_id"], {}).update(row["properties"])
            if path.endswith("/delete"):
                for one in ids:
                    for field in body["user_ci_property_names"]:
                        kept.get(one, {}).pop(field, None)

        self.writes += 1
        if self.later is not None:
            self._waiting.append((self.later, apply))
        elif self.applies:
            apply()
        done = envelope(2000, {"successful_user_ids": ids, "failure_details": []})
        return self.answer_write(ids) or (200, done)


@contextmanager
def lying() -> Iterator[LyingServer]:
    """A running one."""
    liar = LyingServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, said = liar.handle(self.path, body)
            data = (said if isinstance(said, str) else json.dumps(said)).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html" if isinstance(said, str) else "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_words: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    liar.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield liar
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
