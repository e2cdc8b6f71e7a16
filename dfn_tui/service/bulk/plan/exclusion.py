"""Looking through a plan, and leaving users out of it before it is sent, or putting them back.

Whatever is left out or put back is noted in the plan's head and gives the plan another digest.
"""

import json
from dataclasses import replace
from datetime import datetime

from dfn_tui.service.bulk.plan.file import SENDABLE, PlanFile, check_digest, plan_errors, write_head
from dfn_tui.service.bulk.plan.format import narrowing_words
from dfn_tui.service.bulk.plan.records import Narrowing, PlanGroup, PlannedUser
from dfn_tui.service.bulk.plan.totals import AllButFirst, SelectedUsers, Selection
from dfn_tui.store.schema import transaction
from dfn_tui.text import sanitize

_FEW = 20_000  # users that are sorted quicker than a million are gone through


def select(plan: PlanFile, selection: Selection, after: int = -1, limit: int = 200) -> list[PlannedUser]:
    """The users of the selection after that number, in order. Raises PlanError."""
    with plan_errors(plan.path):
        few = _choose(plan, selection)
        users = "chosen CROSS JOIN user ON shape = id" if few else "user"  # the join looks at the few alone
        condition, values = _condition(selection)
        wanted = f"number > ? AND {condition} ORDER BY number LIMIT ?"
        return plan.users_where(wanted, after, *values, limit, source=users)


def narrow(
    plan: PlanFile, which: Selection | SelectedUsers | AllButFirst, at: datetime, by: str, *, out: bool
) -> int:
    """Leaves these users out, or puts those back that were left out, and says for how many of the users that
    may be sent that made a difference. Raises PlanError."""
    with plan_errors(plan.path):
        if isinstance(which, Selection):
            _choose(plan, which)
        condition, values = _condition(which)
        with transaction(plan.db):
            # A digest over what something else changed meanwhile would make it look like ours.
            check_digest(plan.path, plan.db)
            changed = plan.db.execute(
                f"UPDATE user SET left_out = ? WHERE left_out = ? AND {SENDABLE} AND {condition}",  # noqa: S608
                (out, not out, *values),
            ).rowcount
            if changed:
                done = Narrowing(at, sanitize(by, 200), narrowing_words(which, out=out), changed)
                head = plan.head
                write_head(plan.db, replace(head, narrowed=(*head.narrowed, done)))
        return changed


_FIRST_LEFT = (
    f"number > ifnull((SELECT number FROM user WHERE left_out = 0 AND {SENDABLE}"  # noqa: S608
    " ORDER BY number LIMIT 1 OFFSET ?), ?)"
)
_BEHIND_ALL = 2**63 - 1


def _condition(which: Selection | SelectedUsers | AllButFirst) -> tuple[str, tuple[str | int, ...]]:
    if isinstance(which, SelectedUsers):
        return "user IN (SELECT value FROM json_each(?))", (json.dumps(which.ids),)
    if isinstance(which, AllButFirst):
        if which.count <= 0:
            return "1", ()
        return _FIRST_LEFT, (which.count - 1, _BEHIND_ALL)
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
        with transaction(db):
            db.execute("DELETE FROM chosen")
            for number, *kept in db.execute("SELECT id, standing, wanted, rest FROM shape"):
                if key.has(PlanGroup.read(*kept)):
                    db.execute("INSERT INTO chosen VALUES (?)", (number,))
        question = "SELECT count(*) FROM chosen CROSS JOIN user ON shape = id"
        plan.chosen = key, plan.value(question) <= _FEW
    return plan.chosen[1]
