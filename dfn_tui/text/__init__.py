"""How anything becomes words on a screen: translation, inert text, masks."""

from dfn_tui.text.i18n import gettext as _
from dfn_tui.text.i18n import ngettext
from dfn_tui.text.mask import mask, mask_within
from dfn_tui.text.sanitize import sanitize

__all__ = ["_", "mask", "mask_within", "ngettext", "sanitize"]
