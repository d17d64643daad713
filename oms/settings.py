"""What an operator may change; the one place that reads the environment and `oms.toml`.

flag ─► OMS_<NAME> ─► FILE of OMS_CONFIG or --config ─► ./oms.toml ─► <folder>/oms.toml ─► default

The first that says something counts.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from oms.about_settings import ROLES, SettingRefused, Value, checked, without_password

FILE = "oms.toml"
CONFIG = "OMS_CONFIG"


@dataclass(frozen=True, slots=True)
class Settings:
    """Meanings and units are in `oms.about_settings.ABOUT`."""

    folder: Path = Path("oms-data")
    keys: str = ""
    secrets_key: str = ""
    ontology: str = "main"
    branch: str = "prod/main/main"
    author: str = "local@oms"
    roles: tuple[str, ...] = ROLES
    bind: str = "127.0.0.1"
    nats_url: str = ""
    nats_port: int = 0
    nats_credentials: str = ""
    nats_logs: tuple[str, ...] = ()
    nats_replicas: int = 1
    postgres_url: str = ""
    terminusdb_url: str = ""
    terminusdb_database: str = ""
    terminusdb_client: str = "ours"
    signers: str = ""
    signing_key: str = ""
    log_level: str = "info"
    deadline: float = 30.0
    remember: float = 7.0
    upload_bytes: int = 256_000_000
    upload_hours: float = 24.0
    outbox_rows: int = 0
    audit_days: float = 0.0
    snapshot_every: int = 500_000
    versions_days: float = 0.0
    events_file: str = ""
    metrics_file: str = ""
    metrics_every: float = 15.0
    webhook_nets: tuple[str, ...] = ()
    webhook_ports: tuple[str, ...] = ("80", "443", "8080", "8443")
    webhook_proxy: str = ""
    webhook_brokers: tuple[str, ...] = ()
    webhook_origin: str = "oms"
    webhook_callback: str = ""
    webhook_schedule: tuple[str, ...] = ("5", "300", "1800", "7200", "18000", "36000", "50400", "72000", "86400")
    webhook_rate: int = 0
    webhook_days: float = 30.0
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_tls: str = "starttls"
    smtp_credentials: str = ""
    smtp_from: str = ""
    smtp_to: tuple[str, ...] = ()
    http_certificate: str = ""
    http_key: str = ""
    schedule_days: float = 30.0
    scheduler_port: int = 8002
    gateway_port: int = 8003
    gateway_cors: tuple[str, ...] = ()
    gateway_origins: tuple[str, ...] = ()
    gateway_rate: int = 0
    gateway_mappings: str = ""
    max_clock_skew: float = 300.0
    embedding_providers: tuple[str, ...] = ("local",)
    embedding_credentials: str = ""
    embedding_templates: str = ""
    embedding_personal: str = "no"
    group_limit: int = 2_000


DEFAULTS: Mapping[str, Value] = asdict(Settings())
_CALLED: Mapping[type, str] = {int: "whole number", float: "number", tuple: "list of texts"}


_PASSWORD: Final = re.compile(r"(//[^/@:\s]*:)[^/@\s]*@")


class Loaded(NamedTuple):
    """`sources` says for each name where its value came from: `flag`, `OMS_NAME`, a file's path or `default`."""

    settings: Settings
    sources: Mapping[str, str]


class Said(NamedTuple):
    raw: object
    source: str


def load(
    flags: Mapping[str, object] | None = None,
    env: Mapping[str, str] | None = None,
    here: Path = Path(),
    config: Path | None = None,
) -> Loaded:
    """All settings. A flag that is `None` was not given; `config` goes before `OMS_CONFIG`. Raises `SettingRefused`."""
    env = os.environ if env is None else env
    said = [_flags(flags or {}), _environment(env), _named(config or env.get(CONFIG)), _file(here / FILE)]
    folder = Path(str(_chosen("folder", said)[0]))
    if folder.absolute() != here.absolute():
        said.append(_in_folder(folder / FILE))
    chosen = {name: _chosen(name, said) for name in DEFAULTS}
    values: dict[str, Any] = {name: value for name, (value, _) in chosen.items()}
    return Loaded(Settings(**values), {name: source for name, (_, source) in chosen.items()})


def env_name(name: str) -> str:
    return "OMS_" + name.upper()


def shown(value: Value) -> str:
    """A value as one would write it in the environment, but for the password of a URL."""
    return ",".join(value) if isinstance(value, tuple) else without_password(str(value))


def concealed(text: str) -> str:
    """Addresses without the passwords in them: for whoever looks over a shoulder."""
    return _PASSWORD.sub(r"\1…@", text)


def _flags(flags: Mapping[str, object]) -> dict[str, Said]:
    _refuse_unknown(flags, "flag")
    return {name: Said(value, "flag") for name, value in flags.items() if value is not None}


def _environment(env: Mapping[str, str]) -> dict[str, Said]:
    return {name: Said(env[env_name(name)], env_name(name)) for name in DEFAULTS if env.get(env_name(name))}


def _named(path: str | Path | None) -> dict[str, Said]:
    """A file that somebody names must be there."""
    if not path:
        return {}
    if not Path(path).is_file():
        raise SettingRefused("*", str(path), "there is no such file")
    return _file(Path(path))


def _file(path: Path) -> dict[str, Said]:
    if not path.is_file():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingRefused("*", str(path), f"not a TOML file: {error}") from error
    _refuse_unknown(table, str(path))
    return {name: Said(value, str(path)) for name, value in table.items()}


def _in_folder(path: Path) -> dict[str, Said]:
    table = _file(path)
    if "folder" in table:
        raise SettingRefused("folder", str(path), "a data folder cannot name another one; remove the line")
    return table


def _refuse_unknown(names: Iterable[str], source: str) -> None:
    for name in names:
        if name not in DEFAULTS:
            near = difflib.get_close_matches(name, DEFAULTS, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise SettingRefused(name, source, f"no such setting{hint}")


def _chosen(name: str, said: Iterable[Mapping[str, Said]]) -> tuple[Value, str]:
    for table in said:
        if name in table:
            raw, source = table[name]
            return checked(name, _typed(name, raw, source), source), source
    return DEFAULTS[name], "default"


def _typed(name: str, raw: object, source: str) -> Value:
    """`raw` as the type of the default: text from the environment, TOML's own types from a file."""
    match DEFAULTS[name], raw:
        case tuple(), str():
            return tuple(part.strip() for part in raw.split(","))
        case tuple(), list() | tuple():
            return tuple(str(part) for part in raw)
        case Path(), str() | Path():
            return Path(raw)
        case str(), str():
            return raw
        case int() | float() as wanted, int() | float() | str() if not isinstance(raw, bool):
            try:
                return type(wanted)(raw)
            except ValueError:
                pass
    raise SettingRefused(name, source, f"{raw!r} is no {_CALLED.get(type(DEFAULTS[name]), 'text')}")
