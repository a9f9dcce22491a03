"""Words of a record: titles, contents, addresses, numbers of papers; all saying that they are synthetic."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from typing import Any

from hub.standard.model import Field
from hub.standard.sample import parties
from hub.standard.sample.scene import Scene

MEDIA = "甘肃省公共资源交易网(示例);中国招标投标公共服务平台(示例)"
SITE = "https://ggzy.gansu.example"
TITLES = ("NOTICE_NAME", "PUBLICITY_NAME", "DOC_NAME", "ANNOUNCEMENT_TITLE", "CONTRACT_NAME", "ARCHIVE_TITLE",
          "PERFORMANCE_REPORT_NAME", "BULLETIN_TITLE", "WIN_BID_BULLETIN_TITLE", "EXCEPITON_NAME",
          "VIOLATING_NAME", "TITTLE", "RESPONSE_TITTLE", "BID_DOCUMENT_NAME")  # fmt: skip

NAMED: dict[str, Callable[[Scene], Any]] = {
    "PROJECT_NAME": lambda s: s.project.name,
    "TENDER_PROJECT_NAME": lambda s: f"{s.project.name}施工招标",
    "BID_SECTION_NAME": lambda s: f"{s.project.name}施工一标段",
    "PURCHASE_PROJECT_NAME": lambda s: f"{s.project.name}工程采购",
    "PURCHASE_SECTION_NAME": lambda s: f"{s.project.name}工程采购第一包",
    "LAND_PROJECT_NAME": lambda s: f"{s.project.place}示例地块出让",
    "NA_APP_NAME": lambda s: f"{s.project.place}示例矿区矿业权",
    "BID_NAME": lambda s: f"{s.project.name}标的",
    "PURCHASE_PROJECT_CODE": lambda s: s.project.purchase_project_code,
    "PURCHASE_SECTION_CODE": lambda s: s.project.purchase_section_code,
    "ADDRESS": lambda s: f"甘肃省{s.project.place}示例路1号",
    "LEGAL_PERSON": lambda s: s.project.tenderer.name,
    "FUND_SOURCE": lambda s: "财政资金100%",
    "PROJECT_SCALE": lambda s: "建筑面积约12000平方米及附属工程",
    "CONTACTOR": lambda s: s.project.tenderer.contact,
    "CONTACT_INFORMATION": lambda s: s.project.tenderer.phone,
    "APPROVAL_NAME": lambda s: f"关于{s.project.name}可行性研究报告的批复",
    "APPROVAL_NUMBER": lambda s: f"示发改[{s.project.times.registered:%Y}]{s.project.seed % 900 + 1}号",
    "APPROVAL_AUTHORITY": lambda s: f"{s.project.place}发展和改革局",
    "REPORT_DUTY": lambda s: s.project.agency.contact,
    "TRADE_SYSTEM_NO": lambda s: f"T01{s.project.region}001",
    "TENDER_SELF_CODE": lambda s: f"GSZB-{s.project.times.notice:%Y}-{s.project.number}",
    "TENDERER_CONTACTOR": lambda s: s.project.tenderer.contact,
    "TENDERER_PHONE_NUMBER": lambda s: s.project.tenderer.landline,
    "TENDER_AGENCY_CONTACTOR": lambda s: s.project.agency.contact,
    "TENDER_AGENCY_PHONE_NUMBER": lambda s: s.project.agency.landline,
    "TENDER_AGENCY_PERSON": lambda s: s.project.agency.contact,
    "TENDERER_PERSON": lambda s: s.project.tenderer.contact,
    "BULLETIN_DUTY": lambda s: s.project.agency.manager,
    "BULLETIN_DUTY_CODE_TYPE": lambda s: s.project.platform.contact,
    "EXAMINER_NAME": lambda s: s.project.platform.contact,
    "OPEN_COMPERE": lambda s: s.project.agency.manager,
    "BID_OPENING_ACTOR": lambda s: "招标人代表、招标代理机构、各投标人代表",
    "BID_MANAGER": lambda s: s.party.manager,
    "PM_CODE": lambda s: s.party.manager_id,
    "PROJECT_LEAD": lambda s: s.project.bidders[s.project.winner].manager,
    "PROJECT_LEAD_CERTITY_NO": lambda s: f"一级注册建造师 甘162{s.project.number}00",
    "BIDDER_OPERATION_PERSON": lambda s: s.party.contact,
    "BIDDER_OPERATION_PERSON_ID": lambda s: s.party.contact_id,
    "PASSED_APPLICANT_LIST": lambda s: ";".join(one.name for one in s.project.bidders),
    "QUALITY": lambda s: "合格",
    "GUARANTEE_STATUS": lambda s: "有效",
    "GUARANTEE_NO": lambda s: f"BH{s.project.times.notice:%Y%m%d}{s.project.number}{s.bidder:02d}",
    "BENEFICIARY": lambda s: s.project.tenderer.name,
    "INSURER": lambda s: "兰州示例银行股份有限公司",
    "MARGIN_BANK": lambda s: s.party.bank,
    "MARGIN_ACCOUNT": lambda s: s.party.account,
    "BID_DOCUMENT_SIDE": lambda s: str(s.rng.randint(10**6, 10**8)),
    "CPU_ID": lambda s: f"BFEBFBFF{s.rng.randrange(16**8):08X}",
    "HARD_DISK_SERIAL_NUMBER": lambda s: f"EXAMPLE-{s.rng.randrange(16**10):010X}",
    "MEMORY_SERIAL_NUMBER": lambda s: f"{s.rng.randrange(16**8):08X}",
    "NET_ID": lambda s: f"192.0.2.{s.bidder + 10}",
    "MAC_ADDRESS": lambda s: f"00-00-5E-00-53-{s.bidder + 16:02X}",
    "BID_OPEN_PLACE": lambda s: f"{s.project.platform.name}第1开标室",
    "BID_OPENING_ADDRESS": lambda s: f"{s.project.platform.name}第1开标室",
    "PLACE": lambda s: s.project.platform.name,
    "OFFICE": lambda s: "评标二室",
    "SEATS": lambda s: f"评标二室-{s.expert + 1:02d}号席位",
    "EVALUATING_ADDRESS": lambda s: f"{s.project.platform.name}评标二室",
    "EVALUATION_RESULT": lambda s: f"{95 - 2 * s.project.ranking.index(s.bidder)}.{s.rng.randrange(100):02d}",
    "WIN_NOTICE_CODE": lambda s: f"ZBTZ-{s.project.bid_section_code}",
    "OBJECTIONG_GUID": lambda s: str(_uuid(s)),
    "CREATOR_CONTACT": lambda s: s.project.bidders[s.project.ranking[-1]].phone,
    "ANNOUNCEMENT_GUID": lambda s: f"TD-{s.project.region}-{s.project.number}",
    "DEAL_ANNOUNCEMENT_GUID": lambda s: f"TD-{s.project.region}-{s.project.number}",
    "ANNOUNCEMENT_CODE": lambda s: f"示自然资告[{s.project.times.notice:%Y}]{s.project.seed % 900 + 1}号",
    "DEAL_LAND_CODE": lambda s: f"TD-{s.project.region}-{s.project.number}-1",
    "LAND_CODE": lambda s: f"{s.project.region}{s.project.number}G1",
    "LAND_DISTRICT": lambda s: s.project.region,
    "LAND_USAGE": lambda s: "工业用地",
    "LEND_AGE_LIMIT": lambda s: "50年",
    "LAND_POSITION": lambda s: f"{s.project.place}示例园区",
    "ANNOUNCEMENT_UNIT": lambda s: f"{s.project.place}自然资源局",
    "LIAISON_UNIT": lambda s: f"{s.project.place}自然资源局",
    "CONTACT_NUMBER": lambda s: s.project.department.landline,
    "NA_GEOGRAPHY_POSITION": lambda s: f"{s.project.place}示例镇以北",
    "NA_AREA_COORDINATE": lambda s: "示例坐标,不对应实地",
    "BID_CODE": lambda s: f"BD{s.project.number}01",
    "WATER_PERMIT_NO": lambda s: f"QS{s.project.region}-{s.project.number}",
    "RIGHT_CERT_NO": lambda s: f"甘({s.project.times.registered:%Y})示例不动产权第{s.project.number}号",
    "LEGAL_REPRESENT": lambda s: s.party.legal,
    "REPRESENT_PHONE": lambda s: s.party.phone,
    "LEGAL_CONTACT": lambda s: s.party.contact,
    "LEGAL_CONTACT_PHONE": lambda s: s.party.phone,
    "LEGAL_EMAIL": lambda s: f"contact{s.bidder}@bidder.example",
    "LEGAL_UNIT_ADDRESS": lambda s: "甘肃省兰州市城关区示例路2号",
    "COUNTRY_REGION": lambda s: "CHN",
    "BASIC_BANK": lambda s: s.party.bank,
    "BASIC_ACCOUNT_NO": lambda s: s.party.account,
    "BASIC_ACCOUNT_NAME": lambda s: s.party.name,
    "EDUCATION": lambda s: "大学本科",
    "PROFESSIONAL": lambda s: "高级工程师",
    "COMPANY": lambda s: s.project.agency.name,
    "AREA": lambda s: f"{s.project.region}000",
    "PHONE_NUMBER": lambda s: s.project.agency.phone,
    "MAJOR_CODE": lambda s: "A080101",
    "VIOLATING_CODE": lambda s: str(_uuid(s)),
    "GOVERNMENT": lambda s: s.project.department.name,
    "DEALING_UNIT": lambda s: s.project.department.name,
    "SUPERVISOR_UNIT_NAME": lambda s: s.project.department.name,
    "DOCUMENT_CODE": lambda s: f"示住建罚[{s.project.times.result:%Y}]{s.project.seed % 900 + 1}号",
    "PROJECT_TYPE": lambda s: s.project.trade_class,
    "OPERATOR": lambda s: s.project.department.contact,
    "COMPLAINT_NAME": lambda s: s.project.bidders[s.project.ranking[-1]].contact,
    "COMPLAINT_PHONE": lambda s: s.project.bidders[s.project.ranking[-1]].phone,
    "COMPLAINT_MAIL": lambda s: "complaint@bidder.example",
    "SIGNATURE": lambda s: "示例签名值,不构成电子签名",
    "CONTRACT_CODE": lambda s: f"HT-{s.project.bid_section_code}",
    "EVALUATION_BID_WITNESS_NAME": lambda s: s.project.platform.contact,
    "EVALUATION_BID_WITNESS_PHONE": lambda s: s.project.platform.phone,
    "ENTERED_EVAL_ROOM_MEMBERS": lambda s: "、".join(name for name, _ in s.project.experts),
    "ENTERED_EVAL_ROOM_REASON": lambda s: "评标",
    "CERT_NO": lambda s: f"JZ-{s.project.bid_section_code}",
    "ARCHIVE_NO": lambda s: f"{s.project.region}-GC-{s.project.number}",
    "FONDS_NO": lambda s: f"{s.project.region}A001",
    "APPLICATION_VALID_TIME": lambda s: "自申请截止之日起90日",
    "DOC_CODE": lambda s: f"ZGYS-{s.project.tender_project_code}",
    "SUPERVISE_DEPT_NAME": lambda s: s.project.department.name,
    "APPROVE_DEPT_NAME": lambda s: s.project.department.name,
    "OBJECTION_METHOD": lambda s: "通过交易系统在线提出",
}  # fmt: skip


def text(scene: Scene, field: Field) -> Any:
    """By name, then by what the name ends with; at last the field's own title, marked as sample."""
    name = field.name
    named = NAMED.get(name)
    if named is not None:
        return named(scene)
    if name.endswith("MEDIA"):
        return MEDIA
    if name.endswith("URL"):
        return f"{SITE}/{scene.stage.id}/{scene.number}"
    if name.endswith(("MD5", "DIGEST")):
        return _digest(scene, name)
    if name == "PROJECT_CODE":
        return scene.project.project_code
    if name in TITLES:
        return _fit(f"{scene.project.name}{scene.stage.zh}", field)
    if name.endswith("_NAME") or name in ("CREATOR", "RESPONSE_CREATOR", "NA_PUBLIC_BIDDER"):
        return parties.of(scene, name).name
    return _fit(f"{field.zh}:示例内容,见附件({scene.project.name})", field)


def _fit(words: str, field: Field) -> str:
    return words if field.length is None else words[: field.length]


def _digest(scene: Scene, name: str) -> str:
    raw = f"{scene.stage.id}/{scene.number}/{name}".encode()
    full = hashlib.sha256(raw).hexdigest()
    return full if name.endswith("DIGEST") else full[:32]


def _uuid(scene: Scene) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{SITE}/{scene.stage.id}/{scene.number}")


SPECIAL: dict[tuple[str, str], Callable[[Scene], Any]] = {
    ("gp-correction", "TERMINATION_BULLETIN_TITLE"): lambda s: f"{s.project.name}更正公告"[:50],
}
