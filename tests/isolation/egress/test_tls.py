"""Connecting to an address that was checked takes nothing from TLS: the certificate must still be for the name."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django.fixtures import Settings

from config.isolation.actor import acting_as
from config.isolation.egress.session import UnitSession
from config.isolation.manifest import BY_NAME

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


def certificate(name: str, folder: Path) -> Path:
    """Self-signed, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    plain = serialization.NoEncryption()
    file = folder / f"{name}.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


@contextmanager
def serving(file: Path) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_answer_once, args=(listener, context), daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        thread.join(5)


def _answer_once(listener: socket.socket, context: ssl.SSLContext) -> None:
    plain, _ = listener.accept()
    try:
        with context.wrap_socket(plain, server_side=True) as connection:
            connection.recv(65_536)
            connection.sendall(ANSWER)
    except OSError:  # the client did not like the certificate
        plain.close()


@pytest.mark.parametrize(("name", "good"), [("localhost", True), ("other.example", False)])
def test_the_certificate_must_be_for_the_name(settings: Settings, tmp_path: Path, name: str, good: bool) -> None:
    file = certificate(name, tmp_path)
    with serving(file) as port, acting_as("servicetitan"):
        settings.SERVICETITAN_API_URL = f"https://localhost:{port}"
        session = UnitSession(BY_NAME["servicetitan"])
        session.verify = str(file)
        if good:
            assert session.get(f"https://localhost:{port}/crm/v2/x", timeout=5).content == b"{}"
        else:
            with pytest.raises(requests.exceptions.SSLError, match="Hostname mismatch"):
                session.get(f"https://localhost:{port}/crm/v2/x", timeout=5)
