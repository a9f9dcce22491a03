"""`/standard/`: the documents of the standard, page by page as they are asked for.

Its links are relative, so the start page must stand below a slash: `/standard` only leads there.
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from hub import standard as tables
from hub.server.context import Context
from hub.server.problem import NOT_FOUND, respond
from hub.server.routes import Asked
from hub.standard.documents.site import site_page

MEDIA = {
    "html": "text/html", "css": "text/css", "js": "text/javascript", "json": "application/json",
    "xsd": "application/xml", "wsdl": "application/xml", "xml": "application/xml", "sql": "text/plain",
    "zip": "application/zip",
}  # fmt: skip


async def start(ctx: Context, asked: Asked) -> web.StreamResponse:
    """Old and short addresses lead to the page they mean: `?stage=`, `?lang=en`."""
    query = asked.request.query
    root = "/standard/en/" if query.get("lang") == "en" else "/standard/"
    stage = query.get("stage", "")
    raise web.HTTPSeeOther(root + (f"stages/{stage}.html" if stage in tables.load().by_id else ""))


async def page(ctx: Context, asked: Asked) -> web.StreamResponse:
    """A page is made once, off the loop: a schema of everything takes a tenth of a second."""
    path = asked.request.match_info["path"]
    body = await asyncio.to_thread(site_page, path)
    if body is None:
        return respond(NOT_FOUND)
    suffix = path.rpartition(".")[2] if "." in path else "html"
    media = MEDIA[suffix]
    charset = None if suffix == "zip" else "utf-8"
    headers = {"Cache-Control": "no-cache"}
    return web.Response(body=body, content_type=media, charset=charset, headers=headers)
