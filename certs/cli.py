"""`hutong ca`: certificates and sandbox PKIs from the command line."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

SUMMARY = "证书:生成沙箱测试 PKI / sandbox PKI"


def configure(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    testpki = verbs.add_parser("testpki", help="生成沙箱 TLS 证书(不得用于生产)/ throw-away TLS certificates")
    testpki.add_argument("folder", type=Path)
    testpki.add_argument("--algorithm", choices=("ec", "rsa"), default="ec")
    testpki.add_argument("--servers", default="server", help="逗号分隔 / comma separated")
    testpki.add_argument("--clients", default="client")
    testpki.add_argument("--days", type=int, default=30)
    testpki.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> int:
    from certs.testpki import make

    servers, clients = args.servers.split(","), args.clients.split(",")
    pki = make(
        args.folder,
        now=datetime.now(UTC),
        servers=servers,
        clients=clients,
        algorithm=args.algorithm,
        days=args.days,
    )
    made = {"ca": str(pki.ca), **{name: str(pki.certificate(name)) for name in (*servers, *clients)}}
    if args.json:
        print(json.dumps(made, ensure_ascii=False))
    else:
        print("已生成沙箱证书,仅供测试 / sandbox certificates, for tests only:")
        for name, path in made.items():
            print(f"  {name:<10} {path}")
    return 0
