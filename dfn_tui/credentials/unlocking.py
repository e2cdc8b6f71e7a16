"""Unlocking a Secret Service without its prompter, which a bastion has no screen for.

GNOME Keyring takes the password by a D-Bus method of its own, encrypted for the session. Its command
`gnome-keyring-daemon --unlock` is no help: it ends with 0 even where the password was wrong.
"""

from contextlib import closing

from pydantic import SecretStr

from dfn_tui.credentials.backends import KeyringLocked, KeyringUnusable
from dfn_tui.text import _

_INTERFACE = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"
_DENIED = "org.gnome.keyring.Error.Denied"


def unlock(password: SecretStr) -> None:
    """Opens the Secret Service's default collection. May block.

    Raises `KeyringLocked` where the password is wrong, `KeyringUnusable` where the service cannot do it.
    """
    import secretstorage  # noqa: PLC0415  after the first paint
    from jeepney import DBusErrorResponse  # type: ignore[import-untyped]  # noqa: PLC0415
    from secretstorage.util import DBusAddressWrapper, format_secret, open_session  # noqa: PLC0415

    with closing(secretstorage.dbus_init()) as connection:
        try:
            collection = secretstorage.Collection(connection)
            secret = format_secret(
                open_session(connection), password.get_secret_value().encode("utf-8"), "text/plain"
            )
            service = DBusAddressWrapper("/org/freedesktop/secrets", _INTERFACE, connection)
            service.call("UnlockWithMasterPassword", "o(oayays)", collection.collection_path, secret)
        except DBusErrorResponse as error:
            if error.name == _DENIED:
                raise _wrong() from None
            raise
        except secretstorage.ItemNotFoundException:
            raise KeyringUnusable(
                _("This Secret Service cannot be unlocked from here; unlock it with its own program.")
            ) from None
        if collection.is_locked():
            raise _wrong()


def _wrong() -> KeyringLocked:
    return KeyringLocked(_("That is not the keyring's password; the keyring is still locked."))
