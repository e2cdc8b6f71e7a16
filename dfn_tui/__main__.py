"""`python -m dfn_tui` is the same program as `dfn-tui`."""

from dfn_tui.cli import main

raise SystemExit(main())
