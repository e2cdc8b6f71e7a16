"""Which keyring may hold a token, and how a locked one is opened.

Only four are known to keep a secret from other users and from backups: Secret Service, KWallet, the macOS
Keychain and the Windows Credential Manager. They are named here and made directly. `keyring.get_keyring()`
is never called: it takes whatever package registered itself, plain-text stores among them, and runs code
from the folder that `keyringrc.cfg` names. All functions here may block.
"""

import os
import sys
from contextlib import closing
from importlib import import_module
from typing import Protocol

from pydantic import SecretStr

from dfn_tui.credentials.token import Unusable
from dfn_tui.text import _, sanitize

_SECRET_SERVICE = "keyring.backends.SecretService.Keyring"  # noqa: S105  a class's name
_KWALLET = "keyring.backends.kwallet.DBusKeyring"
_BY_PLATFORM = {
    "darwin": ("keyring.backends.macOS.Keyring",),
    "win32": ("keyring.backends.Windows.WinVaultKeyring",),
}
KNOWN = (_SECRET_SERVICE, _KWALLET, *(name for names in _BY_PLATFORM.values() for name in names))
_CHAIN = "keyring.backends.chainer.ChainerBackend"
_GNOME = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"
_DENIED = "org.gnome.keyring.Error.Denied"


class Backend(Protocol):
    """The part of a keyring the console uses."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...


class NoKeyring(Unusable):
    """No keyring may be used here."""


class KeyringUnusable(NoKeyring):
    """There is a keyring, and it may hold tokens, but it cannot be used now: locked, silent, failing."""


class KeyringLocked(KeyringUnusable):
    """The keyring is locked; its password would help."""


def open_backend() -> Backend:
    """The best of the known keyrings that works here, unlocked. Raises `NoKeyring`, never prompts."""
    here = _BY_PLATFORM.get(sys.platform, (_SECRET_SERVICE, _KWALLET))
    chosen = _chosen()
    if chosen is not None and chosen != _CHAIN:
        if chosen not in KNOWN:
            raise NoKeyring(_refusal(chosen))
        here = (chosen,)
    working = sorted(filter(None, map(_working, here)), key=lambda one: one[0], reverse=True)
    if not working:
        raise NoKeyring(_none_works())
    _priority, name, backend = working[0]
    if name == _SECRET_SERVICE:
        _require_unlocked(getattr(backend, "preferred_collection", None))
    return backend


def _chosen() -> str | None:
    """The class an operator set for `keyring`, by its documented variable or file; only its name is read."""
    named = os.environ.get("PYTHON_KEYRING_BACKEND")
    if named:
        return named
    import configparser  # noqa: PLC0415  only where a keyring is asked for

    from keyring.util.platform_ import config_root  # noqa: PLC0415  as above

    settings = configparser.RawConfigParser()
    try:
        settings.read(config_root() / "keyringrc.cfg", encoding="utf-8")
    except (OSError, ValueError, configparser.Error):
        return None
    return settings.get("backend", "default-keyring", fallback="").strip() or None


def _working(name: str) -> tuple[float, str, Backend] | None:
    module, _dot, attribute = name.rpartition(".")
    try:
        backend_class = getattr(import_module(module), attribute)
        return float(backend_class.priority), name, backend_class()
    except Exception:  # noqa: BLE001  whatever a backend raises here means that it does not work here
        return None


def _require_unlocked(collection: str | None) -> None:
    """Asks the Secret Service whether reading would open a prompt: on a bastion nobody would see it, and
    the call would never return."""
    import secretstorage  # noqa: PLC0415  after the first paint

    with closing(secretstorage.dbus_init()) as connection:
        try:
            path = collection or secretstorage.collection.DEFAULT_COLLECTION
            locked = secretstorage.Collection(connection, path).is_locked()
        except secretstorage.ItemNotFoundException:
            raise NoKeyring(
                _("The Secret Service has no default collection yet; create one to keep tokens in it.")
            ) from None
    if locked:
        raise KeyringLocked(_("The keyring (Secret Service) is locked; unlock it to use the tokens in it."))


def _refusal(name: str) -> str:
    if name.startswith(("keyrings.alt.", "keyrings.cryptfile.")):
        words = _("The keyring {name} is refused: it keeps or may keep tokens in a plain file.")
    elif name == "keyring.backends.null.Keyring":
        words = _("The keyring {name} is refused: it drops what it is given.")
    elif name == "keyring.backends.fail.Keyring":
        words = _("The keyring {name} is refused: it can keep nothing.")
    else:
        words = _("The keyring {name} is refused: it is not known to keep tokens safe.")
    return words.format(name=sanitize(name, 80))


def _none_works() -> str:
    """Names what is installed and was passed over; entry points are listed without running their code."""
    from importlib.metadata import entry_points  # noqa: PLC0415  a tenth of a short command

    others = {
        sanitize(point.dist.name if point.dist else point.value, 80)
        for point in entry_points(group="keyring.backends")
        if not point.value.startswith("keyring.")
    }
    if others:
        return _(
            "No keyring that keeps tokens safe works here. These are installed and refused: {names}."
        ).format(names=", ".join(sorted(others)))
    return _("No keyring works here: there is no Secret Service, KWallet or system keychain.")


def unlock(password: SecretStr) -> None:
    """Opens the Secret Service's default collection without its prompter, which a bastion has no screen for.

    GNOME Keyring takes the password by a D-Bus method of its own, encrypted for the session. Its command
    `gnome-keyring-daemon --unlock` is no help: it ends with 0 even where the password was wrong.
    Raises `KeyringLocked` where the password is wrong, `KeyringUnusable` where the service cannot do it.
    """
    import secretstorage  # noqa: PLC0415  after the first paint
    from jeepney import DBusErrorResponse  # type: ignore[import-untyped]  # noqa: PLC0415
    from secretstorage.util import DBusAddressWrapper, format_secret, open_session  # noqa: PLC0415

    wrong = KeyringLocked(_("That is not the keyring's password; the keyring is still locked."))
    with closing(secretstorage.dbus_init()) as connection:
        try:
            collection = secretstorage.Collection(connection)
            secret = format_secret(
                open_session(connection), password.get_secret_value().encode("utf-8"), "text/plain"
            )
            service = DBusAddressWrapper("/org/freedesktop/secrets", _GNOME, connection)
            service.call("UnlockWithMasterPassword", "o(oayays)", collection.collection_path, secret)
        except DBusErrorResponse as error:
            if error.name == _DENIED:
                raise wrong from None
            raise
        except secretstorage.ItemNotFoundException:
            raise KeyringUnusable(
                _("This Secret Service cannot be unlocked from here; unlock it with its own program.")
            ) from None
        if collection.is_locked():
            raise wrong
