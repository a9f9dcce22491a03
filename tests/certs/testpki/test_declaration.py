"""The file that declares a world is read strictly: a slip is an error with a place."""

from datetime import UTC, datetime

import pytest

from certs.testpki import World
from certs.testpki.declaration import DeclarationError, read_declaration, sandbox_toml
from tests.rows import each

TEXT = sandbox_toml()


def test_the_sandboxs_own_file() -> None:
    made = read_declaration(TEXT)
    assert len(made.vendors) == 6
    assert {one.version for one in made.seals.values()} == {1, 4, 5}


@each(
    ("old", "new", "said"),
    [
        ("[world]", "[world", "Expected"),
        ('id = "builder"', 'id = "agency"', "twice"),
        ("91620000MA71A0013W", "91620000MA71A0013X", "builder"),
        ("62010219850312011X", "620102198503120111", "zhang"),
        ('medium = "tokenless"', 'medium = "air"', "medium"),
        ('quirks = ["raw-signature"]', 'quirks = ["sloppy"]', "quirks"),
        ('algorithms = ["rsa-sha256"]', 'algorithms = ["dsa"]', "algorithms"),
        ('kinds = ["uscc"]', 'kinds = ["passport"]', "identity"),
        ('"bmp"', '"ebcdic"', "form"),
        ("days_ago", "days_gone", "days_gone"),
        ('holder = "frozen"', 'holder = "nobody"', "nobody"),
        ('maker = "centre"', 'maker = "nobody"', "seal"),
        ('bench = "P01"', 'bench = "P09"', "bench"),
        ("tiers = 3", "tiers = 30", "tiers"),
        ("[[person]]", "[[robot]]", "robot"),
    ],
)
def test_slips(old: str, new: str, said: str) -> None:
    assert old in TEXT
    with pytest.raises(DeclarationError, match=said):
        read_declaration(TEXT.replace(old, new, 1))


def test_a_smaller_world_of_ones_own() -> None:
    small = """
    [[organisation]]
    id = "one"
    name = "沙箱独一公司"
    code = "91620000MA71A0013W"
    [[vendor]]
    id = "X"
    zh = "沙箱己CA"
    en = "Sandbox CA F"
    region = "620000"
    medium = "token"
    algorithms = ["ecdsa-sha256"]
    tiers = 1
    pair = true
    ocsp = "direct"
    quirks = []
    ca = [["C", "CN"]]
    organisation = [["C", "CN"], ["CN", "{name}"]]
    person = [["CN", "{name}"]]
    """
    world = World.open(small, now=datetime(2026, 11, 22, tzinfo=UTC))
    assert len(world.vendors["X"].signer("one").chain) == 1
    assert world.trust("X").anchors == world.anchors
    with pytest.raises(DeclarationError, match="bench"):
        world.defect("expired")
