"""Reads the tables of the score and refuses contradictions, all at once, each with file and row."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from hub.quality.config import (
    Agreement,
    Asked,
    Bucket,
    EventTime,
    Expected,
    QualityConfig,
    QualityConfigError,
    RuleNote,
    Scale,
)
from hub.quality.model import Dimension
from hub.standard import load as load_standard
from hub.standard.book import Book
from hub.standard.model import Stage

DATA = Path(__file__).with_name("data")
HOW = frozenset({"equal", "member", "amount", "amount-of-winner"})
Row = tuple[str, Mapping[str, str]]


class Loader:
    """One reading: faults are gathered and raised together."""

    def __init__(self, directory: Path | None, standard: Book) -> None:
        self._directory = directory
        self._standard = standard
        self.faults: list[str] = []

    def path(self, name: str) -> Path:
        own = None if self._directory is None else self._directory / name
        return own if own is not None and own.is_file() else DATA / name

    def rows(self, name: str) -> Iterator[Row]:
        with self.path(name).open(encoding="utf-8", newline="") as lines:
            for number, row in enumerate(csv.DictReader(lines), start=2):
                if None in row or None in row.values():
                    self.faults.append(f"{name}:{number}: wrong number of columns")
                    continue
                yield f"{name}:{number}", row

    def field(self, where: str, stage: str, name: str) -> None:
        """The stage exists, and has that field (an empty name asks for the stage only)."""
        known = self._standard.by_id.get(stage)
        if known is None:
            self.faults.append(f"{where}: no stage {stage!r} in the standard")
        elif name and name not in known.by_name:
            self.faults.append(f"{where}: stage {stage} has no field {name!r}")

    def whole(self, where: str, text: str) -> int:
        if text.isdecimal():
            return int(text)
        self.faults.append(f"{where}: {text!r} is not a whole number")
        return 0

    def share(self, where: str, value: Any) -> float:
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = -1.0
        if not 0 <= number <= 1:
            self.faults.append(f"{where}: {value!r} is not a share between 0 and 1")
        return number

    def flow(self) -> tuple[Expected, ...]:
        found = []
        for where, row in self.rows("flow.csv"):
            self.field(where, row["stage"], "")
            self.field(where, row["after"], row["at"])
            if row["unless"]:
                self.field(where, row["unless"], "")
            found.append(Expected(**{**row, "days": self.whole(where, row["days"])}))  # type: ignore[arg-type]
        return tuple(found)

    def event_times(self) -> dict[str, EventTime]:
        found = {}
        for where, row in self.rows("event_times.csv"):
            self.field(where, row["stage"], row["field"])
            found[row["stage"]] = EventTime(row["field"], self.whole(where, row["grace_days"]), row["mark"])
        return found

    def deals(self) -> dict[str, str]:
        found = {}
        for where, row in self.rows("deals.csv"):
            self.field(where, row["stage"], row["field"])
            found[row["stage"]] = row["field"]
        return found

    def agreements(self) -> tuple[Agreement, ...]:
        found = []
        for where, row in self.rows("agree.csv"):
            self.field(where, row["stage"], row["field"])
            self.field(where, row["stage"], row["unit"])
            self.field(where, row["with_stage"], row["with_field"])
            self.field(where, row["with_stage"], row["with_unit"])
            if row["how"] not in HOW:
                self.faults.append(f"{where}: {row['how']!r} is none of {sorted(HOW)}")
            found.append(Agreement(**{name: text for name, text in row.items() if name != "mark"}))
        return tuple(found)

    def rules(self) -> dict[str, RuleNote]:
        found: dict[str, RuleNote] = {}
        for where, row in self.rows("rules.csv"):
            told = self._standard.rules.get(row["id"])
            words = [row[name] for name in ("zh", "en", "advice_zh", "advice_en")]
            if told is not None and not words[0]:
                words = [told.zh, told.en, told.advice_zh, told.advice_en]
            if not all(words):
                self.faults.append(f"{where}: {row['id']} has no words and is no rule of the standard")
            if row["dimension"] not in {one.value for one in Dimension}:
                self.faults.append(f"{where}: {row['dimension']!r} is no dimension")
                continue
            points = self.share(where, row["points"] or "0")
            dimension = Dimension(row["dimension"])
            zh, en, advice_zh, advice_en = words
            found[row["id"]] = RuleNote(
                row["id"], dimension, points, zh, en, advice_zh, advice_en, row["mark"]
            )
        return found


def load(directory: Path | str | None = None, standard: Book | None = None) -> QualityConfig:
    """The configuration in `directory`; a file missing there is taken from the installed one.

    Raises QualityConfigError with every fault.
    """
    return _build(None if directory is None else Path(directory), standard)


@cache
def installed() -> QualityConfig:
    """The installed configuration, read once per process."""
    return load()


def _build(directory: Path | None, standard: Book | None) -> QualityConfig:
    book = load_standard() if standard is None else standard
    loader = Loader(directory, book)
    try:
        toml = tomllib.loads(loader.path("score.toml").read_text(encoding="utf-8"))
        scale = _scale(loader, toml)
        config = QualityConfig(
            standard=book, mark=str(toml["mark"]), source=str(toml["source"]), weights=_weights(loader, toml),
            scale=scale, buckets=_buckets(loader, toml), flow=loader.flow(),
            event_times=loader.event_times(), deals=loader.deals(), agreements=loader.agreements(),
            rules=loader.rules(), asked={stage.id: _asked(book, stage, scale) for stage in book.stages},
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise QualityConfigError(f"评分配置不可用 / score tables: {type(error).__name__}: {error}") from error
    _complete(loader, config)
    if loader.faults:
        raise QualityConfigError("评分配置有误 / score tables:\n" + "\n".join(loader.faults))
    return config


def _complete(loader: Loader, config: QualityConfig) -> None:
    """Every bucket that costs something, and every agreement, has words for its deduction."""
    wanted = {f"time.{bucket.id}" for bucket in config.buckets if bucket.credit < 1}
    wanted |= {row.rule for row in config.agreements}
    wanted |= {"flow.missing", "field.required", "field.optional", "X01", "X05", "repair.open", "repair.late"}
    loader.faults += [f"rules.csv: no rule {name}" for name in sorted(wanted - set(config.rules))]


def _asked(book: Book, stage: Stage, scale: Scale) -> Asked:
    optional = [field.name for field in stage.fields if not field.required]
    return Asked(
        tuple(field.name for field in stage.fields if field.required),
        tuple(row for row in book.conditions if row.stage == stage.id),
        tuple(name for name in optional if name not in scale.not_asked),
    )


def _weights(loader: Loader, toml: Mapping[str, Any]) -> dict[Dimension, float]:
    given = {name: float(value) for name, value in toml["weights"].items()}
    names = {one.value for one in Dimension}
    if set(given) != names:
        loader.faults.append(f"score.toml: weights must name exactly {sorted(names)}")
    if min(given.values(), default=-1.0) < 0 or abs(sum(given.values()) - 100) > 1e-9:
        loader.faults.append(
            f"score.toml: weights must be 0 or more and sum to 100, not {sum(given.values())}"
        )
    return {one: given.get(one.value, 0.0) for one in Dimension}


def _scale(loader: Loader, toml: Mapping[str, Any]) -> Scale:
    window, fields, accuracy, repair = toml["window"], toml["fields"], toml["accuracy"], toml["repair"]
    scale = Scale(
        int(window["records"]), int(window["flow"]), int(window["repair"]),
        loader.share("score.toml [fields] required", fields["required"]),
        loader.share("score.toml [fields] optional", fields["optional"]), frozenset(fields["not_asked"]),
        loader.share("score.toml [accuracy] error", accuracy["error"]),
        loader.share("score.toml [accuracy] warning", accuracy["warning"]), int(repair["prompt_days"]),
        loader.share("score.toml [repair] late", repair["late"]), int(repair["grace_days"]),
    )  # fmt: skip
    if min(scale.records_days, scale.flow_days, scale.repair_days) < 1:
        loader.faults.append("score.toml [window]: at least one day each")
    if abs(scale.required + scale.optional - 1) > 1e-9:
        loader.faults.append("score.toml [fields]: required and optional must sum to 1")
    return scale


def _buckets(loader: Loader, toml: Mapping[str, Any]) -> tuple[Bucket, ...]:
    buckets = tuple(
        Bucket(
            str(row["id"]), int(row["from"]), int(row["to"]),
            loader.share(f"score.toml [[timeliness]] {row['id']}", row["credit"]), row["zh"], row["en"],
        )
        for row in toml["timeliness"]
    )  # fmt: skip
    for one, following in pairwise(buckets):
        if following.first != one.last + 1:
            loader.faults.append(f"score.toml [[timeliness]]: {following.id} does not follow {one.id}")
    if not buckets:
        loader.faults.append("score.toml: no [[timeliness]] classes")
    return buckets
