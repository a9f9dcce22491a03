"""Notice texts with places for fields, and each filled from the sample, as its readers would see it.

Only fields that anyone may see in clear can stand in a notice; the table is refused otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hub.standard.documents import rows
from hub.standard.documents.examples import Examples
from hub.standard.model import Stage
from hub.standard.policy import Audience, view
from hub.standard.standard import Standard
from hub.standard.tables import StandardDataError

PLACE = re.compile(r"\{([A-Z][A-Z0-9_]*)\}")
PAST = frozenset({"opening", "release", "award"})


@dataclass(frozen=True, slots=True)
class Notice:
    """A template and the same with the values of the sample."""

    stage: Stage
    title: str
    zh: str
    en: str
    provenance: str
    filled_title: str
    filled: str


def notices(standard: Standard, examples: Examples) -> list[Notice]:
    """All templates in the order of their table; StandardDataError for one that could not be published."""
    problems = [problem for row in rows.own("notices.csv") for problem in wrong(standard, row)]
    if problems:
        raise StandardDataError(problems)
    return [_notice(standard, examples, row) for row in rows.own("notices.csv")]


def wrong(standard: Standard, row: rows.Cells) -> list[str]:
    """Places that are no public field of the stage."""
    stage = standard.stage(row["stage"])
    public = {
        one.name for one in stage.fields if one.policy.openness == "public" and one.policy.mask == "none"
    }
    names = PLACE.findall(row["title"] + row["zh"] + row["en"])
    return [f"notices.csv: {stage.id}: {name} is no public field" for name in names if name not in public]


def _notice(standard: Standard, examples: Examples, row: rows.Cells) -> Notice:
    stage = standard.stage(row["stage"])
    seen = view(stage, examples.sample(stage.id)["body"]["fields"], Audience.PUBLIC, lifted=PAST)

    def fill(text: str) -> str:
        return PLACE.sub(lambda found: str(seen.get(found.group(1), "/")), text)

    return Notice(
        stage, row["title"], row["zh"], row["en"], row["provenance"], fill(row["title"]), fill(row["zh"])
    )
