"""The facts of one synthetic tender: who, how much, when, under which numbers.

Every fact is worked out when first asked for and depends on seed, start and region alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from random import Random

from hub.standard.book import Book
from hub.standard.deal_code import make
from hub.standard.loading import installed
from hub.standard.sample.calendar import CST, FIRST_DAY, Times, plan
from hub.standard.sample.names import WORKS, Party, organ, party, person, resident

DEAL_CLASS = {
    "gp": "D02", "land": "B01", "mine": "B02", "asset": "C01", "equity": "C02", "water": "E01",
    "forest": "E02", "other": "Z99",
}  # fmt: skip


class Facts:
    """The facts of one tender. Bidders are counted from 0 in the order they signed up."""

    def __init__(
        self,
        seed: int,
        start: datetime | None = None,
        region: str | None = None,
        *,
        standard: Book | None = None,
    ) -> None:
        self.seed = seed
        self._standard = standard
        start = FIRST_DAY + timedelta(days=seed % 180) if start is None else start
        if start.tzinfo is None:
            raise ValueError("start needs a time zone")
        self.start = start.astimezone(CST).replace(microsecond=0)
        self._region = region

    def rng(self, aspect: object) -> Random:
        """Chance for one aspect, so that a new aspect does not change the old ones."""
        return Random(f"hutong/{self.seed}/{aspect}")  # noqa: S311 - samples, not secrets

    @property
    def number(self) -> str:
        """Six digits of the seed, for every number that somebody hands out in sequence."""
        return f"{self.seed % 10**6:06d}"

    @cached_property
    def standard(self) -> Book:
        return installed() if self._standard is None else self._standard

    @cached_property
    def region(self) -> str:
        if self._region is not None:
            return self._region
        regions = self.standard.code_lists["region"].codes
        return self.rng("region").choice([code for code in regions if not code.endswith(("00", "01"))])

    @cached_property
    def place(self) -> str:
        return self.standard.code_lists["region"].codes.get(self.region, "甘肃省")

    @cached_property
    def name(self) -> str:
        return f"{self.place}{self.rng('name').choice(WORKS)}项目"

    @cached_property
    def project_code(self) -> str:
        # Year and month, then six digits as real codes have: no two of a million seeds share one.
        return f"E{self.region}{self.times.registered:%y%m}{self.number}"

    @property
    def tender_project_code(self) -> str:
        return f"{self.project_code}001"

    @property
    def bid_section_code(self) -> str:
        return f"{self.tender_project_code}001"

    @property
    def purchase_project_code(self) -> str:
        return f"{self.region}-CG{self.times.registered:%Y}-{self.number}"

    @property
    def purchase_section_code(self) -> str:
        return f"{self.purchase_project_code}-1"

    @property
    def invest_project_code(self) -> str:
        return f"{self.times.registered:%y%m}-{self.region}-89-01-{self.number}"

    @cached_property
    def platform(self) -> Party:
        """公共资源交易中心, whose code stands in the deal code."""
        return organ(self.rng("platform"), f"{self.place}公共资源交易中心", self.region, "12")

    def deal_code_of(self, stage: str) -> str:
        """统一交易标识码: one per deal, and a deal is of one sector."""
        trade = DEAL_CLASS.get(stage.partition("-")[0], self.trade_class)
        if stage == "mine-mining-notice":
            trade = "B03"
        return make(trade, self.platform.code, self.times.registered.date(), int(self.number))

    @cached_property
    def trade_class(self) -> str:
        return self.rng("class").choice(("A01", "A02", "A03", "A07"))

    @cached_property
    def tenderer(self) -> Party:
        return party(self.rng("tenderer"), "owner", self.place, self.region)

    @cached_property
    def agency(self) -> Party:
        return party(self.rng("agency"), "agency", "甘肃", "620102")

    @cached_property
    def department(self) -> Party:
        """The competent department: supervises and decides."""
        return organ(self.rng("department"), f"{self.place}住房和城乡建设局", self.region)

    @cached_property
    def bidders(self) -> tuple[Party, ...]:
        """Three to five, no two alike."""
        rng = self.rng("bidders")
        regions = [c for c in self.standard.code_lists["region"].codes if c not in ("620000", "620201")]
        count = rng.randint(3, 5)
        found: dict[str, Party] = {}
        while len(found) < count:
            one = party(rng, "builder", rng.choice(("甘肃", "兰州", "天水", "酒泉")), rng.choice(regions))
            found.setdefault(one.name, one)
        return tuple(found.values())

    @cached_property
    def experts(self) -> tuple[tuple[str, str], ...]:
        """Five members of the committee: name, resident number."""
        rng = self.rng("experts")
        return tuple((person(rng), resident(rng)) for _ in range(5))

    @cached_property
    def estimate(self) -> Decimal:
        """合同估算价 in yuan; control price and bids lie below it."""
        return Decimal(self.rng("estimate").randrange(4_000_000, 90_000_000, 10_000))

    @cached_property
    def prices(self) -> tuple[Decimal, ...]:
        """Each bidder's price in yuan."""
        rng = self.rng("prices")
        shares = rng.sample(range(8800, 9800), len(self.bidders))
        return tuple((self.estimate * share / 10000).quantize(Decimal("0.01")) for share in shares)

    @cached_property
    def ranking(self) -> tuple[int, ...]:
        """Bidders by price, the lowest first."""
        return tuple(sorted(range(len(self.bidders)), key=lambda index: self.prices[index]))

    @property
    def candidates(self) -> tuple[int, ...]:
        """中标候选人: at most three."""
        return self.ranking[:3]

    @property
    def winner(self) -> int:
        """The first candidate wins."""
        return self.ranking[0]

    @cached_property
    def postponed(self) -> bool:
        return self.rng("postponed").random() < 0.15

    @cached_property
    def duration(self) -> int:
        """工期 in days."""
        return self.rng("duration").randrange(90, 540, 30)

    @cached_property
    def times(self) -> Times:
        return plan(self.start, self.rng("times"), postponed=self.postponed, duration=self.duration)
