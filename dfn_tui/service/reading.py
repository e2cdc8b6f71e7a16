"""Reads the fields of a change as they are on the server now."""

from collections.abc import Mapping, Sequence

from dfn_tui.api.calls import Outcome, Status, UserApi
from dfn_tui.api.types import Identity, Value
from dfn_tui.errors import ConsoleError
from dfn_tui.service.records import FieldKind, UserChange
from dfn_tui.text import _, inert

Values = dict[tuple[Identity, FieldKind, str], Value | None]
"""Every field that was read; None is a field that is absent."""


async def field_values(api: UserApi, changes: Sequence[UserChange]) -> tuple[Values, list[Outcome]]:
    """The present value of every field the changes name, and the reads that failed.

    A field of a user whose read failed is missing from the values, which is not the same as absent.
    """
    profiles = [c.identity for c in changes if any(i.kind is not FieldKind.CI for i in c.fields)]
    with_ci = [c.identity for c in changes if any(i.kind is FieldKind.CI for i in c.fields)]
    read_profiles = await api.read_profiles(profiles) if profiles else []
    read_ci = await api.read_ci(with_ci) if with_ci else []
    found = {(o.identity, False): _profile(o) for o in read_profiles if o.status is Status.DONE}
    found |= {(o.identity, True): o.ci or {} for o in read_ci if o.status is Status.DONE}
    values: Values = {}
    for change in changes:
        for item in change.fields:
            source = found.get((change.identity, item.kind is FieldKind.CI))
            if source is not None:
                values[change.identity, item.kind, item.name] = source.get(item.name)
    return values, [o for o in (*read_profiles, *read_ci) if o.status is not Status.DONE]


def unread(outcome: Outcome) -> ConsoleError:
    """A read that failed, as an error for the operator."""
    if outcome.error is not None:
        return outcome.error
    return ConsoleError(
        _("The user could not be read"),
        _("{reason} Nothing was changed.").format(reason=inert(outcome.message or outcome.code or "", 160)),
        _("Try again."),
    )


def _profile(outcome: Outcome) -> Mapping[str, Value]:
    if outcome.profile is None:
        return {}
    flags = {flag.value: state.value for flag, state in outcome.profile.consents.items()}
    return {**outcome.profile.properties, **flags}
