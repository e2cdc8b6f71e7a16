"""What the heads of real lists usually stand for: suggestions, of which none is written unconfirmed.

From lists that Korean marketing keeps in Excel and in shops' back offices, and from the exports of Braze,
Klaviyo, Mailchimp, listmonk, HubSpot, Salesforce and the like.
"""

import re
from collections.abc import Iterator

from dfn_tui.api.types import Capabilities, IdentityKind
from dfn_tui.consent.flags import OPTINS, Channel, Flag, Purpose
from dfn_tui.consent.likeness import bare_name, consent_meant
from dfn_tui.service.changes.identities import IDENTITY_HEADS

NOT_USED = "-"
"""The suggestion for a column of which nothing is written."""

_PEOPLE = """이름 성명 성함 고객명 회원명 고객이름 회원이름 수신자 수신자명 받는사람 name fullname
firstname lastname username customername contactname membername nickname 닉네임 별명 fname lname
df_name"""
_OTHERS = """번호 순번 no 연번 seq num index row 비고 메모 노트 note notes memo comment remarks 주소
생년월일 생일 birthday birthdate dob 성별 gender 나이 연령 지역 city country language timezone 가입일
가입일자 가입일시 등록일 등록일시 created createdat createdate lastupdated updatedat lastchanged
최근접속일 최근구매일 최종접속일 최종로그인 lastorder lastlogin lastopen 등급 회원등급 tags leid euid
memberrating latitude longitude gmtoff dstoff cc region uuid braze_id recordid klaviyoid attributes
organization title company companyname jobtitle address"""
_EVIDENCE = """증빙 증빙자료 증빙번호 증빙파일 근거 근거자료 증거 동의증빙 동의근거 녹취 녹취번호
접수번호 민원번호 문의번호 evidence proof consentproof consentevidence ticket ticketno caseid
casenumber"""
_ACT = (
    "(?:수신|마케팅|광고|활용|sms|문자|앱푸시|푸시|이메일|메일|카카오|알림톡|야간)*(?:동의|거부|철회|해지|접수|신청|처리|차단)(?:등록)?"
    "|(?:email|sms|push)*(?:consent|opt(?:ed)?(?:in|out)|(?:un)?sub(?:scribed?)?|confirm|expressed|legalbasis)"
)
_EXPRESSED_ON = re.compile(
    rf"(?:{_ACT})(?:일|일시|일자|날짜|시각|시간|date|time|timestamp|at|on)|date(?:un)?subscribed"
)
_SOURCE = re.compile(
    rf"(?:{_ACT}|등록|signup|original)(?:경로|방법|출처|채널|source|method|reason|campaigntitle)|경로|출처|source"
)
_CHANNEL = """channel 채널 수신채널 매체 수신매체 발송채널 수신수단 messagetype channeltype 구분
수신구분 subscriptiontype"""
_STATUS = """status state 상태 수신상태 수신여부 동의상태 구독상태 동의여부 거부여부 동의 거부
optinstatus subscriptionstatus subscriptionstate consentstatus action"""

_KIND = (
    "kind idkind idtype identitytype identifiertype 식별자종류 식별자유형 아이디종류 아이디유형 id종류 id유형"
)

_COMPANYS = (IdentityKind.USER_ID, IdentityKind.EXTERNAL_ID)
_KNOWN: dict[str, str] = dict(IDENTITY_HEADS) | {
    bare_name(head): meaning
    for meaning, heads in (
        (NOT_USED, _PEOPLE + " " + _OTHERS),
        ("evidence", _EVIDENCE),
        ("channel", _CHANNEL),
        ("status", _STATUS),
        ("kind", _KIND),
    )
    for head in heads.split()
}
_NAMES = re.compile(r"name$|^mb_?nick|이름|성명|성함|별명|닉네임|수신자|받는사람|[자원객]명$")
_CHANNEL_COLUMNS = frozenset(("sms", "mbsms", "mbmailling", "newsmail"))
"""Of shops that call the consent as they call the channel."""
_REFUSING = re.compile(
    "거부|해지|차단|철회|제외|금지|미수신|비수신|수신안함|미동의|비동의|unsub|optout|optedout|dnc|donot|dont|nolonger"
    "|stop|exclu|suppress|block|black"
)
_NIGHT = re.compile("야간|심야|night")
_INFORMATIONAL = re.compile("정보성|informational|transactional")
_CHANNELS = {
    Channel.SMS: re.compile("문자|sms|mms|lms|text"),
    Channel.PUSH: re.compile("푸시|앱알림|push"),
    Channel.KAKAO: re.compile("카카오|카톡|친구톡|알림톡|kakao"),
}
_WITHOUT_FLAG = re.compile("메일|mail|newsletter|전화|call")
_YES = """y yes o ○ ◯ 1 true t on 예 네 동의 동의함 수신 수신동의 허용 가입 승인 subscribed subscribe optin
optedin agree agreed"""
_NO = """n no x × 0 false f off 아니오 아니요 미동의 비동의 동의안함 거부 수신거부 미수신 차단 해지 철회 거절
unsubscribed unsubscribe optout optedout disagree blocked cleaned blocklisted suppressed"""
_YES_NO = {bare_name(word): yes for yes, words in ((True, _YES), (False, _NO)) for word in words.split()}


def suggestion(head: str, capabilities: Capabilities) -> str | None:
    """What a column of this head probably is, as `--map` takes it: an identity, a consent, another role.

    `NOT_USED` where it is probably nothing that this console writes, "" where it is like a consent but nobody
    can tell which, and None where the head is not known.
    """
    bare = bare_name(head)
    known = _KNOWN.get(bare)
    if known is None and _EXPRESSED_ON.fullmatch(bare):
        return "expressed_on"
    if known is None and _SOURCE.fullmatch(bare):
        return "expressed_source"
    if known is None:
        alone = bare in _CHANNEL_COLUMNS or _NIGHT.fullmatch(bare) is not None
        consent = alone or consent_meant(head) is not None
        return _flag(head, capabilities) if consent else None
    if known == "kind":
        return known if len(capabilities.write_by) > 1 else NOT_USED
    if known in tuple(IdentityKind):
        return identity_suggested(head, capabilities) or NOT_USED
    return str(known)


def identity_suggested(word: str, capabilities: Capabilities) -> str:
    """What users are probably named by under such a head or word; "" where that cannot be told, or nobody can
    be named so here."""
    kind = IDENTITY_HEADS.get(bare_name(word))
    if kind is IdentityKind.USER_ID:
        # The one that the company itself gave.
        return next(kind.value for kind in capabilities.write_by if kind in _COMPANYS)
    return kind.value if kind in capabilities.write_by else ""


def names_people(head: str) -> bool:
    """Whether a column of this head holds people's names."""
    return _NAMES.search(bare_name(head)) is not None


def refuses(head: str) -> bool:
    """Whether "yes" in a column of this head says that somebody does not agree."""
    return _REFUSING.search(bare_name(head)) is not None


def says_yes(word: str) -> bool | None:
    """Whether a word says yes or no; None where it says neither."""
    return _YES_NO.get(bare_name(word))


def flag_of_channel(word: str, capabilities: Capabilities) -> str:
    """The consent to advertising that a channel's name probably means; "" where that cannot be told."""
    found = list(_channels(bare_name(word)))
    flag = Flag.at(Purpose.ADVERTISING, found[0]) if len(found) == 1 else None
    return "" if flag is None else _name_of(flag, capabilities)


def _channels(bare: str) -> Iterator[Channel]:
    return (channel for channel, looks in _CHANNELS.items() if looks.search(bare))


def _flag(head: str, capabilities: Capabilities) -> str:
    meant = consent_meant(head)
    if meant:
        optins = {name: flag for flag, name in OPTINS.items()}
        return _name_of(optins[meant] if meant in optins else Flag(meant), capabilities)
    bare = bare_name(head)
    channels = list(_channels(bare))
    if not channels and _WITHOUT_FLAG.search(bare):
        return NOT_USED
    if _NIGHT.search(bare):
        purpose = Purpose.NIGHT
    else:
        purpose = Purpose.INFORMATIONAL if _INFORMATIONAL.search(bare) else Purpose.ADVERTISING
    if len(channels) > 1 or (not channels and purpose is Purpose.ADVERTISING):
        return ""
    flag = Flag.at(purpose, channels[0] if channels else Channel.EVERY)
    return "" if flag is None else _name_of(flag, capabilities)


def _name_of(flag: Flag, capabilities: Capabilities) -> str:
    if flag not in capabilities.flags:
        return ""
    return OPTINS[flag] if capabilities.optins else flag.value
