from dfn_tui.consent.flags import Channel, Flag, State
from dfn_tui.consent.messages import channel_name, flag_name, state_glyph, state_name

STATES: tuple[State | None, ...] = (*State, None)


def test_every_state_is_told_apart_by_glyph_and_by_word() -> None:
    glyphs = [state_glyph(state) for state in STATES]
    assert glyphs == ["●", "○", "?", "–"]
    assert len({state_name(state) for state in STATES}) == len(STATES)


def test_every_flag_and_channel_has_a_name_of_its_own() -> None:
    assert len({flag_name(flag) for flag in Flag}) == len(Flag)
    assert len({channel_name(channel) for channel in Channel}) == len(Channel)
