"""Settings: the first source that says something counts, and whatever cannot be used is refused by name."""

from pathlib import Path

import pytest

from events.subscriptions.retrying import SCHEDULE
from oms.about_settings import ABOUT, SettingRefused
from oms.running import running
from oms.settings import DEFAULTS, FILE, Settings, concealed, env_name, load, shown

DOCS = Path(__file__).parents[2] / "docs" / "settings.md"


def test_without_any_source_every_setting_is_its_default(tmp_path: Path) -> None:
    settings, sources = load(env={}, here=tmp_path)
    assert {name: getattr(settings, name) for name in DEFAULTS} == DEFAULTS
    assert set(sources.values()) == {"default"}


def test_the_default_schedule_of_webhooks_is_that_of_the_rules() -> None:
    assert DEFAULTS["webhook_schedule"] == tuple(map(str, SCHEDULE))


def test_flag_beats_environment_beats_file_here_beats_file_in_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / FILE).write_text('ontology = "far"\nremember = 1\nauthor = "far@x"\ngroup_limit = 9\n')
    (tmp_path / FILE).write_text(f'folder = "{folder}"\nontology = "near"\nremember = 2\nauthor = "near@x"\n')
    settings, sources = load(
        {"ontology": "flag", "branch": None}, {"OMS_REMEMBER": "3", "OMS_ONTOLOGY": "env"}, tmp_path
    )
    assert (settings.ontology, sources["ontology"]) == ("flag", "flag")
    assert (settings.remember, sources["remember"]) == (3.0, "OMS_REMEMBER")
    assert (settings.author, sources["author"]) == ("near@x", str(tmp_path / FILE))
    assert (settings.group_limit, sources["group_limit"]) == (9, str(folder / FILE))
    assert (settings.branch, sources["branch"]) == ("prod/main/main", "default")


def test_a_file_that_is_named_goes_before_those_that_are_found(tmp_path: Path) -> None:
    named, other = tmp_path / "production.toml", tmp_path / "other.toml"
    (tmp_path / FILE).write_text('remember = 1\nontology = "near"\n')
    named.write_text("remember = 2\n")
    other.write_text("remember = 3\n")
    settings, sources = load(env={"OMS_CONFIG": str(named)}, here=tmp_path)
    assert (settings.remember, sources["remember"], settings.ontology) == (2.0, str(named), "near")
    assert load(env={"OMS_CONFIG": str(named)}, here=tmp_path, config=other).settings.remember == 3.0
    with pytest.raises(SettingRefused, match=r"^settings from \S+none\.toml: there is no such file"):
        load(env={}, here=tmp_path, config=tmp_path / "none.toml")


def test_a_list_is_written_with_commas_or_as_an_array(tmp_path: Path) -> None:
    assert load(env={"OMS_ROLES": "relay, server"}, here=tmp_path).settings.roles == ("relay", "server")
    (tmp_path / FILE).write_text('roles = ["relay"]')
    assert load(env={}, here=tmp_path).settings.roles == ("relay",)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("nats_port", "http", "is no whole number"),
        ("nats_port", "70000", "is not between 0 and 65535"),
        ("deadline", "0", "is not between 0.1 and 86400"),
        ("deadline", "nan", "is not between"),
        ("branch", "main", "is not written like <env>/<service>/<purpose>"),
        ("author", "nobody", "is not written like <user>@<service>"),
        (
            "webhook_proxy",
            "http://proxy.example.com",
            "is not written like http://user:password@proxy.example.com:3128",
        ),
        ("webhook_proxy", "https://proxy.example.com:3128", "is not written like"),
        ("webhook_proxy", "http://oms:p@ss@proxy.example.com:3128", "'http://oms:…@proxy"),
        ("webhook_schedule", "5,5m", "'5m' is not written like 300"),
        ("log_level", "loud", "'loud' is none of debug, info, warning, error"),
        ("roles", "relay,cook", "'cook' is none of"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_source(tmp_path: Path, name: str, value: str, why: str) -> None:
    with pytest.raises(SettingRefused, match=why) as refused:
        load(env={env_name(name): value}, here=tmp_path)
    assert (refused.value.name, refused.value.source) == (name, env_name(name))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ontolgy = 'x'", "did you mean 'ontology'"),
        ("folder = ", "not a TOML file"),
        ("nats_port = true", "True is no whole number"),
        ("branch = 1", "1 is no text"),
    ],
)
def test_a_file_with_a_fault_is_refused_by_its_path(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(SettingRefused, match=why) as refused:
        load(env={}, here=tmp_path)
    assert refused.value.source == str(tmp_path / FILE)


def test_no_password_is_shown(tmp_path: Path) -> None:
    settings = load(env={"OMS_POSTGRES_URL": "postgresql://oms:geheim@db.example/oms"}, here=tmp_path).settings
    assert shown(settings.postgres_url) == "postgresql://oms:…@db.example/oms"
    with pytest.raises(SettingRefused) as refused:
        load(env={"OMS_POSTGRES_URL": "mysql://oms:geheim@db.example/oms"}, here=tmp_path)
    assert "geheim" not in str(refused.value)


def test_a_data_folder_cannot_name_another(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / FILE).write_text('folder = "elsewhere"')
    with pytest.raises(SettingRefused, match="cannot name another"):
        load({"folder": tmp_path / "data"}, {}, tmp_path)


def test_the_docs_say_what_the_program_does() -> None:
    assert set(ABOUT) == set(DEFAULTS)
    rows = [
        f"| `{name}` | `{env_name(name)}` | {quoted(shown(value))} | {ABOUT[name].unit} | {ABOUT[name].meaning} |"
        for name, value in DEFAULTS.items()
    ]
    assert "\n".join(rows) in DOCS.read_text(), "docs/settings.md should hold:\n" + "\n".join(rows)


def quoted(text: str) -> str:
    return f"`{text}`" if text else ""


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("http://admin:s3cret@127.0.0.1:6363", "http://admin:…@127.0.0.1:6363"),
        ("nats://a:1@h:4222,nats://b:2@h:4223", "nats://a:…@h:4222,nats://b:…@h:4223"),
        ("postgresql://host:5432/database", "postgresql://host:5432/database"),
        ("ana@desk", "ana@desk"),
    ],
)
def test_a_password_in_an_address_is_not_shown(said: str, seen: str) -> None:
    assert concealed(said) == seen


async def test_the_limit_of_a_group_is_the_committers(tmp_path: Path) -> None:
    def never(where: str, error: BaseException) -> None:
        raise AssertionError(where, error)

    settings = Settings(folder=tmp_path / "data", group_limit=7, roles=("server", "committer", "relay"))
    async with running(settings, never) as here:
        assert here.door is not None
        assert here.door.committer.group_parts == 7
