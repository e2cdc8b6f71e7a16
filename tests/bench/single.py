"""How long `get` and `set` of one user take, beside a script that sends the same requests. Run by hand:

    python -m tests.bench.single [--times N]

The script makes one pydantic model and one httpx client. Both are whole processes, in turn, after one of each
that is not counted; the sandbox runs in a process of its own.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from dfn_tui.sandbox.process import SandboxProcess
from tests.bench.harness import NOT_INHERITED

SCRIPT = """
import sys, time, httpx
from pydantic import BaseModel
class Read(BaseModel):
    user_ids: list[str]
    property_names: list[str] | None = None
url, token, what = sys.argv[1:]
flag = ["mkt_sms_flag"]
with httpx.Client(headers={"Authorization": f"Bearer {token}"}) as client:
    def post(path, body):
        answer = client.post(url + path, json=body).json()
        assert answer["result_code"] == 2000, answer
        return answer
    profile = "/api/v1/users/profile"
    post(profile, Read(user_ids=["user-0001"]).model_dump(exclude_none=True))
    if what == "set":
        again = Read(user_ids=["user-0001"], property_names=["points"]).model_dump()
        post(profile, again)
        wanted = {"user_id": "user-0001", "properties": {"points": time.time()}}
        post(profile + "/update", {"user_properties": [wanted]})
        post(profile, again)
"""
CONFIG = 'default = "here"\n[connections.here]\napi = "v1"\nenvironment = "sandbox"\nbase_url = "{url}"\n'


def took(command: list[str], env: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=env, check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=9)
    times = parser.parse_args().times
    with SandboxProcess(["--users", "5"]) as server, tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.toml"
        config.write_text(CONFIG.format(url=server.url))
        inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
        env = inherited | {
            "DFN_TUI_CONFIG": str(config),
            "DFN_TUI_STATE": folder,
            "DFN_TUI_TOKEN": server.token,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }
        for what in ("get", "set"):
            found: dict[str, list[float]] = {"ours": [], "bare": []}
            for at in range(times + 1):
                change = [f"points:number={time.time()}", "--yes"] if what == "set" else []
                ours = took([sys.executable, "-m", "dfn_tui", what, "user-0001", *change], env)
                bare = took([sys.executable, "-c", SCRIPT, server.url, server.token, what], env)
                if at:
                    found["ours"].append(ours)
                    found["bare"].append(bare)
            a, b = median(found["ours"]), median(found["bare"])
            print(f"{what}: {1000 * a:.0f} ms beside {1000 * b:.0f} ms = {a / b:.2f} times")


if __name__ == "__main__":
    main()
