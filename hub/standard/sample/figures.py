"""Numbers and codes of a record."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hub.standard.model import Field
from hub.standard.sample.scene import Scene

YUAN: dict[str, Callable[[Scene], Decimal]] = {
    "CONTRACT_RECKON_PRICE": lambda s: s.project.estimate,
    "CONTROL_PRICE": lambda s: s.project.estimate,
    "PROGRAM_BUDGET": lambda s: s.project.estimate,
    "PROJECT_PRICE": lambda s: s.project.estimate,
    "OBJECT_EVALUATE_VALUE": lambda s: s.project.estimate,
    "BID_PRICE": lambda s: s.project.prices[s.bidder],
    "MARGIN_AMOUNT": lambda s: s.project.estimate / 100,
    "MARGIN_PAY": lambda s: s.project.estimate / 100,
    "GUARANTEE_AMOUNT": lambda s: s.project.estimate / 100,
    "GUARANTEE_COST": lambda s: Decimal(500),
    "DOC_PRICE": lambda s: Decimal(0),
    "REG_CAPITAL": lambda s: Decimal(50_000_000),
}
OTHER: dict[str, Callable[[Scene], Decimal | int]] = {
    "TIME_LIMIT": lambda s: s.project.duration,
    "LIMITE_TIME": lambda s: s.project.duration,
    "CONTRACT_TERM": lambda s: s.project.duration,
    "ACTUALLY_PERIOD": lambda s: s.project.duration,
    "VALID_PERIOD": lambda s: 90,
    "WIN_CANDIDATE_ORDER": lambda s: s.project.ranking.index(s.bidder) + 1,
    "PUBLISH_DURATION": lambda s: 20,
    "TRANSFER_YEARS": lambda s: 20,
    "WORK_YEAR": lambda s: 10 + s.expert,
    "FILE_COUNT": lambda s: s.rng.randint(60, 900),
    "PACKAGE_SIZE": lambda s: s.rng.randint(10**8, 10**11),
    "QT_PLAN_YEARS": lambda s: Decimal(20),
    "QT_TOTAL_AREA": lambda s: Decimal(s.rng.randrange(100, 9000)) / 100,
    "LAND_AREA": lambda s: Decimal(s.rng.randrange(100000, 900000)) / 10,
    "PARCEL_AREA": lambda s: Decimal(s.rng.randrange(1000, 9000)) / 10,
    "TOTAL_PERCENT": lambda s: Decimal("51.0000"),
    "BID_NUM": lambda s: Decimal(600000),
    "BARGAIN_QTY": lambda s: Decimal(600000),
    "LISTING_PRICE": lambda s: Decimal("0.3600"),
    "BARGAIN_PRICE": lambda s: Decimal("0.4100"),
}
CODES: dict[str, str] = {
    "RELATE_CODE": "1", "CLASS_VER_CODE": "2", "IS_TO_LAW": "1", "TENDER_MODE": "1", "BID_TENDER_MODE": "1",
    "TENDER_ORGANIZE_FORM": "2", "NOTICE_NATURE": "1", "BULLETIN_TYPE": "1", "QUAL_TYPE": "2",
    "BID_INVITE_ISSUE_NATURE": "1", "PRICE_FORM_CODE": "1", "TENDERER_ROLE": "01",
    "TENDER_AGENCY_ROLE": "02", "BIDDER_ROLE": "03", "PURCHASER_ROLE": "04", "LEGAL_ROLE": "03",
    "BODY_ROLE": "03", "SYNDICATED_FLAG": "0", "IS_LOST": "0", "IS_COMMIT_MARGIN": "1",
    "IS_FLOAT_RATE": "0", "EVALUATION_RESULT": "1", "IS_PROJECT": "0", "PURCHASER_MODE": "1",
    "MARGIN_PAY_FORM": "1", "MARGIN_PAY_TYPE": "1;2;7", "PUBLICITY_TYPE": "1",
    "TENDER_PROJECT_CLASSIFY_CODE": "A08", "GUARANTEE_FORM": "1", "GUARANTEE_TYPE": "1",
    "ID_CARD_TYPE": "01", "ALERT_LEVEL": "1", "HANDLED": "1", "ENTER_CREDIT_PLAT": "0", "LEGAL_STATUS": "1",
    "LEGAL_TYPE": "1", "DMISSON": "1", "ONWORK": "1", "IS_MAIN": "1", "BASE_TYPE": "2", "EXPERT_TYPE": "1",
    "SECURITY_LEVEL": "0", "PRE_EXCHANGE_TYPE": "3", "EXCHANGE_TYPE": "3", "WITNESS_ELEMENT": "W003",
    "DIGEST_ALGORITHM": "01", "TRADE_TYPE": "01", "RESPONSE_STATUS": "1", "TYPE": "3",
    "EVALUATION_TYPE": "2", "IS_REMOTE": "1",
}  # fmt: skip


def _unit(scene: Scene) -> str:
    return "1" if scene.project.seed % 5 == 4 else "0"


def number(scene: Scene, field: Field) -> Any:
    """Amounts in the unit of the project, everything else as it is; decimals as strings."""
    if field.type == "integer":
        counted = OTHER.get(field.name)
        return 1 if counted is None else int(counted(scene))
    plain = OTHER.get(field.name)
    amount: Callable[[Scene], Decimal] = YUAN.get(field.name, _price)
    value = Decimal(plain(scene)) if plain is not None else amount(scene)
    if field.name not in OTHER and field.name not in ("REG_CAPITAL", "GUARANTEE_AMOUNT", "GUARANTEE_COST"):
        value = value / 10000 if _unit(scene) == "1" and field.name != "MARGIN_PAY" else value
    decimals = field.precision[1] if field.precision else 6
    return f"{value.quantize(Decimal(1).scaleb(-min(decimals, 6))).normalize():f}"


def _price(scene: Scene) -> Decimal:
    """Whatever else is an amount is the winner's price."""
    return scene.project.prices[scene.project.winner]


def code(scene: Scene, field: Field) -> str:
    """The code a straightforward tender has; where none is told, one of the list."""
    project, name = scene.project, field.name
    if name in CODES:
        return CODES[name]
    if field.code_list == "region":
        return project.region
    if field.code_list == "body-type":
        return "1"
    if field.code_list == "price-unit":
        return "0" if name == "REG_UNIT" else _unit(scene)
    if field.code_list == "currency":
        return "156"
    if name == "IS_POSTPONE":
        return "1" if project.postponed and scene.stage.id != "eng-tender-notice" else "0"
    if name == "IS_CHAIR_MAN":
        return "1" if scene.expert == 0 else "0"
    if name == "TENDER_PROJECT_TYPE":
        return project.deal_code_of(scene.stage.id)[:3]
    codes = project.standard.code_lists[field.code_list or ""].codes
    return scene.rng.choice(list(codes))


SPECIAL: dict[tuple[str, str], Callable[[Scene], Any]] = {
    ("eng-result-notice", "BULLETIN_TYPE"): lambda s: "3",
    ("eng-award-letter", "PRICE_UNIT"): _unit,
    ("eng-award-letter", "PRICE_FORM_CODE"): lambda s: "1",
    ("gp-deal-notice", "PRICE_FORM_CODE"): lambda s: "1",
    ("gp-contract", "PRICE_FORM_CODE"): lambda s: "1",
    ("gp-supplier-list", "BIDDER_ROLE"): lambda s: "06",
    ("expert-info", "SEX"): lambda s: "1" if int(s.project.experts[s.expert % 5][1][16]) % 2 else "2",
    ("other-notice", "CLASSIFY_CODE"): lambda s: "Z",
    ("other-result", "CLASSIFY_CODE"): lambda s: "Z",
}
