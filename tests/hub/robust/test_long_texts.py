"""Texts of strangers cost what their length costs, not its square: at these sizes the square is hours, in
which a pattern holds every thread of the hub still. In a process of its own, which can be given up."""

import subprocess
import sys
from textwrap import dedent

WORK = dedent("""
    from certs.cli.kinds import recognise_kind
    from certs.model.armour import blocks, unwrapped
    from certs.model.der import MalformedError
    from hub.ca.question import octets_of
    from hub.message import parse
    from hub.server.front import plain

    SIZE = 4 << 20
    for text in ("-----BEGIN A-----x", "-----BEGIN A-----x-----END B-----", "-----END A-----"):
        whole = text * (SIZE // len(text))
        assert octets_of(whole) is None
        assert recognise_kind(whole.encode()).kind == "unknown"
        try:
            unwrapped(whole.encode())
            raise AssertionError(text)
        except MalformedError:
            pass
    open_string = b"[" + b"[]," * 20 + b'"' + b'\\\\"' * (SIZE // 2)
    assert parse(open_string).findings[0].code == "json.malformed"
    deep_behind = b'["' + b'\\\\"' * (SIZE // 2) + b'",' + b"[" * 20 + b"]" * 21
    assert parse(deep_behind).findings[0].code == "json.depth"
    head = b"POST /v1/messages HTTP/1.1\\r\\nhost: a\\r\\n"
    head += b"content-length: 1\\r\\ncontent-type: application/json\\r\\n"
    found = plain(head + b"traceparent:\\t x" + b" " * SIZE + b"y \\t\\r\\n\\r\\n")
    assert found is not None and (found.trace[0], found.trace[-1]) == ("x", "y")
    two = b"-----BEGIN A-----\\nMA==\\n-----END B-----\\n-----BEGIN B-----Mg==-----END A-----"
    assert blocks(two, 9) == [(b"A", b"\\nMA==\\n-----END B-----\\n-----BEGIN B-----Mg==")]
    assert blocks(b"-----BEGIN A----------END A-----z-----END A-----", 9) == [(b"A", b"-----END A-----z")]
""")


def test_no_text_costs_the_square_of_its_length() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WORK], capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
