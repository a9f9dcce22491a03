"""The documents under `/standard/`, as the folder has them, by the server with its own strict headers."""

from __future__ import annotations

from typing import Any

import pytest

from hub.server.site import MEDIA
from hub.standard import load
from hub.standard.documents.site import Site, site_page


async def test_the_site_is_served_and_short_addresses_lead_there(world: Any) -> None:
    for asked, there, lang in (
        ("/standard", "/standard/", "zh-CN"),
        ("/standard?lang=en", "/standard/en/", "en"),
        ("/standard?stage=eng-tender-notice", "/standard/stages/eng-tender-notice.html", "zh-CN"),
        ("/standard?stage=none", "/standard/", "zh-CN"),
    ):
        async with world.http.get(world.url + asked) as reply:
            assert (reply.status, reply.url.path) == (200, there)
            assert f'<html lang="{lang}">' in await reply.text()
            assert "default-src 'self'" in reply.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("path", "media"),
    [
        ("assets/site.css", "text/css"),
        ("assets/search-index.js", "text/javascript"),
        ("files/schema/eng-project.json", "application/json"),
        ("files/sample/eng-project.zip", "application/zip"),
        ("files/ddl/eng-project-sqlite.sql", "text/plain"),
    ],
)
async def test_files_come_with_their_type(world: Any, path: str, media: str) -> None:
    async with world.http.get(f"{world.url}/standard/{path}") as reply:
        assert (reply.status, reply.content_type) == (200, media)
        assert await reply.read() == site_page(path)


async def test_what_is_not_there_is_not_found(world: Any) -> None:
    for path in ("none.html", "stages", "..%2Fsite.py", "assets/", "%00"):
        async with world.http.get(f"{world.url}/standard/{path}") as reply:
            assert reply.status == 404, path


def test_every_file_of_the_site_has_a_type() -> None:
    assert {path.rpartition(".")[2] for path in Site(load()).paths} <= set(MEDIA)
