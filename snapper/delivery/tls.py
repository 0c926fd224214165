"""TLS as the operating system trusts it, and what a certificate that was not trusted says of itself.

Verification is never switched off for anything that is sent. `presented` reads a certificate without trusting
it, so that a person can be told whose it is; nothing goes over that connection.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import truststore

from snapper.errors import ConfigError
from snapper.language import _

EXPIRED, NOT_YET_VALID, WRONG_HOST, WRONG_ADDRESS = 10, 9, 62, 64  # X509_V_ERR_… of OpenSSL
_WORDS_OF = {  # on Windows and the Mac the system verifies, and says it in words
    "expired": EXPIRED, "not yet valid": NOT_YET_VALID, "not within its validity period": EXPIRED,
    "does not match": WRONG_HOST, "hostname mismatch": WRONG_HOST, "cn name": WRONG_HOST,
}  # fmt: skip


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """A context that trusts what the operating system trusts, and the authorities in `ca_file` besides.

    Raises ConfigError when the file holds no certificate.
    """
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_file:
        try:
            context.load_verify_locations(cafile=str(ca_file))
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                _("delivery.ca_file: {file} holds no certificate that can be read.").format(file=ca_file),
                _("It must be a file in PEM form, as the IT department hands it out."),
            ) from error
    return context


def verify_code(error: ssl.SSLCertVerificationError) -> int:
    """OpenSSL's number for what is wrong with a certificate; 0 where only the authority is unknown."""
    code = getattr(error, "verify_code", 0)
    if code in (EXPIRED, NOT_YET_VALID, WRONG_HOST, WRONG_ADDRESS):
        return code
    words = f"{getattr(error, 'verify_message', '')} {error}".lower()
    return next((number for text, number in _WORDS_OF.items() if text in words), 0)


@dataclass(frozen=True)
class Certificate:
    """What a certificate says of itself: who it is for, who signed it, from when until when it is valid."""

    subject: str
    issuer: str
    begins: datetime
    ends: datetime


def presented(connected: socket.socket, host: str, seconds: float) -> Certificate | None:
    """The certificate that a server shows, trusted or not; None when it shows none. Closes the socket."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connected.settimeout(seconds)
    with (
        connected,
        contextlib.suppress(OSError, ValueError),
        context.wrap_socket(connected, server_hostname=host) as wrapped,
    ):
        return read_certificate(wrapped.getpeercert(binary_form=True) or b"")
    return None


def read_certificate(der: bytes) -> Certificate:
    """A certificate in DER form. Raises ValueError."""
    from cryptography import x509  # 10 MB that only a failure or the doctor needs

    read = x509.load_der_x509_certificate(der)
    try:
        names = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = names.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        hosts = []
    return Certificate(
        ", ".join(hosts[:3]) or _name(read.subject), _name(read.issuer),
        read.not_valid_before_utc.astimezone(UTC), read.not_valid_after_utc.astimezone(UTC),
    )  # fmt: skip


def _name(name: object) -> str:
    """An organisation and a common name, as people would call it."""
    from cryptography.x509 import Name
    from cryptography.x509.oid import NameOID

    assert isinstance(name, Name)
    parts = [
        str(attribute.value)
        for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
        for attribute in name.get_attributes_for_oid(oid)
    ]
    return ", ".join(dict.fromkeys(part.strip() for part in parts if part.strip())) or _("nobody")
