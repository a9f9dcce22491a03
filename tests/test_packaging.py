"""What the README and the package promise is there: counts, verbs, dialects, data in the wheel."""

import importlib
import re
import tomllib
import zipfile
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

from hub.catalogue import load as load_catalogue
from hub.standard import load as load_standard
from tests.rows import each

ROOT = Path(__file__).parents[1]
_CARRIED = {
    ".py",
    ".csv",
    ".toml",
    ".json",
    ".jsonl",
    ".wsdl",
    ".xsd",
    ".html",
    ".xml",
    ".sql",
    ".dat",
    ".md",
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_the_counts_the_readmes_name_are_the_counts_of_the_data() -> None:
    standard, catalogue = load_standard(), load_catalogue()
    fields = sum(len(stage.fields) for stage in standard.stages)
    for name, wanted in {
        "README.md": [r"(\d+) stages", r"(\d+) fields", r"links (\d+) systems"],
        "README.zh-CN.md": [r"(\d+) 个环节", r"(\d+) 个字段", r"连接 (\d+) 个系统"],
    }.items():
        text = (ROOT / name).read_text("utf-8")
        said = [int(match.group(1)) for pattern in wanted if (match := re.search(pattern, text))]
        assert said == [len(standard.stages), fields, len(catalogue.systems)], name


def test_readmes_name_files_that_are_there() -> None:
    """A name may be told from any folder above its file; data that a run writes has other endings."""
    named = re.compile(r"(?<![\w/.*<{-])(?:\.\./)*(\w[\w./-]*\.(?:py|csv))\b")
    folders = [path for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "."]
    there = {path.name for path in ROOT.glob("*.py")}
    for path in (found for folder in folders for found in folder.rglob("*.[cp][sy]*")):
        parts = path.relative_to(ROOT).parts
        there |= {"/".join(parts[at:]) for at in range(len(parts))}
    for readme in (found for folder in folders for found in folder.rglob("README*.md")):
        gone = set(named.findall(readme.read_text("utf-8"))) - there
        assert not gone, (readme, gone)


@each(("verb", "target"), sorted(PROJECT["entry-points"]["hutong.commands"].items()))
def test_every_verb_has_a_summary_and_its_two_functions(verb: str, target: str) -> None:
    module = importlib.import_module(target)
    assert isinstance(module.SUMMARY, str), verb
    assert callable(module.configure)
    assert callable(module.run)


@each(("name", "target"), sorted(PROJECT["entry-points"]["hutong.dialects"].items()))
def test_every_dialect_names_itself_and_has_papers(name: str, target: str) -> None:
    module, attribute = target.split(":")
    assert getattr(importlib.import_module(module), attribute).name == name
    assert (load_catalogue().papers(name) / "dialect.toml").is_file()


def test_the_wheel_carries_the_data(tmp_path: Path) -> None:
    wheel = next(WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"]))
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = [
        path.relative_to(ROOT).as_posix()
        for package in ("hub", "adapters", "simulators", "conformance", "loadtests", "certs")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix in _CARRIED
    ]
    assert sorted(set(tracked) - names) == []


def test_constraints_hold_names_and_versions_only() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert pins
    assert [pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+( ; .+)?", pin)] == []
