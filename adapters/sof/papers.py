"""The tables this adapter works by, and small questions to them."""

from __future__ import annotations

from functools import cache

from hub.catalogue.gateways import Function, Gateway, Profile


@cache
def papers() -> Gateway:
    return Gateway.load()


def profile_of(system: str) -> Profile | None:
    """That of a CA whose server proves calls by application; the hub's own door is no gateway of ours."""
    found = papers().profiles.get(system)
    return found if found is not None and found.auth == "app" else None


def function_of(name: str) -> Function:
    return papers().functions[name]


def spelt(profile: Profile, name: str) -> str:
    """The function as this gateway writes it: `SOF_ValidateCert` or `SOF_validateCert`."""
    head, _, rest = name.partition("_")
    return f"{head}_{rest[:1].lower()}{rest[1:]}" if profile.form["case"] == "lower" else name
