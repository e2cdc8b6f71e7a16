"""A run of the service for one command about many users."""

import argparse
import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from dfn_tui.cli.session import started
from dfn_tui.service.bulk.desk import BulkDesk


@contextmanager
def opened_for_many(args: argparse.Namespace) -> Iterator[tuple[BulkDesk, asyncio.Runner]]:
    """The desk for many users of the connection asked for, and the loop that its work is run in.

    At the end a job under way is stopped after what was sent. Raises `ConsoleError`.
    """
    with started(args) as (connections, name, runner):
        yield connections.bulk(name), runner
