"""Every certificate of the lab, made anew for each: a public authority, a company's, and what they sign.

`public.pem` stands for what every computer trusts; `company.pem` has the inspecting company's root besides.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

HOST = "desk.snapper.test"
PROXY_HOST = "proxy.snapper.test"
_DAY = timedelta(days=1)
# As many hosted desks have: the certificate does not fit into one packet.
_NEIGHBOURS = [f"service-{number:02}.hosting.snapper.test" for number in range(60)]


@dataclass(frozen=True)
class Certificates:
    """Files in PEM form; each server's has its key, its certificate and the chain."""

    folder: Path

    def file(self, name: str) -> Path:
        """The file of a server's certificate by its name in `make`."""
        return self.folder / f"{name}.pem"

    @property
    def public(self) -> Path:
        """The authorities a fresh computer trusts."""
        return self.folder / "public.pem"

    @property
    def company(self) -> Path:
        """The authorities a computer of the inspecting company trusts."""
        return self.folder / "company.pem"


def make(folder: Path) -> Certificates:
    """Make all certificates in a folder."""
    folder.mkdir(exist_ok=True)
    made, now = Certificates(folder), datetime.now(UTC)
    public = trustme.CA(organization_name="Lab Public Trust")
    company = trustme.CA(organization_name="Example Corp Inspection")
    # A clock that is years off must make them invalid, as it does with real ones.
    begin, over = now - 30 * _DAY, now + 300 * _DAY
    leaves = {
        "desk": public.issue_cert(HOST, *_NEIGHBOURS, not_before=begin, not_after=over),
        "proxy": public.issue_cert(PROXY_HOST, not_before=begin, not_after=over),
        "expired": public.issue_cert(HOST, not_before=begin, not_after=now - _DAY),
        "not-yet": public.issue_cert(HOST, not_before=now + _DAY, not_after=over),
        "other": public.issue_cert("blockpage.example", not_before=begin, not_after=over),
        "company-desk": company.issue_cert(HOST, not_before=begin, not_after=over),
        "portal": company.issue_cert("portal.example", not_before=begin, not_after=over),
    }
    for name, leaf in leaves.items():
        leaf.private_key_and_cert_chain_pem.write_to_path(made.file(name))
    public.cert_pem.write_to_path(made.public)
    made.company.write_bytes(public.cert_pem.bytes() + company.cert_pem.bytes())
    made.file("inspector").write_bytes(company.private_key_pem.bytes() + company.cert_pem.bytes())
    return made
