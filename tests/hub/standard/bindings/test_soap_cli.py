"""`hutong standard sample STAGE --binding soap`."""

from __future__ import annotations

import argparse
import json

import pytest

from hub.standard import Standard, cli
from hub.standard.bindings.soap_decode import soap_decode


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    cli.configure(parser)
    return cli.run(parser.parse_args(words))


def test_the_message_is_the_sample(standard: Standard, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run("sample", "eng-section", "--seed", "4", "--binding", "soap") == 0
    assert soap_decode(standard, capfdbinary.readouterr().out.strip()) == standard.sample("eng-section", 4)


def test_in_a_json_document(standard: Standard, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sample", "eng-section", "--seed", "4", "--binding", "soap", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert soap_decode(standard, told["message"].encode("utf-8")) == standard.sample("eng-section", 4)
