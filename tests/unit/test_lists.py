"""Lists as people and programs write them: what is asked about each, and what is read once that is answered.

The answers below are what an operator says; where there is none, nothing was to be asked.
"""

import shlex
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from dfn_tui.api.capabilities import VERSION_1, VERSION_2
from dfn_tui.cli import whole_parser
from dfn_tui.service.bulk.input.mapping import MappingNeeded, MappingOptions
from dfn_tui.service.bulk.input.reading import open_input
from dfn_tui.service.bulk.input.records import Good
from dfn_tui.service.changes.fields import parse_assignment
from dfn_tui.service.changes.identities import KindInDoubt

LISTS = Path(__file__).parents[1] / "data" / "lists"
STOP = "mkt_sms_flag=Unsubscribed"
OTHERS = "--ignore-others"
YES_NO = "--values Y=Subscribed,N=Unsubscribed"
CASES = {
    "adobe-campaign.csv": f"--map 'Account #=user_id' --map '#4=mkt_sms_flag'"
    f" --values 1=Unsubscribed {OTHERS}",
    "amplitude.csv": f"--map gp:marketing_opt_in=mkt_flag --values false=Unsubscribed {OTHERS}",
    "bigquery.jsonl": f"--map sms_opt_in=mkt_sms_flag --values false=Unsubscribed,true=Subscribed {OTHERS}",
    "braze-segment.csv": f"--map push_subscribe=mkt_push_flag {OTHERS}",
    "brevo.csv": f"2 --map SMS=phone_no --map OPT_IN=df_sms_ads_optin --values Yes=Subscribed {OTHERS}",
    "cafe24-api.csv": f"--map member_id=user_id --map sms=mkt_sms_flag"
    f" --values T=Subscribed,F=Unsubscribed {OTHERS}",
    "cafe24-members.csv": "--map 아이디=user_id --map 'SMS 수신여부=mkt_sms_flag'"
    f" --values T=Subscribed,F=Unsubscribed {OTHERS}",
    "callcenter.csv": f"{STOP} --map 고객번호=user_id --map 접수번호=evidence"
    f" --map 접수일시=expressed_on {OTHERS}",
    "crm-export.csv": OTHERS,
    "each-its-kind.jsonl": "2",
    "evidence.csv": "--map 수신거부일시=expressed_on --map 접수경로=expressed_source --map 증빙번호=evidence",
    "excel-080.tsv": f"2 df_sms_ads_optin=false --map 수신거부번호=phone_no"
    f" --map 접수일시=expressed_on {OTHERS}",
    "excel-refusals.csv": "--map '회원 ID=user_id' --map '수신거부(문자)=mkt_sms_flag'"
    " --map '수신거부(앱푸시)=mkt_push_flag' --map 거부일자=expressed_on --map 비고=expressed_source"
    f" --values O=Unsubscribed {OTHERS}",
    "gnuboard-members.csv": f"--map mb_id=user_id --map mb_sms=mkt_sms_flag --values 0=Unsubscribed {OTHERS}",
    "godo-members.csv": "--map 아이디=user_id --map SMS수신동의=mkt_sms_flag --map SMS수신동의일=expressed_on"
    f" {YES_NO} {OTHERS}",
    "head-over-lines.csv": f"--map '고객 번호=user_id' --map '문자 수신동의=mkt_sms_flag' {YES_NO}",
    "headed-ids.txt": f"{STOP} --map 고객번호=user_id",
    "hubspot-contacts.csv": f"2 --map Email=email --map #6=df_push_ads_optin"
    f" --values true=Unsubscribed {OTHERS}",
    "hubspot-optouts.csv": f"2 --map 'Portal Unsubscribe=df_sms_ads_optin'"
    f" --values TRUE=Unsubscribed {OTHERS}",
    "kakao-channel-friends.csv": "--map 앱유저아이디=user_id --map 상태=mkt_kakao_flag"
    f" --map 추가일시=expressed_on"
    f" --values 차단=Unsubscribed {OTHERS}",
    "kind-column.csv": "2 --map ID유형=kind --map 아이디=identity"
    " --values 휴대폰=phone_no,회원번호=external_id",
    "kind-in-ids.txt": "2 df_sms_ads_optin=false --map #1=identity",
    "klaviyo-profiles.csv": "2 --map 'SMS Marketing Consent=df_sms_ads_optin' --map 'Phone Number=phone_no'"
    f" --map 'SMS Consent Timestamp=expressed_on' --map Source=expressed_source {OTHERS}",
    "listmonk.csv": f"2 --map status=df_push_ads_optin --values blocklisted=Unsubscribed {OTHERS}",
    "long.csv": "--map channel=channel --map status=status --values sms=mkt_sms_flag,push=mkt_push_flag",
    "mailchimp-unsubscribed.csv": "2 df_push_ads_optin=false --map 'Email Address=email'"
    f" --map UNSUB_TIME=expressed_on --map UNSUB_CAMPAIGN_TITLE=expressed_source {OTHERS}",
    "mixed-identities.csv": "2 --map phone_no=phone_no --ignore external_id",
    "mysql-tabs.tsv": "--map member_no=user_id --map sms_agree=mkt_sms_flag --map push_agree=mkt_push_flag"
    f" --map night_agree=night_flag {YES_NO}",
    "near-miss.csv": "--map mkt_sms=mkt_sms_flag",
    "night-and-day.csv": "--map 고객ID=user_id --map 광고수신=mkt_flag --map 야간수신=night_flag"
    f" --map 알림톡수신동의=mkt_kakao_flag {YES_NO}",
    "nulls.csv": "",
    "onesignal.csv": "--map external_user_id=user_id --map subscribed=mkt_push_flag"
    f" --values Yes=Subscribed,No=Unsubscribed {OTHERS}",
    "padded.csv": "",
    "pandas-index.csv": "--ignore #1",
    "plain-ids.txt": STOP,
    "salesforce-contacts.csv": f"{STOP} --map EXTERNAL_ID__C=user_id {OTHERS}",
    "salesforce-mc-subscribers.csv": "--map SubscriberKey=user_id --map Status=mkt_flag"
    f" --map DateUnsubscribed=expressed_on --values Active= {OTHERS}",
    "sendgrid-suppressions.csv": f"2 df_push_ads_optin=false {OTHERS}",
    "sep.csv": "",
    "seq-and-member.csv": f"--map 고객번호=user_id {OTHERS}",
    "several-columns.csv": "2 --map external_id=external_id --map 휴대폰=phone_no --map 이메일=email",
    "shopify-customers.csv": "--map 'Customer ID=user_id' --map 'Accepts SMS Marketing=mkt_sms_flag'"
    f" --values yes=Subscribed,no=Unsubscribed {OTHERS}",
    "smartstore-marketing.csv": "--map 구매자ID=user_id --map '마케팅 수신 동의=mkt_flag'"
    f" --map 마케팅동의일시=expressed_on --values 미동의=Unsubscribed {OTHERS}",
    "sql-lines.txt": STOP,
    "sql-one-line.txt": STOP,
    "sql-other-column.txt": f"{STOP} --map member_no=user_id",
    "stibee.csv": f"2 --map '광고성 정보 수신 동의=df_push_ads_optin' {YES_NO}"
    f" --map '이메일 주소=email' {OTHERS}",
    "stray-quotes.csv": "",
    "titled.csv": "",
    "trailing-commas.txt": STOP,
    "two-heads.csv": "",
    "yes-no.csv": "--map '광고 문자 수신동의=mkt_sms_flag'"
    " --values Y=Subscribed,N=Unsubscribed,동의=Subscribed,거부=Unsubscribed,O=Subscribed,X=Unsubscribed",
}
IN_DOUBT = {"kind-in-ids.txt"}
NEVER_ASKED = {name for name, answer in CASES.items() if "--" not in answer}


def test_each_list_has_its_answer() -> None:
    texts = (path.name for path in LISTS.iterdir() if path.suffix in (".csv", ".jsonl", ".tsv", ".txt"))
    assert sorted(texts) == sorted(CASES)


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_list(name: str, snapshot: SnapshotAssertion) -> None:
    words = shlex.split(CASES[name])
    has = VERSION_2 if words[:1] == ["2"] else VERSION_1
    arguments = ["bulk", "inspect", name, *(words[1:] if has is VERSION_2 else words)]
    args = whole_parser().parse_args(arguments)
    for_all = [parse_assignment(word, has) for word in args.words]
    told = []
    if name in IN_DOUBT:
        with pytest.raises(KindInDoubt) as in_doubt, open_input(LISTS / name, has, for_all) as unsaid:
            list(unsaid.rows())
        told += [in_doubt.value.happened, in_doubt.value.next_step]
    elif name not in NEVER_ASKED:
        with pytest.raises(MappingNeeded) as needed:
            open_input(LISTS / name, has, for_all)
        told += [needed.value.happened, f"> {shlex.join(needed.value.options)}"]
    asked = MappingOptions(
        tuple(args.map),
        tuple(args.ignore),
        tuple(args.values),
        tuple(args.new_property),
        args.ignore_others,
        args.no_head,
    )
    with open_input(LISTS / name, has, for_all, asked=asked) as source:
        for row in source.rows():
            if isinstance(row, Good):
                wants = " ".join(f"{edit.name}={edit.value}" for edit in row.wanted.edits)
                who = f"{row.kind}:{row.user}" if row.kind else row.user
                told.append(f"{row.line} {who}: {wants} {' | '.join(row.word or ())}".rstrip())
            else:
                told.append(f"{row.line} !{row.fault} {row.shown}: {row.reason}")
        told += source.remarks()
    assert "\n".join(told) == snapshot
