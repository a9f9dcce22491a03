"""What the catalogue knows, as frozen values: systems, dialects, messages, subscriptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hub.errors import SettingsError

NOTICE = "-"  # the stage of a row about a message that carries no record
OWNER = "@owner"  # the receiver "whoever registered the tender project that the message names"


class CatalogueError(SettingsError):
    """The tables contradict themselves; the text names file and row."""

    code = "catalogue.contradiction"


@dataclass(frozen=True, slots=True)
class System:
    """One of the 135 connected systems; `named` says what supports it: seed, class or reconstructed."""

    seq: int
    id: str
    zh: str
    en: str
    tier: str
    region: str
    owner: str
    kind: str
    dialect: str
    variant: str
    protocol: str
    auth: str
    encoding: str
    dir: str
    messages: tuple[str, ...]
    quirks: tuple[str, ...]
    aliases: tuple[str, ...]
    named: str
    seed: str
    note: str


@dataclass(frozen=True, slots=True)
class DialectInfo:
    """One dialect family as the catalogue describes it; its papers, where issued, say the rest."""

    id: str
    native: bool
    protocol: str
    style: str
    variants: tuple[str, ...]
    auth: str
    envelope: str
    ok_when: str
    charset: str
    datetime: str
    key: str
    faults: tuple[str, ...]
    evidence: str
    provenance: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """Which stage goes to which receiver as which message; `region` is a code of eng-section or `*`.

    With `NOTICE` for a stage it is about a message without one: to whom it goes that names nobody itself.
    """

    stage: str
    receiver: str
    message: str
    region: str
    provenance: str
    note: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything at once; `load()` is the only maker. `notices` are the subscriptions without a stage."""

    systems: tuple[System, ...]
    dialects: Mapping[str, DialectInfo]
    messages: Mapping[str, str]
    subscriptions: tuple[Subscription, ...]
    by_id: Mapping[str, System]
    by_dialect: Mapping[str, tuple[System, ...]]
    papers_root: Path
    notices: tuple[Subscription, ...] = ()

    def system(self, system_id: str) -> System:
        """The system of this id; raises KeyError."""
        return self.by_id[system_id]

    def papers(self, dialect: str) -> Path:
        """The folder of a dialect's papers; raises CatalogueError where none are issued yet."""
        folder = self.papers_root / dialect
        if not (folder / "dialect.toml").is_file():
            raise CatalogueError(f"{dialect}: 尚未发布对接文件 / no papers issued")
        return folder

    def with_papers(self) -> tuple[str, ...]:
        """Dialects whose papers are complete."""
        return tuple(d for d in self.dialects if (self.papers_root / d / "dialect.toml").is_file())
