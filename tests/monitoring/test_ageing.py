"""Keys and certificates that grow old are told in time."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django.fixtures import Settings

from config.monitoring.ageing import checks
from config.monitoring.probes import Reading, State

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def read(name: str) -> Reading:
    check = next(check for check in checks() if check.name == name)
    return check.read(NOW)[name]


@pytest.mark.parametrize(("days", "state"), [(10, State.OK), (364, State.OK), (366, State.WARNING)])
def test_keys(settings: Settings, tmp_path: Path, days: int, state: State) -> None:
    settings.SEAL_KEYS_FILES = {"ghl": tmp_path / "ghl.keys", "salesforce": tmp_path / "none.keys"}
    (tmp_path / "ghl.keys").write_text("x")
    then = NOW.timestamp() - days * 86_400
    os.utime(tmp_path / "ghl.keys", (then, then))
    assert read("keys").state == state and f"{days} days" in read("keys").text


def test_no_keys_are_no_fault(settings: Settings, tmp_path: Path) -> None:
    settings.SEAL_KEYS_FILES = {"ghl": tmp_path / "ghl.keys"}
    assert read("keys").state == State.OK


def certificate(folder: Path, ends: datetime) -> str:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hub.example")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(ends - timedelta(days=90)).not_valid_after(ends).sign(key, hashes.SHA256())
    )  # fmt: skip
    path = folder / "site.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return str(path)


@pytest.mark.parametrize(
    ("hours", "state"), [(24 * 60, State.OK), (24 * 20, State.WARNING), (24 * 2, State.BAD), (-1, State.BAD)]
)
def test_a_certificate(settings: Settings, tmp_path: Path, hours: int, state: State) -> None:
    settings.HUB_CERTIFICATE_FILE = certificate(tmp_path, NOW + timedelta(hours=hours))
    assert read("certificate").state == state


def test_a_file_that_is_none(settings: Settings, tmp_path: Path) -> None:
    settings.HUB_CERTIFICATE_FILE = str(tmp_path / "none.pem")
    assert read("certificate").state == State.BAD


def test_nobody_looks_where_none_is_named(settings: Settings) -> None:
    settings.HUB_CERTIFICATE_FILE = ""
    assert [check.name for check in checks()] == ["keys"]
