"""The people a new sandbox holds. The same seed and number always give the same people."""

import json
from collections.abc import Iterator, Mapping
from random import Random

from dfn_tui.consent.flags import Flag, State
from dfn_tui.sandbox.notable import user_id

ON, OFF = State.SUBSCRIBED, State.UNSUBSCRIBED
_STATES = (ON, OFF, None)

_KOREAN_FAMILY = tuple("김이박최정강조윤장임한오")
_KOREAN_GIVEN = (
    "민지",
    "서준",
    "하은",
    "도윤",
    "지우",
    "예린",
    "현우",
    "수빈",
    "은우",
    "채원",
    "준호",
    "다은",
)
_ENGLISH_GIVEN = ("Lucas", "Emma", "Max", "Olivia", "Noah", "Grace", "Henry", "Chloe", "Oscar", "Ruby")
_ENGLISH_FAMILY = ("Miller", "Novak", "Okafor", "Silva", "Walker", "O'Neill", "Fischer", "Tanaka", "Reyes")
_STORES = ("강남점", "홍대입구점", "부산 서면점", "Jeju Airport", "온라인")
_INTERESTS = ("여행", "coffee", "캠핑", "running", "책", "gadgets")
_TIERS = ("Bronze", "Silver", "Gold", "VIP")


def _states(on: str, off: str = "") -> dict[Flag, State]:
    """The flags named, without their endings, as given and as withdrawn."""
    given = {Flag(f"{name}_flag"): ON for name in on.split()}
    return given | {Flag(f"{name}_flag"): OFF for name in off.split()}


_SPECIAL_CONSENTS = {
    1: dict.fromkeys(Flag, ON),
    2: _states("info mkt night night_push mkt_sms", "mkt_push"),
    3: _states("info mkt_sms mkt_kakao", "mkt night night_kakao"),
    4: {},
    5: _states("info mkt mkt_sms"),
    6: _states("mkt mkt_push", "info"),
    7: dict.fromkeys(Flag, OFF),
    8: _states("info night_sms"),
}
_SPECIAL_NAMES = {
    5: "[/foo][@click=app.quit]Mallory[/]",
    6: "\x1b[31mred\x1b[0m\x1b]0;owned\x07 \x1b[2J",
    8: "Eve \u202egnitekram\u202c\u200b " + "한" * 3000,
}


def _consents(number: int, random: Random) -> Mapping[Flag, State]:
    if number in _SPECIAL_CONSENTS:
        return _SPECIAL_CONSENTS[number]
    if random.random() < 0.1:
        return {}
    chosen = zip(Flag, random.choices(_STATES, weights=(5, 3, 2), k=len(Flag)), strict=True)
    return {flag: state for flag, state in chosen if state is not None}


def _name(number: int, random: Random) -> str:
    if number in _SPECIAL_NAMES:
        return _SPECIAL_NAMES[number]
    if random.random() < 0.6:
        return random.choice(_KOREAN_FAMILY) + random.choice(_KOREAN_GIVEN)
    return f"{random.choice(_ENGLISH_GIVEN)} {random.choice(_ENGLISH_FAMILY)}"


def _properties(number: int, name: str, random: Random) -> tuple[dict[str, object], dict[str, object]]:
    """What each version holds beside the consents: strings, numbers, booleans, dates and arrays."""
    age = random.randint(16, 79)
    female = random.random() < 0.5
    points = random.randint(0, 50_000)
    shared = {"email": f"user{number}@example.com", "points": points, "vip": points > 45_000}
    first = {
        "user_name": name,
        "age": str(age),
        "gender": "female" if female else "male",
        "favourite_store": random.choice(_STORES),
        "average_basket": points / 100,
        "loyalty_number": 9_007_199_254_740_993 + number,  # beyond what a double can hold
    }
    second = {
        "df_name": name,
        "df_gender": "Female" if female else "Male",
        "df_birth": f"{2025 - age}-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
        "df_membership": random.choice(_TIERS),
        "signup_date": f"20{number % 10 + 15}-03-02",
        "last_login": "2025-05-13T06:01:48.501Z",
        "interests": random.sample(_INTERESTS, 2),
        "order_numbers": [number * 1000 + 1, number * 1000 + 2],
        "ratings": [4.5, points % 50 / 10],
    }
    return first | shared, second | shared


def seeded_users(count: int, seed: int) -> Iterator[dict[str, str | None]]:
    """The users `user-0001` to the `count`-th, each as a row for `Database.add`."""
    random = Random(seed)  # noqa: S311  made-up people, not a secret
    for number in range(1, count + 1):
        name = _name(number, random)
        consents = _consents(number, random)
        properties, df_properties = _properties(number, name, random)
        # The multipliers have no divisor in common with the moduli, so no two users share a number. From
        # 8210 9000 0000 on they are the odd users'.
        phone = f"8210{10_000_000 + number * 7919 % 80_000_000}"
        kakao = f"{'0' if number % 2 else '7'}{number * 618_033_989 % 1_000_000_000:09d}"
        yield {
            "user_id": user_id(number),
            "phone_no": phone,
            "email": f"user{number}@example.com",
            "kakao_user_id": kakao,
            "line_user_id": f"U{number:032x}" if number % 3 == 0 else None,
            **{flag: consents.get(flag) for flag in Flag},
            "kakao_id": kakao if number % 5 else None,
            "phone_number": phone if number % 7 else None,
            "properties": json.dumps(properties, ensure_ascii=False),
            "df_properties": json.dumps(df_properties, ensure_ascii=False),
        }
