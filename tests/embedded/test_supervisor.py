"""The house under its supervisor: it starts, lives and ends together."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import signal
import socket
import ssl
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from postcards import config, embedded
from postcards.embedded.children import environment, usable_tls
from postcards.embedded.supervisor import PortTaken, check_port
from postcards.errors import Invalid
from tests.embedded.processes import ROOT, alive, line_of, script, until
from tests.embedded.processes import environment as script_environment
from tests.plugins.sharing import free_port

HOUSE = ROOT / "tests" / "embedded" / "house.py"


def get(port: int, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def pids_of(home: Path, port: int, note: dict[str, str]) -> dict[str, int]:
    """The processes of a running house: the servers, the web, and both of the stubborn worker's."""
    socket_path = note["broker_url"].removeprefix("redis+socket://")
    with redis.Redis(unix_socket_path=socket_path) as broker:
        valkey = broker.info()["process_id"]
    said = home / "stubborn"
    assert until(lambda: said.exists() and len(said.read_text().split()) == 2, seconds=10)
    worker, its_child = (int(pid) for pid in said.read_text().split())
    return {
        "postgres": int((home / "postgres" / "postmaster.pid").read_text().split()[0]),
        "valkey": valkey,
        "web": int(get(port, "/")),
        "worker": worker,
        "worker's child": its_child,
    }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_to_the_supervisor_stops_everything(home: Path, number: signal.Signals) -> None:
    port = free_port()
    with script(HOUSE, home, port, "whole") as house:
        note = json.loads(line_of(house, "READY"))
        pids = pids_of(home, port, note)
        assert all(alive(pid) for pid in pids.values())
        house.send_signal(number)
        house.send_signal(number)  # an impatient second one changes nothing
        assert house.wait(20) == 0
        assert [name for name, pid in pids.items() if alive(pid)] == []
    assert embedded.running(home) is None
    assert "database system is shut down" in (home / "logs" / "postgres.log").read_text()


def test_under_nohup_a_hangup_changes_nothing(home: Path) -> None:
    port = free_port()
    with script(HOUSE, home, port, "under nohup") as house:
        pids = pids_of(home, port, json.loads(line_of(house, "READY")))
        house.send_signal(signal.SIGHUP)
        time.sleep(1)
        assert house.poll() is None
        assert get(port, "/") == str(pids["web"])
        assert [name for name, pid in pids.items() if not alive(pid)] == []
        house.send_signal(signal.SIGINT)
        assert house.wait(20) == 0


def test_everything_follows_a_killed_supervisor_and_starts_again(home: Path) -> None:
    port = free_port()
    with script(HOUSE, home, port, "whole") as house:
        pids = pids_of(home, port, json.loads(line_of(house, "READY")))
        house.send_signal(signal.SIGKILL)
        house.wait()
        assert until(lambda: not any(alive(pid) for pid in pids.values()), seconds=10), [
            name for name, pid in pids.items() if alive(pid)
        ]
    (home / "stubborn").unlink()
    with script(HOUSE, home, port, "whole") as house:
        line_of(house, "READY")
        house.send_signal(signal.SIGINT)
        assert house.wait(20) == 0


def test_a_second_one_says_who_is_running_and_commands_use_the_first(home: Path) -> None:
    port = free_port()
    with script(HOUSE, home, port, "whole") as house:
        note = json.loads(line_of(house, "READY"))
        second = subprocess.run(
            [sys.executable, HOUSE, home, str(free_port()), "whole"],
            env=script_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert second.returncode == 1
        assert second.stdout == ""
        said = second.stderr.splitlines()
        assert said == [
            f"Far is Close is already running on {home} (process {house.pid} at http://127.0.0.1:{port})."
        ]
        running = embedded.running(home)
        assert running is not None
        assert (running.pid, running.port) == (house.pid, port)
        settings = config.load({"POSTCARDS_HOME": str(home)})
        with embedded.attach_or_start(settings, broker=True) as servers:
            assert servers.database_url == note["database_url"]
            house.send_signal(signal.SIGINT)
            assert house.wait(20) == 0  # `up` does not wait for whoever uses it


def test_a_part_that_dies_is_started_again(home: Path) -> None:
    port = free_port()
    with script(HOUSE, home, port, "whole") as house:
        before = pids_of(home, port, json.loads(line_of(house, "READY")))
        with suppress(http.client.HTTPException, OSError):
            get(port, "/die")
        # The server's own process, not its guard's: the guard sees it end and ends too.
        for server in ("postgres", "valkey"):
            subprocess.run(["kill", "-9", str(before[server])], check=True)

        def all_new() -> bool:
            with suppress(OSError, http.client.HTTPException, redis.RedisError, ValueError, IndexError):
                now = pids_of(home, port, json.loads((home / "run" / "running.json").read_text()))
                return all(now[name] != before[name] for name in ("postgres", "valkey", "web"))
            return False

        assert until(all_new, seconds=30)
        house.send_signal(signal.SIGINT)
        assert house.wait(20) == 0


def test_a_web_that_cannot_start_ends_everything_with_its_last_words(home: Path) -> None:
    with script(HOUSE, home, free_port(), "broken") as house:
        _, said = house.communicate(timeout=60)
        assert house.returncode == 1
    assert said.startswith("The web did not start.")
    assert "the paper is out" in said
    assert str(home / "logs" / "web.log") in said
    assert embedded.running(home) is None


def test_a_web_that_keeps_ending_ends_everything(home: Path) -> None:
    port = free_port()
    with script(HOUSE, home, port, "whole") as house:
        pids = pids_of(home, port, json.loads(line_of(house, "READY")))

        def ended() -> bool:
            with suppress(OSError, http.client.HTTPException):
                get(port, "/die")
            return house.poll() is not None

        assert until(ended, seconds=40)
        assert house.returncode == 1
        assert house.stderr is not None
        assert "The web ended 4 times, so everything was stopped." in house.stderr.read()
        assert [name for name, pid in pids.items() if alive(pid)] == []


def test_a_signal_during_the_start_leaves_nothing_behind(home: Path) -> None:
    with script(HOUSE, home, free_port(), "whole") as house:
        assert until((home / "run" / "running.json").exists, seconds=10)
        time.sleep(0.1)
        house.send_signal(signal.SIGINT)
        assert house.wait(20) == 0
    assert embedded.running(home) is None
    with embedded.servers(home, durable=False):
        pass


def test_a_port_that_is_taken_is_one_clear_line(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with script(HOUSE, home, port, "whole") as house:
            _, said = house.communicate(timeout=30)
            assert house.returncode == 1
        assert said == f"Port {port} on 127.0.0.1 is taken by another program; choose one with --port.\n"
    check_port("127.0.0.1", port)
    with pytest.raises(PortTaken, match=r"cannot listen on 192\.0\.2\.1"):
        check_port("192.0.2.1", port)


def test_children_learn_the_servers_and_where_the_secrets_are(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTCARDS_DATABASE_URL_FILE", "/nowhere")
    monkeypatch.setenv("POSTCARDS_SECRET_KEY", "given " * 8)
    env = environment(
        config.load({"POSTCARDS_HOME": str(home)}),
        embedded.Servers("postgresql+psycopg://@/x", ""),
        {"MORE": "1"},
    )
    told = {name: value for name, value in env.items() if name.startswith("POSTCARDS_") or name == "MORE"}
    assert told == {
        "POSTCARDS_HOME": str(home),
        "POSTCARDS_DATABASE_URL": "postgresql+psycopg://@/x",
        "POSTCARDS_SECRET_KEY": "given " * 8,
        "POSTCARDS_MASTER_KEY_FILE": str(home / "MASTER_KEY"),
        "MORE": "1",
    }
    del told["MORE"]
    assert len(config.load(told).master_key) == 64


@pytest.mark.parametrize("kind", ["pkcs8", "older", "elliptic"])
def test_keys_of_every_form_serve_tls(home: Path, tmp_path: Path, kind: str) -> None:
    embedded.make_secrets(config.load({"POSTCARDS_HOME": str(home)}))
    key = (
        ec.generate_private_key(ec.SECP256R1())
        if kind == "elliptic"
        else rsa.generate_private_key(65537, 2048)
    )
    form = (
        serialization.PrivateFormat.PKCS8
        if kind == "pkcs8"
        else serialization.PrivateFormat.TraditionalOpenSSL
    )
    key_file, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    certificate.write_bytes(self_signed(key))
    usable = usable_tls(home, certificate, key_file)
    assert b"BEGIN PRIVATE KEY" in usable[1].read_bytes()
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*usable)
    with pytest.raises(Invalid, match="cannot be used together"):
        usable_tls(home, certificate, certificate)


def self_signed(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
