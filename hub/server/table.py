"""The routes of this hub, in the order of contracts.md."""

from __future__ import annotations

from hub.server import (
    admin,
    auth,
    ca,
    documents,
    evidence,
    facts,
    foreign,
    gates,
    messages,
    onboarding,
    outbox,
    pages,
    privacy,
    quality,
    site,
)
from hub.server.files import fetch, put_part, seen
from hub.server.routes import Route, Who
from hub.server.soap import endpoint

_MESSAGE = (200, 202, 403, 408, 409, 413, 415, 422, 429, 503)
_DESK = (200, 404, 409, 413, 415, 422)
_FOUND = (200, 404)
_HEADS = (200, 400, 404)
_FILE = "/v1/files/{digest}"
_PART = (200, 201, 202, 400, 403, 404, 408, 409, 413, 422, 429, 503, 507)
_FETCH = (200, 206, 403, 404, 416, 503)
_ASKED = (200, 400, 403, 413, 415, 422, 429, 503)
_AUTH, _PAGE = "/v1/auth", "/console/auth"
_LOGIN = (200, 403, 404, 409, 410, 413, 415, 422, 429, 502, 503)
_APPLICATIONS = "/v1/onboarding/applications"

ROUTES: tuple[Route, ...] = (
    Route("POST", "/v1/messages", messages.submit, Who.ENVELOPE, "提交报文", "submit a message", _MESSAGE),
    Route(
        "POST",
        "/v1/messages:batch",
        messages.batch,
        Who.ENVELOPE,
        "批量提交,至多 1000 条",
        "submit up to 1,000 messages, a result for each",
        _MESSAGE,
    ),
    Route("GET", "/v1/messages", messages.find, Who.SIGNED, "按 from 与 msgId 查询", "find a trace", _FOUND),
    Route("GET", "/v1/messages/{hub_id}", messages.trace, Who.SIGNED, "报文全程", "trace", _FOUND),
    Route(
        "POST",
        "/v1/services/{message_type}",
        messages.service,
        Who.ENVELOPE,
        "请求应答服务",
        "request and reply, mediated to the providing system",
        (200, 403, 413, 415, 422, 429, 502, 503, 504),
    ),
    Route("GET", "/v1/evidence/heads", evidence.heads, Who.SIGNED, "公布的树头", "published heads", _HEADS),
    Route("GET", "/v1/evidence/{hub_id}", messages.proof, Who.SIGNED, "可离线核验的存证", "proof", _FOUND),
    Route("PUT", _FILE, put_part, Who.STREAM, "上传附件(可分片续传)", "send a file in parts", _PART),
    Route("HEAD", _FILE, seen, Who.SIGNED, "附件是否已到、到了哪些", "what of it is there", _FOUND),
    Route("GET", _FILE, fetch, Who.SIGNED, "取附件;?status 查进度", "fetch, or ask how far", _FETCH),
    Route(
        "POST",
        "/v1/ca/recognise",
        ca.recognise,
        Who.QUESTION,
        "证书认定",
        "is this certificate believed, for this purpose, at this moment, and why",
        _ASKED,
    ),
    Route(
        "POST",
        "/v1/ca/verify",
        ca.verify,
        Who.QUESTION,
        "签名、签章、时间戳验证(可批量)",
        "verify a signature of any kind, or up to 1,000 of them",
        _ASKED,
    ),
    Route(
        "POST",
        "/v1/ca/timestamps",
        ca.stamp,
        Who.QUESTION,
        "加盖或核验时间戳",
        "stamp a digest, or check a token",
        (*_ASKED, 502),
    ),
    Route(
        "GET",
        "/v1/ca/trustlist",
        ca.trust_list,
        Who.ANYONE,
        "中心签发的信任列表",
        "the signed list",
        (200, 503),
    ),
    Route(
        "GET", "/v1/ca/explain", ca.reference, Who.ANYONE, "逐步说明所用词表", "steps and reasons, in words"
    ),
    Route(
        "POST",
        "/v1/ca/explain",
        ca.explain,
        Who.QUESTION,
        "说明一份证书、签名、签章或时间戳",
        "all there is to say of a file: its chain drawn, each step with its clause",
        _ASKED,
    ),
    Route("POST", _AUTH + "/challenges", auth.challenge, Who.QUESTION, "取登录挑战", "a challenge", _LOGIN),
    Route("POST", _AUTH + "/logins", auth.login, Who.QUESTION, "以签名登录", "log in by signature", _LOGIN),
    Route("POST", _AUTH + "/sessions", auth.session, Who.QUESTION, "查会话", "who is logged in", _LOGIN),
    Route("POST", _AUTH + "/sessions/end", auth.logout, Who.QUESTION, "退出登录", "log out", _LOGIN),
    Route("GET", "/v1/outbox", outbox.waiting, Who.CENTRE, "待投递", "deliveries", (200, 403)),
    Route("POST", "/v1/outbox/retry", outbox.retry, Who.CENTRE, "立即重试", "retry", (200, 403, 422)),
    Route("POST", "/v1/outbox/replay", outbox.replay, Who.CENTRE, "重放", "replay", (200, 403, 422)),
    Route(
        "POST",
        "/v1/gates/{event}",
        gates.let_out,
        Who.SIGNED,
        "放行:所等的事项已经发生",
        "the event that one's sealed records wait for has taken place",
        (200, 403, 404, 422),
    ),
    Route("GET", "/v1/quality/records", quality.records, Who.SIGNED, "数据质量记录", "records for the score"),
    Route(
        "POST",
        "/v1/privacy/subjects",
        privacy.held,
        Who.SIGNED,
        "持有某人哪些信息",
        "what is held of a person, without a value",
        (200, 403, 413, 415, 422),
    ),
    Route(
        "POST",
        "/v1/privacy/erasures",
        privacy.erase,
        Who.SIGNED,
        "应请求删除个人信息",
        "destroy the keys of a person's values",
        (200, 403, 409, 413, 415, 422),
    ),
    Route("GET", "/v1/systems", facts.systems, Who.ANYONE, "系统目录", "connected systems"),
    Route("GET", "/v1/status", facts.status, Who.ANYONE, "运行状况(不含封存)", "status, nothing sealed"),
    Route("GET", "/v1/standard", facts.standard, Who.ANYONE, "统一接口标准概况", "the standard"),
    Route("GET", "/v1/standard/{stage}", facts.stage, Who.ANYONE, "一个环节", "one stage", _FOUND),
    Route("GET", "/v1/onboarding/directory", onboarding.directory, Who.ANYONE, "公开名录", "directory"),
    Route("POST", _APPLICATIONS, onboarding.apply, Who.SIGNED, "对接申请", "apply", _DESK),
    Route("GET", _APPLICATIONS, onboarding.applications, Who.CENTRE, "全部申请", "applications", (200, 403)),
    Route("GET", _APPLICATIONS + "/{system}", onboarding.show, Who.SIGNED, "一个申请", "show", _FOUND),
    Route(
        "POST",
        _APPLICATIONS + "/{system}/{step}",
        onboarding.step,
        Who.SIGNED,
        "办理:report approve return suspend terminate",
        "take a step",
        _DESK,
    ),
    Route("POST", "/soap", endpoint.receive, Who.ENVELOPE, "SOAP 1.1/1.2", "SOAP facade", own_refusals=True),
    Route("GET", "/soap", endpoint.wsdl, Who.ANYONE, "WSDL (?wsdl)", "WSDL", (200,)),
    Route("*", "/in/{system_id}/{tail:.*}", foreign.receive, Who.PEER, "异构系统接入", "foreign dialects"),
    Route("*", "/in/{system_id}", foreign.receive, Who.PEER, "异构系统接入", "foreign dialects"),
    Route("GET", "/openapi.json", documents.openapi_json, Who.ANYONE, "接口描述", "this document"),
    Route("GET", "/healthz", facts.healthz, Who.ANYONE, "存活", "alive"),
    Route("GET", "/readyz", facts.readyz, Who.ANYONE, "就绪", "ready", (200, 503)),
    Route("GET", "/metrics", facts.metrics, Who.ANYONE, "指标", "Prometheus metrics"),
    Route("POST", "/v1/admin/reload", admin.reload, Who.CENTRE, "重新载入", "reload", (200, 403, 422, 503)),
    Route("GET", "/v1/admin/reload", admin.last_reload, Who.CENTRE, "上次载入", "last reload", (200, 403)),
    Route("POST", "/v1/console/tickets", pages.ticket, Who.SIGNED, "页面登录票据", "one-time page ticket"),
    Route("GET", "/", pages.home, Who.ANYONE, "运行图", "status picture", page=True),
    Route("GET", "/login", pages.login, Who.ANYONE, "凭票据登录", "log in", page=True),
    Route("GET", "/standard", site.start, Who.ANYONE, "统一接口标准", "standard", page=True),
    Route("GET", "/standard/{path:.*}", site.page, Who.ANYONE, "接口标准文档", "its documents", page=True),
    Route("GET", "/directory", pages.directory, Who.ANYONE, "公开名录", "directory", page=True),
    Route("GET", "/vendor", pages.vendor, Who.ANYONE, "厂商", "vendor", page=True),
    Route("GET", "/centre", pages.centre, Who.ANYONE, "中心", "centre", page=True),
    Route("GET", "/console/live.json", pages.live_json, Who.ANYONE, "运行图数据", "live", page=True),
    Route("POST", _PAGE + "/challenges", auth.page_challenge, Who.ANYONE, "取登录挑战", "", page=True),
    Route("POST", _PAGE + "/logins", auth.page_login, Who.ANYONE, "以签名登录", "", page=True),
    Route("POST", _PAGE + "/sessions", auth.page_session, Who.ANYONE, "查会话", "", page=True),
    Route("POST", _PAGE + "/sessions/end", auth.page_logout, Who.ANYONE, "退出登录", "", page=True),
    Route("GET", "/console/{name}", pages.asset, Who.ANYONE, "页面资源", "assets", page=True),
)
