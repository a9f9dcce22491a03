"""土地矿业权与 CA 的 SOAP 1.2 接口: signed both ways, addressed, errors as Faults that nobody signs.

Written from `dialects/soap12-x509/rules.md`; `soap12_reading` has the shape, `soap12_security` the signature.
"""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.catalogue.papers import Papers
from simulators.desk import Desk, Refusal
from simulators.dialects import mtom
from simulators.dialects import soap12_security as security
from simulators.dialects.soap12_identity import identities, stranger
from simulators.dialects.soap12_reading import Call, Refused, fits_schema, read_call
from simulators.dialects.soap12_saying import NAME, NS, PROLOG, SPACES, TYPE, fault, named, papers, receipt
from simulators.dialects.soap12_words import SERVICE, TEXTS
from simulators.dialects.xmlread import escape
from simulators.dialects.xmltree import lists, read_tree, write_tree
from simulators.nested import service
from simulators.sheet import Wrong, body, envelope_names, op_of, sheet
from simulators.state import Push, Verdict
from simulators.wire import NO_SUCH_PATH, Reply, Request

PATH = "/ws/ResourceExchange"
_KINDS = {"required": "S301", "format": "S302", "code": "S303"}
_REFUSED = {Verdict.CONFLICT: "S320", Verdict.OLDER: "S321", Verdict.UNKNOWN_ROW: "S322"}
_MOODS = {
    "cert-revoked": "S103",
    "action-mismatch": "S201",
    "not-allowed": "S105",
    "parent-unknown": "S310",
    "busy": "S700",
    "internal-error": "S900",
}
_SIX = re.compile(r"-?[0-9]+(\.[0-9]{1,6})?")
_RING = re.compile(r";RING\(([^()]*)\)$")


class Soap12X509:
    """P05, D04 and C02: what each takes and is asked is in its papers."""

    def __init__(self, desk: Desk) -> None:
        facts = Papers.load(NAME).facts
        self._desk = desk
        desk.ledger.pattern = desk.id + "-{day}-{serial:06d}"
        own: Mapping[str, Any] = facts["systems"][desk.id]
        operations: Mapping[str, str] = facts["operations"]
        granted = desk.switches.get("granted", ())  # stages beyond what the papers list for this system
        self._stages = {operations[name]: name for name in (*own.get("hub_sends", ()), *granted)}
        self._services = {operations[name]: name for name in own.get("hub_asks", ())}
        self._known = frozenset(operations.values()) | {"QueryRecord"}
        self._quirks = {str(quirk["id"]) for quirk in own.get("quirks", ())}
        self._limit = int(facts["limits"]["max_body_bytes"])
        self._theirs, self._ours = identities(desk, own["algorithms"])
        self._parcels: dict[str, str] = {}
        self._serial = 0

    def answer(self, request: Request, now: datetime) -> Reply:
        if request.path != PATH:
            return NO_SUCH_PATH
        if request.method == "GET":
            return papers(request)
        if request.method != "POST":
            return Reply(405)
        if len(request.body) > self._limit:
            return fault("S701")
        try:
            self._upset("action-mismatch")
            call = read_call(request, NS, self._known)
            algorithm = self._admit(call, now)
            fits_schema(call)
            for mood in ("parent-unknown", "busy", "internal-error"):
                self._upset(mood)
            code, content = self._serve(call, now)
        except Refused as no:
            return fault(no.code, no.fields, no.text)
        except Refusal as no:
            return fault(SERVICE.get(no.code, "S900"))
        if self._desk.feels("wsa-replyto-ignored"):
            return Reply(202, {"Content-Type": TYPE})
        if self._desk.feels("fault-with-200"):
            return fault("S900", status=200)
        return self._say(call, algorithm, code, content, now)

    def _upset(self, mood: str) -> None:
        if self._desk.feels(mood):
            raise Refused(_MOODS[mood])

    def _admit(self, call: Call, now: datetime) -> str:
        """S101 to S105; the algorithm in which the question was signed."""
        try:
            head, stamp = security.covered(call.root)
            algorithm = security.verified(call.root, head, self._theirs)
            self._upset("cert-revoked")
            security.fresh(stamp, now)
        except security.Unsafe as no:
            raise Refused(no.code) from None
        self._upset("not-allowed")
        if call.operation != "QueryRecord" and call.operation not in {**self._stages, **self._services}:
            raise Refused("S105")
        return algorithm

    # -- what is asked ----------------------------------------------------------------------------

    def _serve(self, call: Call, now: datetime) -> tuple[str, str]:
        """Status code and what follows the Status."""
        if call.operation == "QueryRecord":
            return "S000", self._record(call)
        if call.operation in self._services:
            return "S000", self._service(self._services[call.operation], call, now)
        return self._push(self._stages[call.operation], call, now)

    def _push(self, stage: str, call: Call, now: datetime) -> tuple[str, str]:
        parts = read_tree(call.content, frozenset())
        head, record = dict(parts.get("Header") or {}), dict(parts.get("Record") or {})
        whole, form, op = {**head, **record}, sheet(NAME, stage), op_of(NAME, str(head.get("Operation")))
        names = frozenset(envelope_names(NAME).values())
        missing = [w for w in form.missing(whole) if op != "delete" or w.field in names]
        if wrong := missing or form.wrong(whole) or self._peculiar(stage, record):
            raise Refused(
                _KINDS[wrong[0].kind], tuple(each.field for each in wrong if each.kind == wrong[0].kind)
            )
        key = str(head["BusinessKey"])
        self._parcel(key, record)
        push = Push(stage, key, int(head["Version"]), op, whole, record)
        verdict, held = self._desk.ledger.put(push, now)
        if held is None or verdict not in (Verdict.TAKEN, Verdict.DUPLICATE):
            raise Refused(_REFUSED[verdict])
        if "parcel-key" in self._quirks and record.get("LandCode"):
            self._parcels[str(record["LandCode"])] = key
        return ("S000" if verdict is Verdict.TAKEN else "S010"), receipt(held)

    def _peculiar(self, stage: str, record: Mapping[str, Any]) -> list[Wrong]:
        """What single systems want of values: six decimals at most (P05), closed rings (D04)."""
        found = []
        if "amount-six-decimals" in self._quirks:
            amounts = [row.foreign for row in sheet(NAME, stage).rows if row.form.startswith("amount:wan")]
            found += [Wrong("format", n) for n in amounts if record.get(n) and not _SIX.fullmatch(record[n])]
        if "coordinates-ring" in self._quirks and not _ring(str(record.get("LandPosition", ""))):
            found.append(Wrong("format", "LandPosition"))
        return found

    def _parcel(self, key: str, record: Mapping[str, Any]) -> None:
        """D04: the parcel's own number is a key, too."""
        if "parcel-key" in self._quirks and self._parcels.get(str(record.get("LandCode")), key) != key:
            raise Refused("S320", (), "宗地监管号已有其他记录")

    def _record(self, call: Call) -> str:
        wanted = read_tree(call.content, frozenset()).get("BusinessKey")
        held = next(
            (r for r in self._desk.ledger if r.key == wanted and r.message in self._stages.values()), None
        )
        if held is None or held.deleted:
            return ""
        name = next(op for op, stage in self._stages.items() if stage == held.message).removeprefix("Push")
        head = named(held.fields, list(envelope_names(NAME).values()))
        rest = named(held.fields, [row.foreign for row in body(NAME, held.message, "out").rows])
        return f"{receipt(held)}<t:Header>{head}</t:Header><t:{name}>{rest}</t:{name}>"

    def _service(self, message: str, call: Call, now: datetime) -> str:
        form = service(NAME, message, "request", typed=False)
        tree = read_tree(call.content, lists(form.rows))
        if wrong := form.wrong(tree):
            raise Refused(_KINDS[wrong[0].kind], (wrong[0].field,))
        book = self._desk.books.get(message)
        if book is None:
            raise Refused("S105")
        told = service(NAME, message, "reply", typed=False).abroad(book(form.home(tree), now))
        return f"<t:Result>{write_tree(told, 't:')}</t:Result>"

    # -- wire -------------------------------------------------------------------------------------

    def _say(self, call: Call, algorithm: str, code: str, content: str, now: datetime) -> Reply:
        operation = "Push" if call.operation in self._stages else call.operation
        text = "无记录" if operation == "QueryRecord" and not content else TEXTS[code]
        status = f"<t:Status><t:Code>{code}</t:Code><t:Message>{text}</t:Message></t:Status>"
        inside = f'<t:{operation}Response xmlns:t="{NS}">{status}{content}</t:{operation}Response>'
        self._serial += 1
        ours = self._ours[algorithm]
        if self._desk.feels("wrong-cert"):
            ours = stranger(algorithm)
        relates = (
            str(uuid.uuid5(uuid.NAMESPACE_URL, "other")) if self._desk.feels("answer-to-another") else ""
        )
        header = (
            f'<wsa:Action env:mustUnderstand="true">{NS}/{call.operation}Response</wsa:Action>'
            f"<wsa:MessageID>{self._message_id(call, now)}</wsa:MessageID>"
            f"<wsa:RelatesTo>{escape(f'urn:uuid:{relates}' if relates else call.message_id)}</wsa:RelatesTo>"
            f"{security.security_header(ours, now)}"
        )
        whole = (
            f"{PROLOG}<env:Envelope {SPACES}><env:Header>{header}</env:Header>"
            f'<env:Body wsu:Id="Body">{inside}</env:Body></env:Envelope>'
        )
        signed = ("TS",) if self._desk.feels("unsigned-body") else ("Body", "TS")
        return self._sent(security.completed(whole, ours, signed))

    def _message_id(self, call: Call, now: datetime) -> str:
        serial = f"{self._desk.id}/{self._serial}/{call.message_id}/{now.isoformat()}"
        return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, serial)}"

    def _sent(self, document: str) -> Reply:
        """As it is, or (answer-as-mtom, mtom-boundary-lost) with its file as a part."""
        if self._desk.feels("answer-changed"):
            document = document.replace("<t:Message>成功", "<t:Message>成功 ")
        lost = self._desk.feels("mtom-boundary-lost")
        if not lost and not self._desk.feels("answer-as-mtom"):
            return Reply.text(200, TYPE, document)
        found = re.search(r"<t:Response>([^<]+)</t:Response>", document)
        parts = {"crl-1@ggzy.example": base64.b64decode(found[1])} if found else {}
        include = (
            '<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:{}"></xop:Include>'
        )
        if found:
            document = document.replace(found[1], include.format("crl-1@ggzy.example"))
        kind, sent = mtom.together(document, parts, whole=not lost)
        return Reply(200, {"Content-Type": kind}, sent)


def _ring(text: str) -> bool:
    """`;RING(lon lat,…)` at the end: closed, four points or more."""
    if ";RING" not in text:
        return True
    found = _RING.search(text)
    points = [point.split() for point in found[1].split(",")] if found else []
    number = re.compile(r"-?[0-9]+(\.[0-9]+)?")
    right = all(len(point) == 2 and all(number.fullmatch(part) for part in point) for point in points)
    return right and len(points) >= 4 and points[0] == points[-1]
