"""The proxies of the lab, each started for the time of a block in the proxy's namespace: squid in many forms,
tinyproxy, microsocks, and a Kerberos key distribution centre beside them.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.network.certificates import HOST, PROXY_HOST, Certificates
from tests.network.namespaces import CLIENT, PROXY, Namespaces, run

HTTP_PORT, TLS_PORT, TINY_PORT, SOCKS_PORT, ICAP_PORT, NTLM_PORT = 3128, 3129, 8888, 1080, 1344, 1345
USER, PASSWORD = "trader", "correct-horse"
DOMAIN, REALM = "LAB", "SNAPPER.TEST"
_HELPERS = Path("/usr/lib/squid")
_TREE = Path(__file__).parents[2]
_SQUID_USER = "proxy"

_SQUID = """
http_port 3128 {port_options}
{before}
http_access deny !known
http_access allow all
cache deny all
cache_mem 8 MB
memory_cache_shared off
pinger_enable off
shutdown_lifetime 0 seconds
connect_timeout 20 seconds
forward_max_tries 1
dns_nameservers 10.77.3.1
hosts_file none
visible_hostname proxy.snapper.test
pid_filename none
access_log none
cache_log stdio:/dev/stderr
coredump_dir {folder}
"""
_ANYBODY = "acl known src all"


@contextlib.contextmanager
def squid(
    net: Namespaces,
    *lines: str,
    known: str = _ANYBODY,
    port_options: str = "",
    ports: tuple[int, ...] = (),
    env: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """A squid on port 3128 with these further lines; `known` defines who may use it (an acl called known)."""
    folder = net.folder / f"squid-{secrets.token_hex(3)}"
    folder.mkdir()
    before = "\n".join([*lines, known])
    file = folder / "squid.conf"
    file.write_text(_SQUID.format(port_options=port_options, before=before, folder=folder))
    shutil.chown(folder, _SQUID_USER)
    # -n: the name of its shared memory, so that several squids run at the same time.
    name = "lab" + secrets.token_hex(4)
    command = ("squid", "-N", "-n", name, "-f", str(file))
    with net.daemon(PROXY, *command, ports=[HTTP_PORT, *ports], env=env):
        yield


# --- signing in -------------------------------------------------------------------------------------------

_SIGNED_IN = "acl known proxy_auth REQUIRED"


@contextlib.contextmanager
def squid_basic(net: Namespaces) -> Iterator[None]:
    """A squid that wants a user name and a password (Basic)."""
    file = net.folder / "users.basic"
    file.write_text(f"{USER}:{run('openssl', 'passwd', '-apr1', PASSWORD)}")
    lines = (
        f"auth_param basic program {_HELPERS / 'basic_ncsa_auth'} {file}",
        "auth_param basic realm lab", "auth_param basic children 2 startup=1",
    )  # fmt: skip
    with squid(net, *lines, known=_SIGNED_IN):
        yield


@contextlib.contextmanager
def squid_digest(net: Namespaces) -> Iterator[None]:
    """A squid that wants a user name and a password (Digest)."""
    file = net.folder / "users.digest"
    hashed = hashlib.md5(f"{USER}:lab:{PASSWORD}".encode()).hexdigest()
    file.write_text(f"{USER}:lab:{hashed}\n")
    lines = (
        f"auth_param digest program {_HELPERS / 'digest_file_auth'} -c {file}",
        "auth_param digest realm lab", "auth_param digest children 2 startup=1",
    )  # fmt: skip
    with squid(net, *lines, known=_SIGNED_IN):
        yield


# squid's helper hands every line on to the program that knows NTLM (programs/ntlm.py), and back.
_NTLM_HELPER = """#!/bin/bash
exec 3<>/dev/tcp/127.0.0.1/{port}
while read -r question; do echo "$question" >&3; read -r answer <&3; echo "$answer"; done
"""


@contextlib.contextmanager
def squid_ntlm(net: Namespaces) -> Iterator[None]:
    """A squid that wants NTLM, every message of which is checked against the password."""
    users, helper = net.folder / "users.ntlm", net.folder / "ntlm-helper"
    users.write_text(f"{DOMAIN}:{USER}:{PASSWORD}\n")
    helper.write_text(_NTLM_HELPER.format(port=NTLM_PORT))
    helper.chmod(0o755)
    lines = (
        f"auth_param ntlm program {helper}", "auth_param ntlm children 20 startup=2 idle=1",
        "auth_param ntlm keep_alive on",
    )  # fmt: skip
    with (
        _program(net, "ntlm", NTLM_PORT, env={"NTLM_USER_FILE": str(users)}),
        squid(net, *lines, known=_SIGNED_IN),
    ):
        yield


def _program(
    net: Namespaces, name: str, port: int, env: Mapping[str, str] | None = None
) -> contextlib.AbstractContextManager[object]:
    """One of the programs beside, listening on a port of the proxy's host."""
    command = (sys.executable, "-m", f"tests.network.programs.{name}", str(port))
    return net.daemon(PROXY, *command, ports=[port], env={"PYTHONPATH": str(_TREE), **(env or {})})


@contextlib.contextmanager
def squid_kerberos(net: Namespaces) -> Iterator[dict[str, str]]:
    """A squid that wants Kerberos, with its KDC; gives the environment of a user who has a ticket."""
    folder = net.folder / f"kdc-{secrets.token_hex(3)}"
    folder.mkdir()
    keytab, env = _make_realm(net, folder)
    kdc = ("krb5kdc", "-n", "-r", REALM)
    line = f"auth_param negotiate program {_HELPERS / 'negotiate_kerberos_auth'} -s HTTP/{PROXY_HOST}@{REALM}"
    lines = (line, "auth_param negotiate children 4 startup=1", "auth_param negotiate keep_alive on")
    with (
        net.daemon(PROXY, *kdc, ports=[88], env=env),
        squid(net, *lines, known=_SIGNED_IN, env={**env, "KRB5_KTNAME": f"FILE:{keytab}"}),
    ):
        user = {"KRB5_CONFIG": env["KRB5_CONFIG"], "KRB5CCNAME": f"FILE:{folder / 'ticket'}"}
        _sign_in(net, user)
        yield user


def _make_realm(net: Namespaces, folder: Path) -> tuple[Path, dict[str, str]]:
    config, kdc_config, keytab = folder / "krb5.conf", folder / "kdc.conf", folder / "proxy.keytab"
    config.write_text(
        f"[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = false\n rdns = false\n"
        f" dns_canonicalize_hostname = false\n udp_preference_limit = 1\n"
        f"[realms]\n {REALM} = {{\n  kdc = {PROXY_HOST}:88\n }}\n[domain_realm]\n .snapper.test = {REALM}\n"
    )
    kdc_config.write_text(
        f"[kdcdefaults]\n kdc_ports = 88\n kdc_tcp_ports = 88\n[realms]\n {REALM} = {{\n"
        f"  database_name = {folder / 'principal'}\n  key_stash_file = {folder / 'stash'}\n"
        f"  acl_file = {folder / 'acl'}\n }}\n[logging]\n default = STDERR\n"
    )
    env = {"KRB5_CONFIG": str(config), "KRB5_KDC_PROFILE": str(kdc_config)}
    inside = ("env", *(f"{name}={value}" for name, value in env.items()))
    net.do(PROXY, *inside, "kdb5_util", "create", "-s", "-r", REALM, "-P", "lab", "-W")
    commands = (
        f"addprinc -pw {PASSWORD} {USER}\naddprinc -randkey HTTP/{PROXY_HOST}\n"
        f"ktadd -k {keytab} HTTP/{PROXY_HOST}\n"
    )
    net.do(PROXY, *inside, "kadmin.local", "-r", REALM, text=commands)
    shutil.chown(keytab, _SQUID_USER)
    return keytab, env


def _sign_in(net: Namespaces, user: Mapping[str, str]) -> None:
    settings = [f"{name}={value}" for name, value in user.items()]
    run(*net.inside(CLIENT, ["env", *settings, "kinit", USER]), text=f"{PASSWORD}\n")


# --- rules ------------------------------------------------------------------------------------------------


def squid_forbids(net: Namespaces) -> contextlib.AbstractContextManager[None]:
    """A squid that is not to let anybody to the desk."""
    return squid(net, f"acl desk dstdomain {HOST}", "http_access deny desk")


def squid_tls(net: Namespaces, certificates: Certificates) -> contextlib.AbstractContextManager[None]:
    """A squid that is spoken to over TLS, on port 3129."""
    return squid(net, f"https_port {TLS_PORT} tls-cert={certificates.file('proxy')}", ports=(TLS_PORT,))


@contextlib.contextmanager
def squid_inspects(net: Namespaces, certificates: Certificates, *lines: str) -> Iterator[None]:
    """A squid that opens every TLS connection with certificates of the company's authority."""
    store = net.folder / f"certificates-{secrets.token_hex(3)}"
    helper = _HELPERS / "security_file_certgen"
    run(str(helper), "-c", "-s", str(store), "-M", "4MB")
    for path in (store, *store.rglob("*")):
        shutil.chown(path, _SQUID_USER)
    options = (
        f"ssl-bump generate-host-certificates=on dynamic_cert_mem_cache_size=4MB "
        f"tls-cert={certificates.file('inspector')}"
    )
    inspect = (
        f"sslcrtd_program {helper} -s {store} -M 4MB", "sslcrtd_children 2 startup=1",
        "acl first at_step SslBump1", "ssl_bump peek first", "ssl_bump bump all",
        f"tls_outgoing_options cafile={certificates.public}",
    )  # fmt: skip
    with squid(net, *inspect, *lines, port_options=options):
        yield


def squid_limits(net: Namespaces, certificates: Certificates) -> contextlib.AbstractContextManager[None]:
    """An inspecting squid that takes 1 MB in one request."""
    return squid_inspects(net, certificates, "request_body_max_size 1 MB")


@contextlib.contextmanager
def squid_dlp(net: Namespaces, certificates: Certificates) -> Iterator[None]:
    """An inspecting squid that has every body read by a data-protection server (ICAP), which answers 403 in
    place of those that hold its marker.
    """
    lines = (
        "icap_enable on", "icap_preview_enable off", "icap_persistent_connections off",
        f"icap_service dlp reqmod_precache bypass=0 icap://127.0.0.1:{ICAP_PORT}/dlp",
        "adaptation_access dlp allow all",
    )  # fmt: skip
    with _program(net, "icap", ICAP_PORT), squid_inspects(net, certificates, *lines):
        yield


@contextlib.contextmanager
def tinyproxy(net: Namespaces) -> Iterator[None]:
    """A tinyproxy on port 8888."""
    file = net.folder / "tinyproxy.conf"
    file.write_text(f"Port {TINY_PORT}\nTimeout 60\nMaxClients 50\nConnectPort 443\nLogLevel Error\n")
    with net.daemon(PROXY, "tinyproxy", "-d", "-c", str(file), ports=[TINY_PORT]):
        yield


def socks(net: Namespaces, *, password: bool) -> contextlib.AbstractContextManager[object]:
    """A SOCKS 5 server on port 1080, with or without a password."""
    login = ("-u", USER, "-P", PASSWORD) if password else ()
    return net.daemon(PROXY, "microsocks", "-p", str(SOCKS_PORT), *login, ports=[SOCKS_PORT])


def silent(net: Namespaces) -> contextlib.AbstractContextManager[object]:
    """Something on port 3128 that takes connections and says nothing."""
    return _program(net, "silent", HTTP_PORT)
