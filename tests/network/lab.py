"""The lab: a network of its own with a real desk behind a real web server, and programs run in it as on a
trader's computer. What stands in the way is conditions.py's.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from snapper.desk import Store
from tests.network import certificates, firewall, namespaces, web
from tests.network.certificates import HOST, PROXY_HOST, Certificates
from tests.network.namespaces import CLIENT, PROXY, PROXY_IP, SERVER, SERVER_IP, Namespaces, end
from tests.network.programs.desk import DESK_PORT, RUDE_PORT, SILENT_PORT, SINK_PORT, URL, WATCHFUL_PORT

_FOLDER = "snapper-lab"
TREE = Path(__file__).parents[2]
PROGRAMS = (
    "ip", "tc", "nft", "iptables", "ethtool", "nsenter", "unshare", "setpriv", "mount", "curl", "openssl",
    "dnsmasq", "haproxy", "nginx", "squid", "tinyproxy", "microsocks",
    "krb5kdc", "kdb5_util", "kadmin.local", "kinit",
)  # fmt: skip
# A library that moves a program's clock; $LIB is the loader's word for the machine's folder of libraries.
FAKETIME = "/usr/$LIB/faketime/libfaketime.so.1"
_FILES = ("/usr/lib/squid/security_file_certgen", "/usr/lib/squid/negotiate_kerberos_auth")


def why_not() -> str:
    """“” or why no lab can be made here, in words."""
    if reason := namespaces.why_not(PROGRAMS):
        return reason
    missing = [file for file in _FILES if not Path(file).exists()]
    return f"{missing[0]} is missing (scripts/prepare network installs it)" if missing else ""


@dataclass(frozen=True)
class Ran:
    """How a program ended; `code` None: it was still running after its time, and was ended."""

    code: int | None
    stdout: str
    stderr: str
    seconds: float


class Running:
    """A program in the client's namespace."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._began = time.monotonic()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def result(self, timeout: float) -> Ran:
        """Wait for its end, or end it `timeout` seconds after its beginning."""
        left = max(0.0, self._began + timeout - time.monotonic())
        try:
            out, err = self._process.communicate(timeout=left)
            code: int | None = self._process.returncode
        except subprocess.TimeoutExpired:
            end(self._process)
            out, err = self._process.communicate()
            code = None
        return Ran(code, out.decode(errors="replace"), err.decode(errors="replace"), self._seconds())

    def end(self) -> float:
        """End it now, and what it started; gives the seconds it ran."""
        seconds = self._seconds()
        end(self._process)
        self._process.communicate()
        return seconds

    def _seconds(self) -> float:
        return round(time.monotonic() - self._began, 2)


@dataclass(frozen=True)
class Lab:
    """A network with a desk in it. `token` is good at the desk; `home` is the client's home folder."""

    net: Namespaces
    certificates: Certificates
    store: Store
    token: str
    home: Path

    def start(
        self, command: Sequence[str], env: Mapping[str, str] | None = None, home: Path | None = None
    ) -> Running:
        """Start a program as on the client's computer: its network, its names, its home, its authorities."""
        place = str(home or self.home)
        whole = {**self.environment, "HOME": place, "TMPDIR": place, **(env or {})}
        return Running(self.net.spawn(CLIENT, command, whole, subprocess.PIPE, subprocess.PIPE))

    def run(
        self,
        command: Sequence[str],
        env: Mapping[str, str] | None = None,
        timeout: float = 60.0,
        home: Path | None = None,
    ) -> Ran:
        """Run a program as on the client's computer; ended after `timeout` seconds."""
        return self.start(command, env, home).result(timeout)

    @property
    def environment(self) -> dict[str, str]:
        """The client's: the public authority is what the system trusts, and what requests' own list has."""
        public = str(self.certificates.public)
        return {
            "LANG": "C.UTF-8", "PYTHONPATH": str(TREE),
            "SSL_CERT_FILE": public, "REQUESTS_CA_BUNDLE": public,
        }  # fmt: skip

    def start_snapper(self, *arguments: str, home: Path, env: Mapping[str, str] | None = None) -> Running:
        """Start snapper as a trader does who was given the desk's address and a token."""
        settings = {"SNAPPER_DELIVERY_URL": URL, "SNAPPER_DELIVERY_TOKEN": self.token}
        return self.start([sys.executable, "-m", "snapper", *arguments], {**settings, **(env or {})}, home)

    def snapper(
        self, *arguments: str, home: Path, env: Mapping[str, str] | None = None, timeout: float = 60.0
    ) -> Ran:
        """Run snapper so; ended after `timeout` seconds."""
        return self.start_snapper(*arguments, home=home, env=env).result(timeout)


@contextlib.contextmanager
def lab() -> Iterator[Lab]:
    """Build the lab for the time of the block."""
    # Not pytest's folder: squid's user has to get in.
    _remove_left_over()
    folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER}-{os.getpid()}-"))
    folder.chmod(0o755)
    try:
        with namespaces.wired(folder) as net, contextlib.ExitStack() as stack:
            yield _furnish(net, stack)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_left_over() -> None:
    """Folders of a process that was killed before it could remove them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}-*-*"):
        if not Path(f"/proc/{folder.name.split('-')[2]}").exists():
            shutil.rmtree(folder, ignore_errors=True)


def _furnish(net: Namespaces, stack: contextlib.ExitStack) -> Lab:
    made = certificates.make(net.folder / "certificates")
    store = stack.enter_context(contextlib.closing(Store(net.folder / "desk")))
    home = net.folder / "home"
    home.mkdir()
    # curl does not take SSL_CERT_FILE for a proxy spoken to over TLS; the system's own store it would.
    (home / ".curlrc").write_text(f"proxy-cacert = {made.public}\n")
    desk = [sys.executable, "-m", "tests.network.programs.desk", str(net.folder / "desk")]
    ports = [DESK_PORT, SINK_PORT, SILENT_PORT, RUDE_PORT, WATCHFUL_PORT]
    known = ("--local=/#/", f"--host-record={HOST},{SERVER_IP}", f"--host-record={PROXY_HOST},{PROXY_IP}")
    proxy = ["haproxy", "-db", "-f", str(web.configure_pac(net.folder))]
    server = ["haproxy", "-db", "-f", str(web.configure(net.folder, made))]
    daemons = (
        net.daemon(SERVER, *desk, ports=ports, env={"PYTHONPATH": str(TREE)}),
        firewall.name_server(net, 53, *known),
        net.daemon(PROXY, *proxy, ports=[80]),
        net.daemon(SERVER, *server, ports=[front.port for front in web.FRONTS.values()]),
    )
    for daemon in daemons:
        stack.enter_context(daemon)
    return Lab(net, made, store, store.add_token("trader"), home)
