"""What the command line does around the commands."""

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dfn_tui.cli import _parser, main, without_arguments


def test_the_garbage_collector_works_again_however_the_console_ended(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert main([]) == 2
    assert gc.isenabled()
    assert capsys.readouterr().err.startswith("dfn-tui: ")


def test_the_help_names_every_command_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    words = capsys.readouterr().out
    assert all(f"\n    {name} " in words for name in ("get", "set", "ci", "completion", "doctor"))
    assert "3 refused" in words


def test_a_user_goes_with_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--user", "user-0001", "get", "user-0002"])
    assert ended.value.code == 2
    assert main(["--user", ""]) == 2
    assert "An id is empty." in capsys.readouterr().err


def test_garbage_is_collected_again_while_a_command_goes_on(tmp_path: Path) -> None:
    """`started` is given a loop before anything else, and asks it to."""
    config = tmp_path / "config.toml"
    config.write_text(
        'default = "a"\n[connections.a]\napi = "v1"\nenvironment = "sandbox"\n', encoding="utf-8"
    )
    script = (
        "import argparse, asyncio, gc, dfn_tui.cli.session as session\n"
        "session._COLLECT_AFTER = 0\ngc.disable()\n"
        "args = argparse.Namespace(connection=None, read_only=False, incident=None)\n"
        "with session.opened(args) as (_session, runner):\n"
        "    before = gc.isenabled()\n    runner.run(asyncio.sleep(0))\n    runner.run(asyncio.sleep(0))\n"
        "    print(before, gc.isenabled())"
    )
    env = os.environ | {"DFN_TUI_CONFIG": str(config), "DFN_TUI_STATE": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, env=env
    )
    assert ended.stdout.split() == ["False", "True"]


def test_what_looks_for_plugins_and_the_other_api_version_are_not_imported() -> None:
    script = (
        "import sys\nfrom pathlib import Path\nimport dfn_tui.cli as cli\ncli._keep_out_plugins()\n"
        "from dfn_tui.config import ApiVersion, Config, Connection, Environment\n"
        "from dfn_tui.service.connections import Connections\n"
        "one = Connection('one', ApiVersion.V1, Environment.SANDBOX)\n"
        "Connections(Config(Path(), None, {'one': one})).warm_up('one')\n"
        "print(*{'dfn_tui.api.v1', 'dfn_tui.api.v2', 'importlib.metadata'} & set(sys.modules))\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert ended.stdout.split() == ["dfn_tui.api.v1"]


def test_without_arguments_all_is_as_the_parser_would_have_it() -> None:
    """They are not parsed then, and an option that is added must not be missing."""
    parsed = vars(_parser(()).parse_args([]))
    del parsed["leaf"]  # read only where a command was named
    assert vars(without_arguments()) == {**parsed, "typed": ()}
