"""Names that look Chinese and belong to nobody, codes with true check characters that nobody was given.

Codes are plainly made up: organisation bodies begin with MAX, resident numbers with district 629999
(no such district), mobile numbers with 100 (no such prefix), landlines with a zero, addresses of the
network from the ranges kept for documentation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random

from certs.identity import make_resident, make_uscc

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建文辉力志玲鹏宇晨雪琴玉梅海燕"
BRANDS = (
    "陇原", "祁连", "敦河", "兰陇", "金城", "天陇", "河源", "崆峒", "麦积", "鸣沙", "白塔", "黄河湾", "玉关",
    "阳关", "雄关", "洮砚", "渭水", "乌鞘",
)  # fmt: skip
TAILS = (
    "恒远", "鼎正", "瑞成", "宏泰", "华兴", "中诚", "信和", "天成", "博达", "启航", "广源", "盛安", "同辉",
    "永固", "正源", "嘉和",
)  # fmt: skip
TRADES: dict[str, tuple[str, ...]] = {
    "builder": ("建设工程有限公司", "建筑安装有限责任公司", "路桥工程有限公司", "水利水电工程有限公司"),
    "agency": ("工程咨询有限公司", "招标代理有限公司", "项目管理咨询有限公司"),
    "owner": ("城市建设投资有限公司", "交通建设管理有限公司", "水务投资有限公司", "产业园区开发有限公司"),
}
WORKS = (
    "一中教学楼建设", "老旧小区改造", "城区道路改扩建", "人民医院门诊楼", "灌区续建配套", "污水处理厂提标",
    "供热管网改造", "农村饮水安全巩固提升", "县乡公路养护", "文化活动中心", "中小河流治理", "标准化厂房",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Party:
    """A body that takes part, with the people and numbers that records ask of it."""

    name: str
    code: str
    region: str
    legal: str
    contact: str
    contact_id: str
    phone: str
    landline: str
    manager: str
    manager_id: str
    bank: str
    account: str


def person(rng: Random) -> str:
    """A name of two or three characters."""
    return rng.choice(SURNAMES) + "".join(rng.sample(GIVEN, rng.choice((1, 2, 2))))


def resident(rng: Random, *, male: bool | None = None) -> str:
    """A resident number of district 629999."""
    odd = rng.random() < 0.5 if male is None else male
    day = date(rng.randint(1962, 1998), rng.randint(1, 12), rng.randint(1, 28))
    return make_resident("629999", day, rng.randrange(0, 498) * 2 + int(odd))


def mobile(rng: Random) -> str:
    """Eleven digits with a prefix no operator has."""
    return f"100{rng.randrange(10**8):08d}"


def landline(rng: Random) -> str:
    """Lanzhou's area code and a number that begins with zero."""
    return f"0931-0{rng.randrange(10**6):06d}"


def credit_code(rng: Random, kind: str, region: str) -> str:
    """A credit code: 91 enterprise, 12 public institution, 11 government organ."""
    body = "MAX" + "".join(rng.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(5))
    return make_uscc(kind, region, body)


def party(rng: Random, trade: str, place: str, region: str) -> Party:
    """An enterprise of one trade."""
    name = f"{place}{rng.choice(BRANDS)}{rng.choice(TAILS)}{rng.choice(TRADES[trade])}"
    return _party(rng, name, credit_code(rng, "91", region), region, place)


def organ(rng: Random, name: str, region: str, kind: str = "11") -> Party:
    """A government organ or public institution of the given name."""
    return _party(rng, name, credit_code(rng, kind, region), region, name[:3])


def _party(rng: Random, name: str, code: str, region: str, place: str) -> Party:
    return Party(
        name=name, code=code, region=region, legal=person(rng), contact=person(rng),
        contact_id=resident(rng), phone=mobile(rng), landline=landline(rng), manager=person(rng),
        manager_id=resident(rng), bank=f"{place}示例银行营业部",
        account=f"6200000{rng.randrange(10**12):012d}",
    )  # fmt: skip
