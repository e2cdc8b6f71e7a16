"""How anything becomes words on a screen: translation, inert text, masks."""

from dfn_tui.text.i18n import gettext as _
from dfn_tui.text.i18n import ngettext
from dfn_tui.text.inert import inert
from dfn_tui.text.mask import mask, mask_within

__all__ = ["_", "inert", "mask", "mask_within", "ngettext"]
