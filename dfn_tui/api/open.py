"""From a connection's settings to a client. Nothing heavy is imported before a client is asked for."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import SecretStr

    from dfn_tui.api.calls import UserApi
    from dfn_tui.api.limiter import Limiter
    from dfn_tui.api.retry import RetryPolicy

HOSTS = {"v1": "https://openapi.dfinery.io", "v2": "https://openapi.dfinery.ai"}
"""Where each API version is served, by its documentation."""


def open_api(
    *,
    api: str,
    base_url: str | None,
    token: "SecretStr",
    export_token: "SecretStr | None" = None,
    service_id: str | None = None,
    legacy_push_optin: bool = False,
    read_only: bool = False,
    policy: "RetryPolicy | None" = None,
    limiter: "Limiter | None" = None,
    connections: int = 8,
) -> "UserApi":
    """The client of an API version (`"v1"` or `"v2"`). Nothing is sent yet; close it with `aclose`.

    `base_url` None means the documented host. `export_token` and `service_id` are version 2's; there
    the service id is required, and `legacy_push_optin` says that the service has that consent.
    `read_only` makes the client refuse every write, whoever asks for it.
    At most `connections` requests are under way at once. `policy` says what is tried again, None meaning
    `retry.SINGLE`. A `limiter` says when a request may start; without one they start at once, and version
    2's writes take a fresh connection each, since its answers do not name what they answer.
    Raises ApiError for an address, a proxy setting or a token that cannot be used.
    """
    # Late, because these bring httpx and pydantic with them and the first screen paints without.
    from dfn_tui.api.retry import SINGLE  # noqa: PLC0415
    from dfn_tui.api.transport import Transport  # noqa: PLC0415

    secrets = [secret for secret in (token, export_token) if secret is not None]
    transport = Transport(
        base_url or HOSTS[api],
        secrets=secrets,
        read_only=read_only,
        fresh_writes=api == "v2" and limiter is None,
        connections=connections,
    )
    policy = policy or SINGLE
    if api == "v1":
        from dfn_tui.api.v1 import V1Api  # noqa: PLC0415

        return V1Api(transport, policy, token=token, limiter=limiter)
    from dfn_tui.api.capabilities import VERSION_2, VERSION_2_LEGACY  # noqa: PLC0415
    from dfn_tui.api.v2 import V2Api  # noqa: PLC0415

    return V2Api(
        transport,
        policy,
        token=token,
        export_token=export_token,
        service_id=service_id or "",
        capabilities=VERSION_2_LEGACY if legacy_push_optin else VERSION_2,
        limiter=limiter,
    )
