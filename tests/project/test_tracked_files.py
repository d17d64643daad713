"""What is committed names no package registry, no machine's folders, and only hosts that a reader can place."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".lock",
    ".yaml",
    ".yml",
    ".json",
    ".conf",
    ".sql",
    ".sh",
    ".graphql",
    ".proto",
    ".ini",
    ".mako",
    "",
}
URL = re.compile(r"\w+://(?:[^/\s@\"'`<>]*@)?([\w.-]+)")
MACHINE_PATH = re.compile(r"(?<![\w.)\]}*-])/(?:work|root|home|Users)/\w")
HOSTS = re.compile(
    r"127\.0\.0\.1|0177\.0\.0\.1|127\.1|2130706433|①②⑦\.⓪\.⓪\.①|(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d+|localhost|0\.0\.0\.0|(?:[\w-]+\.)*example(?:\.(?:com|org|net))?|[\w-]+\.test|[\w-]+\.invalid"
    r"|www\.apache\.org|json-schema\.org|cloudevents\.io|asyncapi\.com|github\.com|www\.w3\.org|w3id\.org|datatracker\.ietf\.org|purl\.obolibrary\.org|schema\.org|terminusdb\.com|www\.swi-prolog\.org"
    r"|(?:[\w-]+\.)+amazonaws\.com(?:\.cn)?|[\w-]*pubsub\.googleapis\.com|[\w-]+\.servicebus\.windows\.net|[a-z]+\d?\.?"
)


def tracked_texts() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.suffix in TEXT and path.is_file()]


def test_no_url_names_an_unexpected_host() -> None:
    strangers = {
        f"{path.relative_to(ROOT)}: {host}"
        for path in tracked_texts()
        for host in URL.findall(path.read_text(encoding="utf-8"))
        if not HOSTS.fullmatch(host)
    }
    assert not strangers


def test_no_path_of_a_developers_machine() -> None:
    found = {
        str(path.relative_to(ROOT)) for path in tracked_texts() if MACHINE_PATH.search(path.read_text(encoding="utf-8"))
    }
    assert not found


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_pins_every_package_with_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text()
    pins = re.findall(r"^([a-z0-9-]+)==\S+(.*?)(?=^[a-z]|\Z)", text, re.MULTILINE | re.DOTALL)
    assert len(pins) > 30
    assert [name for name, rest in pins if "--hash=sha256:" not in rest] == []


def test_both_locks_pin_the_same_versions() -> None:
    runtime, dev = (
        set(re.findall(r"^\S+==\S+", (ROOT / lock).read_text(), re.MULTILINE))
        for lock in ("requirements.lock", "requirements-dev.lock")
    )
    assert runtime <= dev


def test_the_services_are_on_loopback_and_watched() -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    for name, service in compose["services"].items():
        assert all(port.startswith("127.0.0.1:") for port in service["ports"]), name
        assert "healthcheck" in service, name
        assert service["volumes"], name
    mounted = {volume.split(":")[0] for service in compose["services"].values() for volume in service["volumes"]}
    assert set(compose["volumes"]) == {name for name in mounted if not name.startswith(".")}
