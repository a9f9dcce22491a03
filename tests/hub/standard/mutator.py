"""Makes messages with exactly one defect each, knowing only the tables as text.

It imports nothing of the checker, nor the rules the checker is built from: otherwise a rule that is
wrong would be wrong on both sides and nobody would see it. Samples come in as an argument.
"""

from __future__ import annotations

import copy
import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

DATA = Path(__file__).parents[3] / "hub" / "standard" / "data"
Envelope = dict[str, Any]
Row = dict[str, str]
USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(frozen=True)
class Mutant:
    """A message, the rule it breaks, and where."""

    envelope: Envelope
    rule: str
    at: str


def table(name: str) -> list[Row]:
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


class Mutator:
    """`sample(stage, seed)` gives good messages; `mutants(n)` bad ones, rule by rule in turn."""

    def __init__(self, sample: Callable[[str, int], Envelope], *, bases: int = 12) -> None:
        self.rng = Random("mutants")
        self.fields: dict[str, list[Row]] = {}
        for row in table("fields.csv"):
            self.fields.setdefault(row["stage"], []).append(row)
        self.stages = {row["id"]: row for row in table("stages.csv")}
        self.codes: dict[str, list[str]] = {}
        for row in table("codes.csv"):
            self.codes.setdefault(row["list"], []).append(row["code"])
        self.services = table("services.csv")
        self.bases = {stage: [sample(stage, seed) for seed in range(bases)] for stage in self.fields}
        self.makers: dict[str, Callable[[], Mutant]] = {
            "stage.unknown": self.stage_unknown,
            "service.unknown": self.service_unknown,
            "service.stage": self.service_stage,
            "record.version": self.version,
            "file.role": self.file_role,
            "field.required": self.required,
            "field.unknown": self.unknown,
            "field.type": self.type_,
            "field.length": self.length,
            "field.precision": self.precision,
            "field.format": self.format_,
            "field.date": self.date,
            "code.unknown": self.code,
            "code.multi": self.multi,
            "code.region": self.region,
            "code.region-outside": self.outside,
            "party.code-check": self.party,
            "deal.check-character": self.deal,
            "R01": self.r01,
            "R02": self.r02,
            "R03": self.r03,
            "R11": self.r11,
            "R12": self.r12,
        }

    def mutants(self, count: int) -> Iterator[Mutant]:
        names = list(self.makers)
        for number in range(count):
            yield self.makers[names[number % len(names)]]()

    # choosing

    def base(self, stage: str) -> Envelope:
        return copy.deepcopy(self.rng.choice(self.bases[stage]))

    def pick(self, wanted: Callable[[Row], bool]) -> tuple[Envelope, Row]:
        """A sample and a field of it that the wish fits and that is filled in."""
        while True:
            stage = self.rng.choice(list(self.fields))
            rows = [row for row in self.fields[stage] if wanted(row)]
            envelope = self.base(stage)
            rows = [row for row in rows if row["name"] in envelope["body"]["fields"]]
            if rows:
                return envelope, self.rng.choice(rows)

    def put(self, rule: str, envelope: Envelope, name: str, value: Any) -> Mutant:
        envelope["body"]["fields"][name] = value
        return Mutant(envelope, rule, f"/body/fields/{name}")

    def drop(self, rule: str, envelope: Envelope, name: str) -> Mutant:
        fields = envelope["body"]["fields"]
        how = self.rng.randrange(4)
        if how == 0:
            fields[name] = ""
        elif how == 1:
            fields[name] = " \u3000"
        else:
            fields.pop(name, None)
        return Mutant(envelope, rule, f"/body/fields/{name}")

    def replaced(self, text: str, place: int, symbol: str) -> str:
        return text[:place] + symbol + text[place + 1 :]

    # head and record

    def stage_unknown(self) -> Mutant:
        envelope = self.base(self.rng.choice(list(self.fields)))
        name = envelope["head"]["stage"]
        slips = (name + "s", name[:-1], name.replace("-", ""), "tender", "x")
        envelope["head"]["stage"] = self.rng.choice(slips)
        return Mutant(envelope, "stage.unknown", "/head/stage")

    def service_unknown(self) -> Mutant:
        envelope = self.base(self.rng.choice(list(self.fields)))
        envelope["head"]["msgType"] = self.rng.choice(("record.putt", "record.get", "bid.opened.now", "a.b"))
        return Mutant(envelope, "service.unknown", "/head/msgType")

    def service_stage(self) -> Mutant:
        carrying = [row for row in self.services if row["body"] == "record" and row["carries"] != "*"]
        service = self.rng.choice(carrying)
        others = sorted(set(self.fields) - set(service["carries"].split(";")))
        envelope = self.base(self.rng.choice(others))
        envelope["head"]["msgType"] = service["name"]
        return Mutant(envelope, "service.stage", "/head/stage")

    def version(self) -> Mutant:
        envelope = self.base(self.rng.choice(list(self.fields)))
        pairs = (("insert", 2), ("insert", 0), ("insert", 17), ("update", 1), ("delete", 1))
        op, number = self.rng.choice(pairs)
        envelope["body"].update(op=op, version=number)
        return Mutant(envelope, "record.version", "/body/version")

    def file_role(self) -> Mutant:
        stage = self.rng.choice([name for name, row in self.stages.items() if row["attachments"]])
        envelope = self.base(stage)
        role = self.rng.choice(("OTHER", "tender_notice", "PHOTO", stage.upper()))
        file = {"name": "a.pdf", "digest": "sm3:" + "0" * 64, "size": 1, "media": "application/pdf"}
        envelope["body"]["files"] = [{**file, "role": role}]
        return Mutant(envelope, "file.role", "/body/files/0/role")

    # one field

    def required(self) -> Mutant:
        envelope, row = self.pick(lambda row: row["required"] == "1")
        if self.rng.random() < 0.2:
            return self.put("field.required", envelope, row["name"], None)
        return self.drop("field.required", envelope, row["name"])

    def unknown(self) -> Mutant:
        envelope, row = self.pick(lambda row: True)
        known = {one["name"] for one in self.fields[row["stage"]]}
        others = [one["name"] for rows in self.fields.values() for one in rows]
        slips = (row["name"].lower(), row["name"] + "_", row["name"][1:], "DATA_KEY")
        names = [*slips, *self.rng.sample(others, 3)]
        name = self.rng.choice([name for name in names if name not in known])
        return self.put("field.unknown", envelope, name, "x")

    def type_(self) -> Mutant:
        envelope, row = self.pick(lambda row: True)
        wrong: list[Any] = [True, ["x"], {"x": "y"}]
        if row["type"] == "decimal":
            wrong += [12, "1e5", ".5", "5.", "1,000", "+1", "１２", "012", "12元", "NaN", "-"]
        elif row["type"] == "integer":
            wrong += ["12", "x", "１", "1.0", "9007199254740992"]
        else:
            wrong += [12, 0, False]
        if row["required"] == "0":
            wrong.append(None)
        return self.put("field.type", envelope, row["name"], self.rng.choice(wrong))

    def length(self) -> Mutant:
        envelope, row = self.pick(
            lambda row: row["length"] != "" and row["format"] == "" and row["type"] in ("string", "integer")
        )
        limit = int(row["length"])
        if row["type"] == "integer":
            return self.put("field.length", envelope, row["name"], 10**limit)
        text = self.rng.choice("字A\U00020000é") * (limit + 1)
        if row["fixed"] == "1" and limit > 1 and self.rng.random() < 0.5:
            text = text[: limit - 1]
        return self.put("field.length", envelope, row["name"], text)

    def precision(self) -> Mutant:
        envelope, row = self.pick(lambda row: row["type"] == "decimal")
        whole = int(row["digits"]) - int(row["decimals"])
        wrong = ("9" * (whole + 1), "1." + "1" * (int(row["decimals"]) + 1), "-1" + "0" * whole)
        return self.put("field.precision", envelope, row["name"], self.rng.choice(wrong))

    def format_(self) -> Mutant:
        envelope, row = self.pick(lambda row: row["format"] != "")
        value = str(envelope["body"]["fields"][row["name"]])
        place = self.rng.randrange(len(value))
        bad = self.rng.choice(
            (
                value + "\n",
                value.lower() if value.lower() != value else value + "\n",
                self.replaced(value, place, "I"),
                self.replaced(value, place, "\uff11"),
                self.replaced(value, place, "\u0663"),
                self.replaced(value, place, " "),
                "I" * len(value),
            )
        )
        if bad == value or (place == 0 and row["format"] in PROJECTS and bad[0] == "I"):
            bad = value + "\n"
        if row["format"] == "industry-code" and bad[0] == "I" and bad[1:].isdigit():
            bad = "4E7"
        return self.put("field.format", envelope, row["name"], bad)

    def date(self) -> Mutant:
        envelope, row = self.pick(lambda row: row["type"] in ("date", "datetime"))
        value = str(envelope["body"]["fields"][row["name"]])
        if row["type"] == "date":
            wrong = ["2026-02-30", "20260301", "2026/03/01", "2026-3-1", value + "T00:00:00", "2026-13-01"]
        else:
            wrong = [
                "2026-02-29T09:00:00+08:00", "2026-03-01T24:00:00+08:00", "2026-03-01T09:60:00+08:00",
                "2026-03-01 09:00:00", "20260301090000", value[:-6] + "Z", value[:-6] + "+00:00", value[:-6],
                value[:-6] + ".5+08:00", value[:10], "0000-01-01T00:00:00+08:00", value + "\n",
            ]  # fmt: skip
        return self.put("field.date", envelope, row["name"], self.rng.choice(wrong))

    # codes

    def code(self) -> Mutant:
        envelope, row = self.pick(
            lambda row: row["type"] == "code" and row["multi"] == "0" and row["code_list"] != "region"
        )
        listed = self.codes[row["code_list"]]
        strange = ("8", "x", "\uff11", "X7", "00", "Z9", "A0", "Q", "E88", "1;1")
        wrong = [code for code in strange if code not in listed]
        if row["fixed"] == "1":
            wrong = [code for code in wrong if len(code) == int(row["length"])] or ["Q" * int(row["length"])]
        else:
            wrong = [code for code in wrong if len(code) <= int(row["length"])]
        return self.put("code.unknown", envelope, row["name"], self.rng.choice(wrong))

    def multi(self) -> Mutant:
        envelope, row = self.pick(lambda row: row["multi"] == "1")
        good = self.rng.choice(self.codes[row["code_list"]])
        between = (",", ";;", "\uff1b", "; ")
        wrong = (*(good + mark + good for mark in between), f"{good};x", f";{good}", f"{good} ", "x")
        fitting = [value for value in wrong if len(value) <= int(row["length"])]
        return self.put("code.multi", envelope, row["name"], self.rng.choice(fitting))

    def region(self) -> Mutant:
        envelope, row = self.pick(lambda row: row["code_list"] == "region")
        wrong = ("629998", "620199", "990000", "000000", "62010X", "62010\uff12", "160100", "3501A0")
        return self.put("code.region", envelope, row["name"], self.rng.choice(wrong))

    def outside(self) -> Mutant:
        envelope, row = self.pick(lambda row: row["code_list"] == "region")
        value = self.rng.choice(("350100", "110000", "440300", "650100", "820000", "500101"))
        return self.put("code.region-outside", envelope, row["name"], value)

    def party(self) -> Mutant:
        envelope, row = self.pick(lambda row: row["format"].startswith(("uscc", "party-code")))
        value = str(envelope["body"]["fields"][row["name"]])
        if row["format"].startswith("party-code") and self.rng.random() < 0.3:
            value = resident(self.rng)
            wrong = self.replaced(value, 17, self.rng.choice([s for s in "0123456789X" if s != value[17]]))
        else:
            place = self.rng.randrange(len(value))
            wrong = self.replaced(value, place, self.rng.choice([s for s in USCC if s != value[place]]))
        if row["format"].endswith("-list") and self.rng.random() < 0.5:
            wrong = f"{envelope['body']['fields'][row['name']]};{wrong}"
        return self.put("party.code-check", envelope, row["name"], wrong)

    def deal(self) -> Mutant:
        envelope, row = self.pick(lambda row: row["format"].startswith("unified-deal-code"))
        value = str(envelope["body"]["fields"][row["name"]])
        last = self.rng.choice([s for s in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*" if s != value[-1]])
        return self.put("deal.check-character", envelope, row["name"], value[:-1] + last)

    # fields together

    def r01(self) -> Mutant:
        envelope = self.base(self.rng.choice(("eng-project", "gp-project")))
        envelope["body"]["fields"]["RELATE_CODE"] = "1"
        return self.drop("R01", envelope, "INVEST_PROJECT_CODE")

    def r02(self) -> Mutant:
        envelope = self.base("eng-tender-project")
        envelope["body"]["fields"]["TENDER_ORGANIZE_FORM"] = "2"
        names = ("TENDER_AGENCY_NAME", "TENDER_AGENCY_CODE_TYPE", "TENDER_AGENCY_CODE")
        return self.drop("R02", envelope, self.rng.choice(names))

    def r03(self) -> Mutant:
        stage = self.rng.choice(("eng-prequal-document", "eng-tender-document", "gp-correction"))
        envelope = self.base(stage)
        envelope["body"]["fields"]["IS_POSTPONE"] = "1"
        later = "POST_BID_CLOSING_TIME" if stage == "gp-correction" else "POST_OPEN_TIME"
        return self.drop("R03", envelope, later)

    def r11(self) -> Mutant:
        def child(row: Row) -> bool:
            below = {"tender-project-code": "project-code", "bid-section-code": "tender-project-code"}
            parent = below.get(row["format"].removesuffix("-list"))
            return parent is not None and any(one["format"] == parent for one in self.fields[row["stage"]])

        envelope, row = self.pick(child)
        value = str(envelope["body"]["fields"][row["name"]])
        place = self.rng.randrange(1, 17)
        digit = self.rng.choice([d for d in "0123456789" if d != value[place]])
        wrong = self.replaced(value, place, digit)
        if row["format"].endswith("-list") and self.rng.random() < 0.5:
            wrong = f"{value};{wrong};"
        return self.put("R11", envelope, row["name"], wrong)

    def r12(self) -> Mutant:
        envelope, row = self.pick(lambda row: row["name"] == "PRICE_FORM_CODE")
        stage, fields = row["stage"], envelope["body"]["fields"]
        names = [one["name"] for one in self.fields[stage]]
        if "OTHER_BID_PRICE" in names and self.rng.random() < 0.4:
            fields["PRICE_FORM_CODE"] = self.rng.choice("239")
            return self.drop("R12", envelope, "OTHER_BID_PRICE")
        return self.drop("R12", envelope, self.rng.choice(AMOUNTS[stage]))


PROJECTS = (
    "project-code", "tender-project-code", "bid-section-code", "bid-section-code-list", "unified-deal-code",
    "unified-deal-code-list",
)  # fmt: skip
AMOUNTS = {
    "eng-tender-document": ("MARGIN_AMOUNT", "MARGIN_AMOUNT_UNIT"),
    "eng-bidder-list": ("BID_PRICE", "PRICE_UNIT"),
    "eng-candidate": ("BID_PRICE", "PRICE_UINT"),
    "eng-result-notice": ("BID_AMOUNT", "PRICE_UNIT"),
    "eng-award-letter": ("BID_AMOUNT", "PRICE_UNIT"),
    "gp-project": ("PROGRAM_BUDGET", "UNIT_BUDGET"),
    "gp-supplier-list": ("BID_PRICE", "PRICE_UNIT"),
    "gp-deal-notice": ("WIN_BID_PRICE", "PRICE_UNIT"),
    "gp-contract": ("CONTRACT_AMOUNT", "PRICE_UNIT"),
    "asset-listing": ("PROJECT_PRICE", "PRICE_UNIT"),
    "asset-result": ("TRADE_VALUE", "PRICE_UNIT"),
    "contract-sign": ("CONTRACT_PRICE", "PRICE_UNIT"),
}


def resident(rng: Random) -> str:
    """A true resident number, worked out here by the schoolbook weights and not by certs.identity."""
    body = f"629999{rng.randint(1960, 1999)}0{rng.randint(1, 9)}1{rng.randint(0, 9)}{rng.randrange(1000):03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    return body + "10X98765432"[total % 11]
