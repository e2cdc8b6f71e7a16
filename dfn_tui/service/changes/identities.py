"""Ids that say by their looks that they are something else than what they are taken for."""

import re
from collections.abc import Iterable

from dfn_tui.api.types import Capabilities, IdentityKind
from dfn_tui.consent.likeness import bare_name
from dfn_tui.errors import ConsoleError
from dfn_tui.text import _
from dfn_tui.text.ids import bare_id

# Digits alone are no phone number: any id may be that.
_PHONE = re.compile(
    r"\+[0-9][0-9 ().-]{6,18}"
    r"|(?:\+?82[ .-]?)?(?:0[0-9]{1,2}|1[016789])[ .-]?[0-9]{3,4}[ .-]+[0-9]{4}"
    r"|\(0[0-9]{1,2}\)[ 0-9.-]{7,}"
)
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")

# What stands at the head of real lists, in Korean and English.
_USER_HEADS = """앱유저아이디 앱유저id 구매자id 구매자아이디 contactid 회원번호 회원id 회원아이디
회원코드 회원고유번호 회원키 고객번호 고객id 고객아이디 고객코드 고객고유번호 고객식별자 고객키
아이디 사용자id 사용자아이디 사용자번호 유저id 유저아이디 유저번호 멤버id 계정 계정id 로그인id
식별자 userid user_no userno usernum usernumber uid id member memberid memberno membernumber mbid
mbno customer customerid customerno custid custno customernumber custcode clientid accountid loginid
externalid external_user_id externaluserid subscriberkey contactkey subscriberid appuserid profileid
distinctid identity"""
_EMAIL_HEADS = """이메일 이메일주소 메일 메일주소 전자우편 email emailaddress mail useremail contactemail
회원이메일 고객이메일"""
_PHONE_HEADS = """수신거부번호 080수신거부번호 발신번호 휴대폰 휴대폰번호 휴대전화 휴대전화번호 핸드폰
핸드폰번호 연락처 전화 전화번호 수신번호 번호핸드폰 고객연락처 고객휴대폰 phone phonenumber mobile
mobilenumber mobilephone mobilephonenumber cell cellphone hp tel msisdn phoneno"""
_KAKAO_HEADS = "카카오id 카카오회원번호 카카오사용자id kakaouserid kakaoid"
_LINE_HEADS = "라인id lineuserid lineid"
# Above a list of ids, but in a table of something else: numbers of rows, names of people.
_OF_LISTS = frozenset(("no", "number", "번호", "회원", "고객", "사용자", "유저"))
IDENTITY_HEADS = {
    bare_name(head): kind
    for kind, heads in (
        (IdentityKind.USER_ID, _USER_HEADS),
        (IdentityKind.EMAIL, _EMAIL_HEADS),
        (IdentityKind.PHONE_NO, _PHONE_HEADS),
        (IdentityKind.KAKAO_USER_ID, _KAKAO_HEADS),
        (IdentityKind.LINE_USER_ID, _LINE_HEADS),
    )
    for head in heads.split()
}
"""What users are probably named by under such a head, as `bare_name` has it; USER_ID is the company's own id
under either API version."""


def is_head(word: str) -> bool:
    """Whether that word of a list is what people write above a column of ids. It may be an id all the same:
    whoever gave it is asked."""
    bare = "".join(filter(str.isalnum, bare_name(bare_id(word))))
    return bare in IDENTITY_HEADS or bare in _OF_LISTS


class KindInDoubt(ConsoleError):
    """The ids look like phone numbers or e-mail addresses, and nobody said what they are."""


def looks_like(value: str) -> IdentityKind | None:
    """The kind of id that a text is by its looks; None where it can be any."""
    if _EMAIL.fullmatch(value):
        return IdentityKind.EMAIL
    return IdentityKind.PHONE_NO if _PHONE.fullmatch(value.strip()) else None


def require_plain(values: Iterable[str], capabilities: Capabilities) -> None:
    """Raises `KindInDoubt` where ids of which nobody said the kind look like contact data.

    Version 2 takes any text for an external id, so the write would be accepted and reach nobody.
    """
    if capabilities.kind_said or IdentityKind.PHONE_NO not in capabilities.write_by:
        return
    default = capabilities.write_by[0].value
    for value in values:
        if (kind := looks_like(value)) is not None:
            raise _in_doubt(kind, default)
        if (word := value.partition(":")[0]) != value and word in capabilities.write_by:
            raise KindInDoubt(
                _("What are these ids?"),
                _(
                    "These begin with a kind of identity, and would be taken as {default}. Nothing was sent."
                ).format(default=default),
                _("In a list say --map '#1=identity'; otherwise --kind {kind} and the id alone.").format(
                    kind=word
                ),
            )


def _in_doubt(kind: IdentityKind, default: str) -> KindInDoubt:
    found = {
        IdentityKind.PHONE_NO: _("These look like phone numbers, and would be taken as {default}."),
        IdentityKind.EMAIL: _("These look like e-mail addresses, and would be taken as {default}."),
    }[kind]
    say = _("Say which: --kind {kind} or --kind {default}; F2 on the screen; or identity of the connection.")
    return KindInDoubt(
        _("What are these ids?"),
        _("{found} Nothing was sent.").format(found=found.format(default=default)),
        say.format(kind=kind.value, default=default),
    )
