"""What each API version can do, by its public documentation. Free of httpx: screens need it first."""

from dfn_tui.api.types import Capabilities, IdentityKind, StandardProperty, ValueType
from dfn_tui.consent.flags import OPTINS, Flag

VERSION_1 = Capabilities(
    api="v1",
    read_by=(IdentityKind.USER_ID,),
    write_by=(IdentityKind.USER_ID,),
    flags=tuple(Flag),
    batch_size=20,
    standard_properties=(
        StandardProperty("user_name", ValueType.STRING, personal=True),
        StandardProperty("age", ValueType.STRING),
        StandardProperty("gender", ValueType.STRING),
    ),
    value_types=(ValueType.STRING, ValueType.NUMBER, ValueType.BOOLEAN),
    ci_fields=("kakao_id", "phone_number"),
    linkable=(),
)

_LINKABLE = (IdentityKind.PHONE_NO, IdentityKind.EMAIL, IdentityKind.KAKAO_USER_ID, IdentityKind.LINE_USER_ID)

VERSION_2 = Capabilities(
    api="v2",
    read_by=(),
    write_by=(IdentityKind.EXTERNAL_ID, *_LINKABLE),
    flags=tuple(flag for flag in OPTINS if flag is not Flag.INFO),
    batch_size=1,
    standard_properties=(
        StandardProperty("df_name", ValueType.STRING, personal=True),
        StandardProperty("df_gender", ValueType.STRING, ("Male", "Female", "NonBinary", "Other")),
        StandardProperty("df_birth", ValueType.DATE, personal=True),
        StandardProperty("df_membership", ValueType.STRING),
    ),
    value_types=tuple(kind for kind in ValueType if kind is not ValueType.NUMBER),
    ci_fields=(),
    linkable=_LINKABLE,
    unregistered_dropped=True,
)

VERSION_2_LEGACY = VERSION_2._replace(flags=tuple(OPTINS))
"""With `df_push_optin`, which the documentation calls deprecated."""
