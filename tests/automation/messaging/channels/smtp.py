"""A mail server in a thread: as much SMTP as one letter needs. Where it has a certificate, with TLS: at once, or by STARTTLS."""

import socketserver
import ssl
import time
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


class Server(socketserver.ThreadingTCPServer):
    """`says` replaces the answer to a command; "" hangs up instead. `drips`: to this one it begins to answer for ever."""

    allow_reuse_address, daemon_threads = True, True

    def __init__(self, certificate: Path | None = None, *, at_once: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.says: dict[str, str] = {}
        self.letters: list[bytes] = []
        self.heard: list[str] = []
        self.drips, self.at_once = "", at_once
        self.tls = None if certificate is None else ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if self.tls is not None and certificate is not None:
            self.tls.load_cert_chain(certificate)

    def read(self, number: int = 0) -> EmailMessage:
        """As a mail program reads it."""
        return message_from_bytes(self.letters[number], policy=SMTP)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up, or refuses the certificate."""


class Handler(socketserver.StreamRequestHandler):
    server: Server

    def setup(self) -> None:
        if self.server.tls is not None and self.server.at_once:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.request.close()  # where TLS took the place of the plain connection, the server does not know it

    def handle(self) -> None:
        self._say("220 here")
        while line := self.rfile.readline():
            self.server.heard.append(line.decode().strip())
            if not self._answer(line.split()[0].decode().upper().rstrip(":") if line.strip() else ""):
                return

    def _answer(self, verb: str) -> bool:
        """Whether it goes on."""
        if verb == "DATA" and "DATA" not in self.server.says:
            self._say("354 go on")
            self.server.letters.append(b"".join(iter(self.rfile.readline, b".\r\n")))
            verb = "END"
        if verb == self.server.drips:
            self._drip()
        answer = self.server.says.get(verb, USUAL.get(verb, "250 fine"))
        if verb == "EHLO" and self.server.tls is not None:
            answer = "250-here\r\n250-STARTTLS\r\n250 AUTH PLAIN"
        if answer:
            self._say(answer)
        if verb == "STARTTLS" and self.server.tls is not None:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
            super().setup()
        return bool(answer) and verb != "QUIT"

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def _drip(self) -> None:
        while True:
            self._say("250-")
            time.sleep(0.02)


USUAL = {"QUIT": "221 bye", "STARTTLS": "220 go on", "AUTH": "235 welcome"}


def certificate(folder: Path) -> Path:
    """One that nobody but itself vouches for, of 127.0.0.1."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a server")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    builder = builder.add_extension(names, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    file = folder / "server.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(secret + builder.sign(key, SHA256()).public_bytes(Encoding.PEM))
    return file
