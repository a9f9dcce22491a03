"""The hub's settings: one frozen object, and for every value where it came from.

Defaults < TOML file < environment (`HUTONG_...`) < flags. A key nobody knows stops the start and
offers the nearest name, because a misspelt limit that is silently ignored is found on the day it
was needed. Secrets are not settings: keys are files beside (`hub.keyring`), peers' credentials
are references (`hub.peers`).
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hub.errors import SettingsError

ENV = "HUTONG_"
# Variables of the same family that belong to clients, tests and other processes, not to the hub.
FOREIGN_ENV = (
    "URL",
    "CA",
    "CLIENT_",
    "PARENT_PIPE",
    "ALLOW_FILE_KEYS",
    "NO_COMPILER",
    "MUTATIONS",
    "LANG",
    "TEST_",
    "SIM_",
    "LOAD_",
    "CONFORM_",
    "DEMO_",
    "BENCH_",
)
SANDBOX = "sandbox"
REALMS = (SANDBOX, "production")


def _say(zh: str, *, secret: bool = False, live: bool = False) -> dict[str, Any]:
    """`live`: may change while the hub runs (`hub.reload`); whatever does not say so may not."""
    return {"zh": zh, "secret": secret, "live": live}


@dataclass(frozen=True, slots=True)
class Settings:
    """Sizes in bytes, times in seconds. `retry_schedule` is the wait before the 2nd, 3rd, ... attempt."""

    data: Path = field(default=Path(".hutong"), metadata=_say("数据目录"))
    realm: str = field(default="sandbox", metadata=_say("运行域 sandbox | production"))
    host: str = field(default="127.0.0.1", metadata=_say("监听地址"))
    port: int = field(default=8700, metadata=_say("监听端口,0 为任意空闲端口"))
    peers: Path | None = field(default=None, metadata=_say("对端清单,缺省为数据目录下 peers.toml"))
    keys: Path | None = field(default=None, metadata=_say("成员密钥目录,缺省为数据目录下 keys"))
    tls_cert: Path | None = field(default=None, metadata=_say("本平台的 TLS 证书链(PEM),不设则为 HTTP"))
    tls_key: Path | None = field(default=None, metadata=_say("其私钥文件(PEM),缺省在证书文件内"))
    tls_client_ca: Path | None = field(default=None, metadata=_say("签发成员客户端证书的 CA(PEM)"))
    tls_client_crl: Path | None = field(default=None, metadata=_say("其吊销列表(PEM),设了即查,随改随用"))
    tls_client: str = field(default="none", metadata=_say("客户端证书 none | optional | required"))
    max_connections: int = field(default=4096, metadata=_say("连接总数上限,0 为仅受文件描述符数限制"))
    max_connections_per_address: int = field(default=1024, metadata=_say("每个地址的连接数上限,0 为不限"))
    window_seconds: int = field(default=300, metadata=_say("报文时间允许偏差"))
    retry_schedule: tuple[float, ...] = field(
        default=(1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0), metadata=_say("投递重试间隔", live=True)
    )
    head_interval: float = field(default=1.0, metadata=_say("存证树头签发间隔", live=True))
    head_pulse: float = field(
        default=60.0, metadata=_say("定时树头间隔:无新内容也签,只有它们对外公布并加盖时间戳", live=True)
    )
    tsa_url: str = field(
        default="",
        metadata=_say("时间戳服务地址;空:sandbox 域用内置沙箱时间戳,production 域不加盖;off 不加盖"),
    )
    tsa_certificates: Path | None = field(default=None, metadata=_say("时间戳服务的根与中间证书(PEM)"))
    tsa_crls: Path | None = field(
        default=None, metadata=_say("时间戳服务的 CRL 文件或目录;给出则吊销状态必须查明")
    )
    tsa_digest: str = field(default="sm3", metadata=_say("送盖时间戳的摘要算法 sm3 | sha256"))
    tsa_timeout: float = field(default=10.0, metadata=_say("一次时间戳申请的时限"))
    tsa_grace: float = field(default=3600.0, metadata=_say("时间戳缺失多久后告警(业务不停)", live=True))
    tsa_policy: str = field(
        default="optional",
        metadata=_say("时间戳要求 optional | required-within-grace(到期仍缺则自检不通过)", live=True),
    )
    receipt_signature: str = field(
        default="mac", metadata=_say("回执签名 mac(成员共享密钥)| hub-key(枢纽存证密钥,任何人可验)")
    )
    queue_limit: int = field(default=2000, metadata=_say("等待落盘的报文数上限,超过即 503", live=True))
    breaker_failures: int = field(default=5, metadata=_say("连续失败多少次后暂停投递该对端", live=True))
    breaker_pause: float = field(default=5.0, metadata=_say("对端暂停投递的时长", live=True))
    delivery_timeout: float = field(
        default=15.0, metadata=_say("一次投递的时限:上限,也是对接文件未写明时的缺省", live=True)
    )
    delivery_parallel: int = field(default=8, metadata=_say("并行投递数"))
    service_timeout: float = field(default=15.0, metadata=_say("一次服务转接的时限上限", live=True))
    max_body: int = field(default=4 * 2**20, metadata=_say("单个请求体上限(附件不随报文走)", live=True))
    max_batch_body: int = field(default=16 * 2**20, metadata=_say("批量请求体上限", live=True))
    max_batch: int = field(default=1000, metadata=_say("一批报文数上限", live=True))
    body_timeout: float = field(default=15.0, metadata=_say("收完一个请求体的时限", live=True))
    max_file: int = field(default=2 * 2**30, metadata=_say("单个附件上限"))
    file_part: int = field(default=32 * 2**20, metadata=_say("附件一个分片的上限"))
    file_piece: int = field(default=256 * 2**10, metadata=_say("附件收发时内存中的一块"))
    file_streams: int = field(default=32, metadata=_say("同时收发的附件数上限,超过即 503"))
    file_streams_each: int = field(default=4, metadata=_say("每个成员同时收发的附件数上限"))
    file_pending: int = field(default=8 * 2**30, metadata=_say("每个成员未传完附件的总量上限"))
    file_uploads: int = field(default=64, metadata=_say("每个成员未传完附件的个数上限"))
    file_daily: int = field(default=64 * 2**30, metadata=_say("每个成员一日(北京时间)的附件总量上限"))
    file_expiry: float = field(default=7 * 86400.0, metadata=_say("未传完的附件多久无进展即清除"))
    file_reserve: int = field(default=2**30, metadata=_say("磁盘须为报文留下的空间,不足时附件以 507 拒绝"))
    member_rate: float = field(default=0.0, metadata=_say("每个成员每秒请求数上限,0 为不限", live=True))
    drain_seconds: float = field(default=20.0, metadata=_say("停机时等待在途工作的时限", live=True))
    ca_dir: Path | None = field(default=None, metadata=_say("互认数据目录,缺省为数据目录下 ca"))
    trustlist_signer: str = field(
        default="", metadata=_say("信任列表签发者证书(多个以 : 分隔),缺省为互认数据目录下 signers.pem")
    )
    ca_threads: int = field(default=2, metadata=_say("证书服务的密码运算线程数"))
    ca_places: int = field(default=256, metadata=_say("证书服务同时受理的请求数上限,超过即 503"))
    platform_signing_key: str = field(
        default="", metadata=_say("平台签名密钥的引用(file:、pkcs11:、sdf:、https:),sandbox 缺省自备")
    )
    platform_encryption_key: str = field(default="", metadata=_say("平台加密密钥的引用,收一般数字信封"))
    platform_bids_key: str = field(default="", metadata=_say("平台收投标信封的密钥引用,只在开标时使用"))
    bids_threads: int = field(default=2, metadata=_say("开标时解密投标文件的线程数"))
    bids_grace: float = field(default=1800.0, metadata=_say("开标后等待投标人交来解密份额的时限"))
    bids_least: int = field(default=3, metadata=_say("有效递交不足此数不开标(招标投标法第二十八条)"))
    log_format: str = field(default="text", metadata=_say("日志格式 json | text"))
    trace_endpoint: str = field(
        default="", metadata=_say("OpenTelemetry 收集器地址(OTLP/HTTP),空为不导出;封存的报文从不导出")
    )
    failpoints: str = field(default="", metadata=_say("故障注入点,仅 sandbox"))

    @property
    def stamps_from(self) -> str:
        """Who gives time stamps: an address, `sandbox` for the built-in one, empty for nobody."""
        if self.tsa_url == "off":
            return ""
        return self.tsa_url or (SANDBOX if self.realm == SANDBOX else "")

    @property
    def keys_dir(self) -> Path:
        return self.keys or self.data / "keys"

    @property
    def peers_file(self) -> Path:
        return self.peers or self.data / "peers.toml"


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and for each name the source that decided it (`default`, a file, a variable, a flag)."""

    settings: Settings
    sources: Mapping[str, str]

    def rows(self) -> list[dict[str, Any]]:
        """What `hutong settings` prints; secrets masked."""
        rows = []
        for spec in fields(Settings):
            value: Any = getattr(self.settings, spec.name)
            if spec.metadata["secret"] and value:
                value = "***"
            elif isinstance(value, Path):
                value = str(value)
            elif isinstance(value, tuple):
                value = list(value)
            rows.append(
                {
                    "name": spec.name,
                    "value": value,
                    "source": self.sources[spec.name],
                    "env": ENV + spec.name.upper(),
                    "zh": spec.metadata["zh"],
                }
            )
        return rows


NAMES = tuple(spec.name for spec in fields(Settings))
LIVE = frozenset(spec.name for spec in fields(Settings) if spec.metadata["live"])
_TYPES = {spec.name: spec.type for spec in fields(Settings)}


def load(
    config: Path | None = None,
    *,
    env: Mapping[str, str],
    flags: Mapping[str, Any] | None = None,
) -> Loaded:
    """Read all sources; raises SettingsError naming source, key and (for a typo) the nearest name.

    Without `config` the file `hub.toml` of the data directory is read when it is there.
    """
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    ambient = _from_env(env)
    stated: dict[str, tuple[Any, str]] = {}
    data = Path(str(given.get("data") or (ambient.get("data") or (Settings().data,))[0]))
    path = config or data / "hub.toml"
    if config is not None and not path.is_file():
        raise SettingsError(f"没有配置文件 / no such file: {path}")
    if path.is_file():
        stated.update(_from_file(path))
    stated.update(ambient)
    for name, value in given.items():
        _known(name, "flag")
        stated[name] = (value, f"flag --{name.replace('_', '-')}")
    values = {name: _cast(name, value, source) for name, (value, source) in stated.items()}
    settings = Settings(**values)
    _check(settings, {name: source for name, (_, source) in stated.items()})
    return Loaded(settings, {name: stated[name][1] if name in stated else "default" for name in NAMES})


def _from_file(path: Path) -> dict[str, tuple[Any, str]]:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error
    for name in table:
        _known(name, str(path))
    return {name: (value, str(path)) for name, value in table.items()}


def _from_env(env: Mapping[str, str]) -> dict[str, tuple[Any, str]]:
    found: dict[str, tuple[Any, str]] = {}
    for variable in sorted(env):
        if not variable.startswith(ENV):
            continue
        short = variable.removeprefix(ENV)
        if any(short == name or (name.endswith("_") and short.startswith(name)) for name in FOREIGN_ENV):
            continue
        _known(short.lower(), "environment", shown=variable)
        found[short.lower()] = (env[variable], f"environment {variable}")
    return found


def _known(name: str, source: str, *, shown: str = "") -> None:
    if name in NAMES:
        return
    near = difflib.get_close_matches(name, NAMES, n=1, cutoff=0.5)
    hint = f";是否想写 / did you mean: {near[0]}" if near else ""
    raise SettingsError(
        f"{source}: 没有这个设置 / unknown setting {shown or name!r}{hint}", code="settings.unknown"
    )


def _cast(name: str, value: Any, source: str) -> Any:
    kind = str(_TYPES[name])
    try:
        if "Path" in kind:
            return Path(str(value)) if str(value) else None
        if kind == "int":
            if isinstance(value, bool | float):
                raise ValueError(value)
            return int(value)
        if kind == "float":
            return float(value)
        if kind.startswith("tuple"):
            parts = value.split(",") if isinstance(value, str) else value
            return tuple(float(part) for part in parts)
        if not isinstance(value, str):
            raise ValueError(value)
        return value
    except (TypeError, ValueError) as error:
        raise SettingsError(f"{source}: {name} = {value!r} 不是 / is not {kind}") from error


_POSITIVE = (
    "window_seconds",
    "head_interval",
    "head_pulse",
    "tsa_timeout",
    "tsa_grace",
    "queue_limit",
    "breaker_failures",
    "delivery_timeout",
    "delivery_parallel",
    "service_timeout",
    "max_body",
    "max_batch_body",
    "max_batch",
    "body_timeout",
    "max_file",
    "file_part",
    "file_piece",
    "file_streams",
    "file_streams_each",
    "file_pending",
    "file_uploads",
    "file_daily",
    "file_expiry",
    "ca_threads",
    "ca_places",
    "bids_threads",
    "bids_grace",
)


_CHOICES = {
    "tsa_digest": ("sm3", "sha256"),
    "tsa_policy": ("optional", "required-within-grace"),
    "receipt_signature": ("mac", "hub-key"),
    "log_format": ("json", "text"),
}


def _stamps(settings: Settings) -> str:
    """What is wrong with where time stamps come from; empty when nothing is."""
    url, where = urlsplit(settings.tsa_url), settings.stamps_from
    if where == SANDBOX:
        return "" if settings.realm == SANDBOX else "内置沙箱时间戳仅 sandbox 可用 / sandbox only"
    if not where:
        needed = settings.tsa_policy != "optional"
        return "tsa_policy 要求时间戳,须给出地址 / tsa_policy needs an address" if needed else ""
    if url.scheme not in {"http", "https"} or not url.hostname or "@" in url.netloc:
        return "应为不带口令的 http(s) 地址 / must be a plain http(s) address"
    return "" if settings.tsa_certificates else "须同时给出 tsa_certificates / needs tsa_certificates"


def _check(settings: Settings, sources: Mapping[str, str]) -> None:
    def refuse(name: str, why: str) -> None:
        raise SettingsError(f"{sources.get(name, 'default')}: {name} = {getattr(settings, name)!r} {why}")

    if settings.realm not in REALMS:
        refuse("realm", f"应为 / must be {' | '.join(REALMS)}")
    if not 0 <= settings.port <= 65535:
        refuse("port", "0-65535")
    for name in _POSITIVE:
        if getattr(settings, name) <= 0:
            refuse(name, "必须大于零 / must be positive")
    for name, known in _CHOICES.items():
        if getattr(settings, name) not in known:
            refuse(name, f"应为 / must be {' | '.join(known)}")
    if why := _stamps(settings):
        refuse("tsa_url", why)
    if any(wait < 0 for wait in settings.retry_schedule):
        refuse("retry_schedule", "不得为负 / must not be negative")
    if settings.failpoints and settings.realm != "sandbox":
        refuse("failpoints", "仅 sandbox 可用 / sandbox only")
