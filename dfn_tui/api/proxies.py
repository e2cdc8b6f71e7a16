"""Which proxy the environment names for an address."""

import ipaddress
from urllib.request import getproxies, proxy_bypass

import httpx


def proxy_for(url: httpx.URL) -> httpx.Proxy | None:
    """The proxy to ask for a tunnel, by HTTPS_PROXY, ALL_PROXY and NO_PROXY. This host itself needs none.

    Raises ValueError for a setting that cannot be used; the setting may hold a password, so do not show it.
    """
    if is_loopback(url.host):
        return None
    named = getproxies()
    setting = named.get(url.scheme) or named.get("all")
    # The standard library's reading of NO_PROXY: httpx cannot be started at all with `[::1]` in it.
    if not setting or proxy_bypass(url.host):
        return None
    try:
        proxy = httpx.Proxy(setting if "://" in setting else f"http://{setting}")
    except httpx.InvalidURL:
        proxy = None
    if proxy is None or proxy.url.scheme not in ("http", "https") or not proxy.url.host:
        raise ValueError("not the address of a proxy")
    if proxy.url.port is not None and not 0 < proxy.url.port < 2**16:
        raise ValueError("not a port")
    return proxy


def is_loopback(host: str) -> bool:
    """Whether that is this host itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
