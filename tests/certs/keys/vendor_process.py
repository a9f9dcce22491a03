"""Signs with SM2 through a vendor's mechanism, from several threads; run by test_pkcs11 in a process."""

from __future__ import annotations

import ctypes
import sys
from concurrent.futures import ThreadPoolExecutor

from certs.algorithms import sm2
from certs.keys.certificates import point_of
from certs.keys.opening import open_key
from certs.keys.port import KeyFailureError


def main(line: str, pkcs8: str) -> None:
    path = line.partition("module-path=")[2].partition("&")[0]
    der = bytes.fromhex(pkcs8)
    assert ctypes.CDLL(path).sim_sm2_key(der, ctypes.c_long(len(der)))
    try:
        key = open_key(line, realm="production")
        messages = [f"message {number}".encode() for number in range(16)]
        with ThreadPoolExecutor(4) as pool:
            made = list(pool.map(key.sign, messages))
        point = point_of(key.certificate)
        print("held" if all(map(lambda m, s: sm2.verify(m, s, point), messages, made)) else "wrong")
        key.close()
    except KeyFailureError as error:
        print(error)


if __name__ == "__main__":
    main(*sys.argv[1:])
