"""One call as bytes, in the transport of its profile (rules 3)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from adapters.sof.papers import function_of, spelt
from adapters.xmltext import element
from hub.catalogue.gateways import Profile

SOAP, SOF = "http://www.w3.org/2003/05/soap-envelope", "urn:gmt:0020:sof"
_MEDIA = {"rest-exec": "application/json", "soap-path": "application/soap+xml", "xml-post": "text/xml"}
Arguments = Sequence[str | int]


def path_of(profile: Profile, function: str) -> str:
    return profile.path.replace("{function}", spelt(profile, function))


def media_of(profile: Profile) -> str:
    return f"{_MEDIA[profile.transport]};charset={profile.charset}"


def body_of(profile: Profile, function: str, arguments: Arguments) -> bytes:
    """The arguments are in their written forms already (Base64 text, numbers); raises ValueError for too
    few or too many."""
    head = f'<?xml version="1.0" encoding="{profile.charset}"?>\n'
    named = list(zip((one.name for one in function_of(function).arguments), arguments, strict=True))
    if profile.transport == "rest-exec":
        given = dict(named) if profile.form["arguments"] == "named" else list(arguments)
        call = {profile.form["function"]: spelt(profile, function), profile.form["args"]: given}
        return json.dumps(call, ensure_ascii=False, separators=(",", ":")).encode(profile.charset)
    if profile.transport == "soap-path":
        name = spelt(profile, function)
        inside = "".join(element(f"s:{one}", str(value)) for one, value in named)
        text = (
            f'{head}<soap:Envelope xmlns:soap="{SOAP}"><soap:Body>'
            f'<s:{name} xmlns:s="{SOF}">{inside}</s:{name}></soap:Body></soap:Envelope>'
        )
        return text.encode(profile.charset)
    inside = "".join(element("arg", str(value)) for value in arguments)
    form = profile.form
    text = (
        f"{head}<sof>{element(form['function'], spelt(profile, function))}"
        f"<{form['args']}>{inside}</{form['args']}></sof>"
    )
    return text.encode(profile.charset)
