"""A company's policy in a test: a file that belongs to root, in the place of that of this host."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file that belongs to root")

NO_GRANTS = '[max_grants]\nmost = 1\n[grant_hours]\nrefused = "00:00-23:59"\n'
READ_ONLY = "[read_only]\nalways = true\n"

Company = Callable[[str | None], Path]


def company_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """What writes the policy; None takes it away."""
    path = folder / "etc" / "policy.toml"
    path.parent.mkdir(mode=0o755)
    monkeypatch.setattr("dfn_tui.config.team_policy.POLICY_FILE", path)

    def write(text: str | None) -> Path:
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text, encoding="utf-8")
            path.chmod(0o644)
        return path

    return write
