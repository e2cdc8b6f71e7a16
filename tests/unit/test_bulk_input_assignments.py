"""`NAME=VALUE`, one change given for all."""

import pytest

from dfn_tui.api.capabilities import VERSION_1, VERSION_2
from dfn_tui.api.types import Capabilities
from dfn_tui.service.changes.fields import FieldEdit, NameRefused, parse_assignment
from dfn_tui.service.changes.values import ValueRefused
from dfn_tui.store import FieldKind

STOP = FieldEdit(FieldKind.CONSENT, "mkt_sms_flag", "Unsubscribed")
GO = FieldEdit(FieldKind.CONSENT, "mkt_sms_flag", "Subscribed")


@pytest.mark.parametrize(
    ("text", "capabilities", "edit"),
    [
        ("mkt_sms_flag=Unsubscribed", VERSION_1, STOP),
        (" MKT_SMS_FLAG = unsubscribed ", VERSION_1, STOP),
        ("mkt_sms_flag=Unsubscribed", VERSION_2, STOP),
        ("df_sms_ads_optin=false", VERSION_2, STOP),
        ("df_sms_ads_optin=True", VERSION_2, GO),
        ("phone_number=010-1234-5678", VERSION_1, FieldEdit(FieldKind.CI, "phone_number", "821012345678")),
        ("age=30", VERSION_1, FieldEdit(FieldKind.PROPERTY, "age", "30")),
        ("points=30", VERSION_1, FieldEdit(FieldKind.PROPERTY, "points", "30")),
        ("points:number=30", VERSION_1, FieldEdit(FieldKind.PROPERTY, "points", 30)),
        ("link=a=b", VERSION_1, FieldEdit(FieldKind.PROPERTY, "link", "a=b")),
        ("vip_flag=yes", VERSION_1, FieldEdit(FieldKind.PROPERTY, "vip_flag", "yes")),
        ("tags:strings=[]", VERSION_2, FieldEdit(FieldKind.PROPERTY, "tags", [])),
    ],
)
def test_an_assignment(text: str, capabilities: Capabilities, edit: FieldEdit) -> None:
    assert parse_assignment(text, capabilities) == edit


@pytest.mark.parametrize(
    ("text", "capabilities"),
    [
        ("mkt_sms_flag", VERSION_1),
        ("=Subscribed", VERSION_1),
        ("mkt_sms_flag=", VERSION_1),
        ("mkt_sms_flag=on", VERSION_1),
        ("mkt_sms_flag=true", VERSION_1),
        ("mkt_sms=Unsubscribed", VERSION_1),
        ("수신동의=N", VERSION_1),
        ("grade=Unsubscribed", VERSION_1),
        ("ok:bool=yes", VERSION_1),
        ("days:dates=x", VERSION_2),
        ("mkt_sms_flag=Undefined", VERSION_1),
        ("df_sms_ads_optin=false", VERSION_1),
        ("df_sms_ads_optin=Unsubscribed", VERSION_2),
        ("mkt_flag=Subscribed", VERSION_2),
        ("df_unified_id=x", VERSION_2),
        ("mkt_email_flag=Subscribed", VERSION_1),
        ("mkt-sms-flag=Subscribed", VERSION_1),
        ("user_id=kim", VERSION_1),
        ("user_id=kim", VERSION_2),
        ("phone_no=821012345678", VERSION_2),
        ("kakao_id=12", VERSION_1),
        ("df_gender=none", VERSION_2),
        ("name=\ud83d", VERSION_1),
        ("na\x1bme=x", VERSION_1),
        ("x" * 129 + "=x", VERSION_1),
    ],
)
def test_an_assignment_that_is_refused(text: str, capabilities: Capabilities) -> None:
    with pytest.raises((NameRefused, ValueRefused)) as raised:
        parse_assignment(text, capabilities)
    str(raised.value).encode()
    assert raised.value.happened.isprintable()
