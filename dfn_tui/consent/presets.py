"""The withdrawals an incident calls for, each a whole set of flags at once."""

from collections.abc import Collection
from dataclasses import dataclass

from dfn_tui.consent.flags import SENDING_CHANNELS, Channel, Consents, Flag, Purpose, State
from dfn_tui.consent.messages import channel_name
from dfn_tui.text import _


@dataclass(frozen=True, slots=True)
class Preset:
    """States to stage together, under a name for people."""

    id: str
    name: str
    wanted: Consents


def presets(flags: Collection[Flag]) -> tuple[Preset, ...]:
    """The presets for a API version that has these flags; those that would do nothing left out.

    None touches the informational consent, and none grants anything.
    """
    advertising = [flag for flag in Flag if flag in flags and flag.purpose is not Purpose.INFORMATIONAL]
    night = [flag for flag in advertising if flag.purpose is Purpose.NIGHT]
    made = [
        _stop("stop-all", _("Stop all advertising"), advertising),
        _stop("stop-night", _stop_night_name(night), night),
    ]
    for channel in SENDING_CHANNELS:
        name = _("Stop advertising by {channel}").format(channel=channel_name(channel))
        made.append(_stop(f"stop-{channel}", name, [f for f in advertising if f.channel is channel]))
    return tuple(preset for preset in made if preset.wanted)


def _stop(id_: str, name: str, flags: Collection[Flag]) -> Preset:
    return Preset(id_, name, dict.fromkeys(flags, State.UNSUBSCRIBED))


def _stop_night_name(night: Collection[Flag]) -> str:
    """Says so where the API version has a night consent for some channels only: the others go on."""
    channels = [flag.channel for flag in night if flag.channel is not Channel.EVERY]
    if len(channels) == len(SENDING_CHANNELS):
        return _("Stop night advertising")
    names = ", ".join(map(channel_name, channels))
    return _("Stop night advertising (only {channels} can be)").format(channels=names)
