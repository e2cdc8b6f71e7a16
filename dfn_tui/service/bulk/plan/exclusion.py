"""Looking through a plan, and leaving users out of it before it is sent, or putting them back.

Whatever is left out or put back is noted in the plan's head and gives the plan another digest.
"""

import json
from dataclasses import replace
from datetime import datetime

from dfn_tui.service.bulk.plan.errors import plan_errors
from dfn_tui.service.bulk.plan.file import SENDABLE, PlanFile, check_digest
from dfn_tui.service.bulk.plan.format import exclusion_words
from dfn_tui.service.bulk.plan.records import Exclusion, PlanGroup, PlannedUser
from dfn_tui.service.bulk.plan.totals import AllButFirst, SelectedUsers, Selection, SentUsers
from dfn_tui.store.schema import transaction
from dfn_tui.text import sanitize

_FEW = 20_000  # users that are sorted quicker than a million are gone through


def select(plan: PlanFile, selection: Selection, after: int = -1, limit: int = 200) -> list[PlannedUser]:
    """The users of the selection after that number, in order. Raises PlanError."""
    with plan_errors(plan.path):
        few = _choose(plan, selection)
        users = "chosen CROSS JOIN user ON shape = id" if few else "user"  # the join looks at the few alone
        condition, values = _condition(plan, selection)
        wanted = f"number > ? AND {condition} ORDER BY number LIMIT ?"
        return plan.users_where(wanted, after, *values, limit, source=users)


def exclude(
    plan: PlanFile,
    which: Selection | SelectedUsers | SentUsers | AllButFirst,
    at: datetime,
    by: str,
    *,
    out: bool,
) -> int:
    """Leaves these users out, or puts those back that were left out, and says for how many of the users that
    may be sent that made a difference. Raises PlanError."""
    with plan_errors(plan.path):
        if isinstance(which, Selection):
            _choose(plan, which)
        condition, values = _condition(plan, which)
        with transaction(plan.db):
            # A digest over what something else changed meanwhile would make it look like ours.
            check_digest(plan.path, plan.db)
            changed = plan.db.execute(
                f"UPDATE main.user SET left_out = ? WHERE left_out = ? AND {SENDABLE} AND {condition}",  # noqa: S608
                (out, not out, *values),
            ).rowcount
            if changed:
                done = Exclusion(at, sanitize(by, 200), exclusion_words(which, out=out), changed)
                head = plan.head
                plan.save_head(replace(head, narrowed=(*head.narrowed, done)))
        return changed


_BEHIND_ALL = 2**63 - 1


def _condition(
    plan: PlanFile,
    which: Selection | SelectedUsers | SentUsers | AllButFirst,
) -> tuple[str, tuple[str | int, ...]]:
    if isinstance(which, SentUsers):
        return "number IN (SELECT value FROM json_each(?))", (json.dumps([*which.numbers]),)
    if isinstance(which, SelectedUsers):
        return "user IN (SELECT value FROM json_each(?))", (json.dumps(which.ids),)
    if isinstance(which, AllButFirst):
        if which.count <= 0:
            return "1", ()
        # Who was sent before is none of them.
        first = f"SELECT number FROM user WHERE NOT {plan.left_out} AND {SENDABLE}"  # noqa: S608  own words
        condition = f"number > ifnull(({first} ORDER BY number LIMIT 1 OFFSET ?), ?)"
        return condition, (which.count - 1, _BEHIND_ALL)
    # The sign keeps SQLite from sorting all that an index finds, where the next few are wanted in order.
    condition, values = "+shape IN (SELECT id FROM chosen)", list[str | int]()
    if which.left_out is not None:
        condition += " AND left_out = ?"
        values.append(which.left_out)
    if which.text:
        condition += " AND user LIKE ? ESCAPE '!'"
        text = which.text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
        values.append(f"%{text}%")
    return condition, tuple(values)


def _choose(plan: PlanFile, selection: Selection) -> bool:
    """Puts the groups of the selection into the table `chosen`, and says whether few users have them.

    They stay there for the next page: what a plan's groups are does not change.
    """
    key = replace(selection, left_out=None, text="")
    if plan.chosen is None or plan.chosen[0] != key:
        db = plan.db
        plan.chosen = None
        db.execute("CREATE TEMP TABLE IF NOT EXISTS chosen (id INTEGER PRIMARY KEY)")
        alike = None if key.group is None else plan.alike(key.group)
        with transaction(db):
            db.execute("DELETE FROM chosen")
            for number, *kept in db.execute("SELECT id, standing, wanted, rest FROM shape"):
                if (alike is None or number in alike) and key.has(PlanGroup.read(*kept)):
                    db.execute("INSERT INTO chosen VALUES (?)", (number,))
        question = "SELECT count(*) FROM chosen CROSS JOIN user ON shape = id"
        plan.chosen = key, plan.value(question) <= _FEW
    return plan.chosen[1]
