"""Intruders that are not of Kinglet's making, at the door of a session with keys."""

import os
import socket
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import zmq
from kinglet_gym import KingletEnv, KingletError, kinglet_pb2
from kinglet_gym.served_session import find_executable, seal, use_keys
from zmq.utils import monitor

RECIPE = "Launch/pcb-insertion.yaml"
STILL = np.zeros(6, np.float32)


def kinglet(*words):
    """Runs a command to its end."""
    return subprocess.run(
        [str(find_executable()), *words], capture_output=True, text=True, timeout=60)


@pytest.fixture
def keys(tmp_path):
    """A folder of keys."""
    folder = tmp_path / "keys"
    done = kinglet("keys", "new", str(folder))
    assert done.returncode == 0, done.stderr
    return folder


def free_ports(count=20):
    """The first of some ports that are free."""
    for first in range(20000 + os.getpid() % 20000, 60000, count):
        probes = [socket.socket() for _ in range(count)]
        try:
            for offset, probe in enumerate(probes):
                probe.bind(("127.0.0.1", first + offset))
            return first
        except OSError:
            continue
        finally:
            for probe in probes:
                probe.close()
    raise RuntimeError("no free ports")


@pytest.fixture
def context():
    """ZeroMQ of the intruder's own."""
    made = zmq.Context()
    yield made
    made.destroy(linger=0)


@pytest.fixture
def served(make_env, keys):
    """An environment over CURVE, whose first episode has begun."""
    port = free_ports()
    env = make_env(RECIPE, [f"endpoints=tcp://127.0.0.1:{port}", f"security.keys={keys}"])
    env.reset(seed=1)
    return env


def reset_request():
    question = kinglet_pb2.Envelope()
    question.environment_reset.SetInParent()
    return question.SerializeToString()


def refused(context, session, prepare):
    """What a DEALER got that asked for a reset, and which handshakes failed."""
    client = context.socket(zmq.DEALER)
    client.linger = 0
    prepare(client)
    events = client.get_monitor_socket()
    client.connect(session.endpoint)
    number = (1).to_bytes(8, "little")
    client.send_multipart([seal(number, session.mark, reset_request()), reset_request()])
    answers = []
    failed = []
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not failed:
        while client.poll(20):
            answers.append(client.recv_multipart())
        while events.poll(0):
            name = monitor.recv_monitor_message(events)["event"].name
            assert name != "HANDSHAKE_SUCCEEDED"
            if name.startswith("HANDSHAKE_FAILED"):
                failed.append(name)
    client.poll(200)
    assert client.poll(0) == 0
    client.disable_monitor()
    events.close(0)
    client.close(0)
    return answers, failed


def no_key(client, own):
    del client, own


def unknown_key(client, own):
    client.curve_publickey, client.curve_secretkey = zmq.curve_keypair()
    client.curve_serverkey = own


def public_key_alone(client, own):
    """Knows both public keys, and no secret one."""
    client.curve_publickey = own
    client.curve_secretkey = zmq.curve_keypair()[1]
    client.curve_serverkey = own


def wrong_server(client, own):
    client.curve_publickey, client.curve_secretkey = zmq.curve_keypair()
    client.curve_serverkey = zmq.curve_keypair()[0]


def plain_password(client, own):
    del own
    client.plain_username, client.plain_password = b"root", b"password"


@pytest.mark.parametrize(
    "prepare", [no_key, unknown_key, public_key_alone, wrong_server, plain_password])
def test_an_intruder_is_refused_and_the_session_goes_on(served, keys, context, prepare):
    own = (keys / "public.key").read_text().strip().encode()
    before = served.step(STILL)[4]["robot_seconds"]
    answers, failed = refused(
        context, served.session, lambda client: prepare(client, own))
    assert answers == [] and failed
    # A reset that had come in would have ended the episode.
    after = served.step(STILL)[4]["robot_seconds"]
    assert 0 < after - before < 0.2


def test_a_listener_who_asks_for_nothing_gets_no_more_than_a_greeting(served):
    host, port = served.session.endpoint.removeprefix("tcp://").split(":")
    greeting = b"\xff" + bytes(8) + b"\x7f\x03\x00"
    own = b"\xff" + bytes(7) + b"\x01\x7f\x03\x01" + b"CURVE".ljust(20, b"\0")
    for mechanism in (b"NULL", b"CURVE", b"PLAIN", b"GSSAPI", bytes(20)):
        with socket.create_connection((host, int(port)), timeout=10) as raw:
            raw.settimeout(20)
            heard = raw.recv(4096)
            raw.sendall(greeting + mechanism.ljust(20, b"\0") + bytes(32))
            raw.settimeout(0.5)
            try:
                while piece := raw.recv(4096):
                    heard += piece
            except (TimeoutError, ConnectionResetError):
                pass
        assert len(heard) >= 10
        # Version and name of the mechanism, whether it is a server, and zeros.
        assert heard[:32] == own[:len(heard)] and heard[33:] == bytes(max(0, len(heard) - 33))
        assert len(heard) <= 64
    served.step(STILL)


@pytest.mark.parametrize("size", [1, 63, 64, 300, 100_000])
def test_garbage_before_the_handshake_harms_nobody(served, size):
    host, port = served.session.endpoint.removeprefix("tcp://").split(":")
    noise = np.random.default_rng(size)
    for _ in range(20):
        with socket.create_connection((host, int(port)), timeout=10) as raw:
            try:
                raw.sendall(noise.bytes(size))
            except OSError:
                pass
    served.step(STILL)


def test_what_is_on_the_wire_is_not_what_is_said(served, keys, context):
    """A tap between a client with the right key and the session sees no question and no answer."""
    host, port = served.session.endpoint.removeprefix("tcp://").split(":")
    seen = []
    with socket.create_server(("127.0.0.1", 0)) as door:
        def tap():
            near, _ = door.accept()
            far = socket.create_connection((host, int(port)))

            def pump(source, target):
                try:
                    while piece := source.recv(65536):
                        seen.append(piece)
                        target.sendall(piece)
                except OSError:
                    pass
                target.close()
            threading.Thread(target=pump, args=(far, near), daemon=True).start()
            pump(near, far)
        threading.Thread(target=tap, daemon=True).start()
        with context.socket(zmq.DEALER) as client:
            client.linger = 0
            use_keys(client, keys)
            client.connect(f"tcp://127.0.0.1:{door.getsockname()[1]}")
            words = b"these very words are no message of Kinglet's"
            number = (9).to_bytes(8, "little")
            client.send_multipart([seal(number, served.session.mark, words), words])
            assert client.poll(10_000)
            answer = client.recv_multipart()[1]
    taken = b"".join(seen)
    envelope = kinglet_pb2.Envelope.FromString(answer)
    assert envelope.WhichOneof("body") == "failure" and len(taken) > 400
    for said in (words, words[:12], answer, envelope.failure.text.encode()[:12]):
        assert said not in taken


def test_a_removed_key_opens_nothing_more(served, keys, context):
    own = (keys / "public.key").read_text().strip().encode()
    guest, secret = zmq.curve_keypair()

    def prepare(client):
        client.curve_publickey, client.curve_secretkey = guest, secret
        client.curve_serverkey = own

    allowed = kinglet("keys", "allow", str(keys), "guest", "--", guest.decode())
    assert allowed.returncode == 0, allowed.stderr
    with context.socket(zmq.DEALER) as client:
        client.linger = 0
        prepare(client)
        client.connect(served.session.endpoint)
        number = (3).to_bytes(8, "little")
        client.send_multipart([seal(number, served.session.mark, b"no message"), b"no message"])
        assert client.poll(10_000)
        assert client.recv_multipart()[0][:8] == number
    assert kinglet("keys", "remove", str(keys), "guest").returncode == 0
    answers, failed = refused(context, served.session, prepare)
    assert answers == [] and failed == ["HANDSHAKE_FAILED_AUTH"]
    served.step(STILL)


def test_a_session_with_keys_is_closed_to_who_has_none(make_env, keys, monkeypatch):
    monkeypatch.setattr("kinglet_gym.served_session.use_keys", lambda client, folder: None)
    monkeypatch.setattr("kinglet_gym.served_session.ServedSession.RESET_TIMEOUT", 2.0)
    env = make_env(
        RECIPE, [f"endpoints=tcp://127.0.0.1:{free_ports()}", f"security.keys={keys}"])
    with pytest.raises(KingletError, match="nothing came"):
        env.reset(seed=1)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "*", "127.0.0.2", "127.1", "2130706433", "robot", "127.0.0.1.evil", "[::]"])
def test_other_addresses_need_keys(host):
    with pytest.raises(KingletError, match="kinglet keys new") as caught:
        KingletEnv(RECIPE, [f"endpoints=tcp://{host}:5600"])
    assert "\n" not in str(caught.value)


def test_a_secret_that_others_can_read_is_refused(keys):
    Path(keys / "secret.key").chmod(0o644)
    with pytest.raises(KingletError, match="chmod 600"):
        KingletEnv(RECIPE, [f"security.keys={keys}"])
