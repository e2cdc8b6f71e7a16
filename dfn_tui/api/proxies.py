"""Which proxy the environment names for an address: the variables and NO_PROXY as curl reads them."""

import ipaddress
import os
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase

import httpx

from dfn_tui.api import messages
from dfn_tui.text import _, sanitize

SCHEMES = ("http", "https")
VARIABLES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
"""The first that is not empty counts."""
_NO_PROXY = ("no_proxy", "NO_PROXY")
_HOST = re.compile(r"[a-z0-9._*-]+|[0-9a-f:.]+", re.IGNORECASE)
_BRACKETS = re.compile(r"^\[(.*)\](/\d+)?$")


class NamedProxy(httpx.Proxy):
    """A proxy and the variable of the environment that names it."""

    def __init__(self, url: httpx.URL, variable: str) -> None:
        super().__init__(url)
        self.variable = variable

    @property
    def shown(self) -> str:
        """Its address without a password, and the variable, for a message."""
        return f"{self.url.netloc.decode('ascii')} ({self.variable})"


def proxy_for(url: httpx.URL) -> NamedProxy | None:
    """The proxy to ask for a tunnel to `url`. This host itself needs none.

    Raises ApiError naming the variable that cannot be used.
    """
    variable, setting = _first(VARIABLES, os.environ)
    if not setting or is_loopback(url.host) or is_exempt(url, os.environ):
        return None
    return read_proxy(variable, setting)


def read_proxy(variable: str, setting: str) -> NamedProxy:
    """The proxy that a variable names. Raises ApiError for what is none, and shows nothing of it: it may
    hold a password."""
    try:
        url = httpx.URL(setting if "://" in setting else f"http://{setting}")
    except (httpx.InvalidURL, UnicodeError):
        url = httpx.URL()
    if url.scheme in SCHEMES and is_address(url) and not _rest(url):
        return NamedProxy(url, variable)
    if url.scheme in ("", *SCHEMES):
        happened = _("{variable} does not hold the address of a proxy.")
    else:
        happened = _("{variable} names a proxy of a kind that cannot be used; only http: and https: can.")
    raise messages.misconfigured(
        happened.format(variable=variable),
        _("Write {variable} like http://proxy.example:3128, or unset it.").format(variable=variable),
    )


def is_exempt(url: httpx.URL, environ: Mapping[str, str]) -> bool:
    """Whether NO_PROXY names `url`. Raises ApiError naming an entry that cannot be read, if no other does."""
    variable, setting = _first(_NO_PROXY, environ)
    unreadable = ""
    for number, entry in enumerate(re.findall(r"[^,\s]+", setting), 1):
        try:
            if _covers(entry, url):
                return True
        except (httpx.InvalidURL, ValueError):
            # Where there is an "@", a proxy's address with its password may have got in here.
            hidden = _("no. {number}").format(number=number)
            unreadable = unreadable or (hidden if "@" in setting else f"“{sanitize(entry, 80)}”")
    if not unreadable:
        return False
    happened = _("{variable} has an entry that cannot be read: {entry}.")
    raise messages.misconfigured(
        happened.format(variable=variable, entry=unreadable),
        _("Write it as a name, host:port, an address, or a network like 10.0.0.0/8."),
    )


def _covers(entry: str, url: httpx.URL) -> bool:
    """Whether one entry of NO_PROXY names `url`. Raises ValueError or InvalidURL for what is no entry."""
    if entry.startswith("/"):
        return False  # the path of a socket, as Docker has it there
    host, port = url.raw_host.decode("ascii").rstrip("."), None
    network = _network(_BRACKETS.sub(r"\1\2", entry))
    if network is None:
        named = httpx.URL(f"//{entry.removeprefix('.')}")
        if not is_address(named) or named.userinfo or _rest(named):
            raise ValueError
        entry, port = named.raw_host.decode("ascii").rstrip("."), named.port
        network = _network(entry)
    if port not in (None, url.port or 443):
        return False
    address = _network(host)
    if network is not None:
        return address is not None and address.network_address in network
    if "*" in entry:
        return fnmatchcase(host, entry)
    return address is None and f".{host}".endswith(f".{entry}")


def is_address(url: httpx.URL) -> bool:
    """Whether that names a host and a port to connect to. For others the resolver raises no OSError."""
    host = url.raw_host.decode("ascii")
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return _HOST.fullmatch(host) is not None and (url.port is None or 0 < url.port < 2**16)


def is_loopback(host: str) -> bool:
    """Whether that is this host itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _first(variables: tuple[str, ...], environ: Mapping[str, str]) -> tuple[str, str]:
    """The first that is set and not empty, and its value."""
    return next(((name, environ[name]) for name in variables if environ.get(name)), ("", ""))


def _rest(url: httpx.URL) -> bool:
    """Whether more comes after host and port; that may be part of a password."""
    return url.path != "/" or bool(url.query or url.fragment)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
