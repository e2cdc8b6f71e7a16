"""`python -m dfn_tui.sandbox` is `dfn-tui sandbox`, without loading the rest of the command line."""

import argparse

from dfn_tui.sandbox.arguments import add_sandbox
from dfn_tui.sandbox.command import run

parser = argparse.ArgumentParser(prog="dfn-tui sandbox")
add_sandbox(parser)
raise SystemExit(run(parser.parse_args()))
