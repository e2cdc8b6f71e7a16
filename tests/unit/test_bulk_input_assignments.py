"""`NAME=VALUE`, one change given for all."""

import pytest

from dfn_tui.api.capabilities import GENERATION_1, GENERATION_2
from dfn_tui.api.types import Capabilities
from dfn_tui.service.changes.fields import FieldEdit, NameRefused, parse_assignment
from dfn_tui.service.changes.values import ValueRefused
from dfn_tui.store import FieldKind

STOP = FieldEdit(FieldKind.CONSENT, "mkt_sms_flag", "Unsubscribed")
GO = FieldEdit(FieldKind.CONSENT, "mkt_sms_flag", "Subscribed")


@pytest.mark.parametrize(
    ("text", "capabilities", "wish"),
    [
        ("mkt_sms_flag=Unsubscribed", GENERATION_1, STOP),
        (" MKT_SMS_FLAG = unsubscribed ", GENERATION_1, STOP),
        ("mkt_sms_flag=Unsubscribed", GENERATION_2, STOP),
        ("df_sms_ads_optin=false", GENERATION_2, STOP),
        ("df_sms_ads_optin=True", GENERATION_2, GO),
        ("phone_number=010-1234-5678", GENERATION_1, FieldEdit(FieldKind.CI, "phone_number", "821012345678")),
        ("age=30", GENERATION_1, FieldEdit(FieldKind.PROPERTY, "age", "30")),
        ("points=30", GENERATION_1, FieldEdit(FieldKind.PROPERTY, "points", "30")),
        ("points:number=30", GENERATION_1, FieldEdit(FieldKind.PROPERTY, "points", 30)),
        ("link=a=b", GENERATION_1, FieldEdit(FieldKind.PROPERTY, "link", "a=b")),
        ("vip_flag=yes", GENERATION_1, FieldEdit(FieldKind.PROPERTY, "vip_flag", "yes")),
        ("tags:strings=[]", GENERATION_2, FieldEdit(FieldKind.PROPERTY, "tags", [])),
    ],
)
def test_an_assignment(text: str, capabilities: Capabilities, wish: FieldEdit) -> None:
    assert parse_assignment(text, capabilities) == wish


@pytest.mark.parametrize(
    ("text", "capabilities"),
    [
        ("mkt_sms_flag", GENERATION_1),
        ("=Subscribed", GENERATION_1),
        ("mkt_sms_flag=", GENERATION_1),
        ("mkt_sms_flag=on", GENERATION_1),
        ("mkt_sms_flag=true", GENERATION_1),
        ("mkt_sms=Unsubscribed", GENERATION_1),
        ("수신동의=N", GENERATION_1),
        ("grade=Unsubscribed", GENERATION_1),
        ("ok:bool=yes", GENERATION_1),
        ("days:dates=x", GENERATION_2),
        ("mkt_sms_flag=Undefined", GENERATION_1),
        ("df_sms_ads_optin=false", GENERATION_1),
        ("df_sms_ads_optin=Unsubscribed", GENERATION_2),
        ("mkt_flag=Subscribed", GENERATION_2),
        ("df_unified_id=x", GENERATION_2),
        ("mkt_email_flag=Subscribed", GENERATION_1),
        ("mkt-sms-flag=Subscribed", GENERATION_1),
        ("user_id=kim", GENERATION_1),
        ("user_id=kim", GENERATION_2),
        ("phone_no=821012345678", GENERATION_2),
        ("kakao_id=12", GENERATION_1),
        ("df_gender=none", GENERATION_2),
        ("name=\ud83d", GENERATION_1),
        ("na\x1bme=x", GENERATION_1),
        ("x" * 129 + "=x", GENERATION_1),
    ],
)
def test_an_assignment_that_is_refused(text: str, capabilities: Capabilities) -> None:
    with pytest.raises((NameRefused, ValueRefused)) as raised:
        parse_assignment(text, capabilities)
    str(raised.value).encode()
    assert raised.value.happened.isprintable()
