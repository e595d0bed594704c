"""`kinglet serve` as a child process, and the socket on which it takes resets and steps."""

import json
import os
import selectors
import shutil
import subprocess
import time
import weakref
import zlib
from pathlib import Path

import zmq

from . import kinglet_pb2


class KingletError(RuntimeError):
    """What Kinglet refuses, or why it ended: one line."""


class ServedSession:
    """One running session of a recipe.

    Nothing waits without a deadline. The session ends with `close`, when this object is collected,
    and when this process ends, however it does.
    """

    # Longer than Kinglet's own deadlines, whose errors say more [s].
    RESET_TIMEOUT = 200.0
    STEP_TIMEOUT = 60.0

    def __init__(self, recipe, overrides=(), *, evaluation=False, executable=None, timeout=90.0):
        """Starts a session and waits until it takes resets, at most `timeout` seconds.

        Raises `KingletError` where Kinglet refuses the recipe or does not come up.
        """
        executable = find_executable(executable)
        command = [str(executable), "serve", find_recipe(recipe, executable), *map(str, overrides)]
        command += ["--json", "--until-input-ends"] + (["--evaluation"] if evaluation else [])
        # Of a session of its own, so that Ctrl-C reaches Python alone.
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True)
        self._context = zmq.Context()
        folders: list[str] = []
        self._end = weakref.finalize(
            self, _end, self.process, self._context, folders, os.getpid())
        try:
            description = self._description(timeout)
        except BaseException:
            self.close()
            raise
        self.folder = description["folder"]
        folders.append(self.folder)
        self.endpoint = description["endpoint"]
        self.observation_size = description["observationSize"]
        self.action_size = description["actionSize"]
        self.steps = description["steps"]
        self.rate = description["rate"]
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.linger = 0
        if "keys" in description:
            use_keys(self._socket, Path(description["keys"]))
        self._socket.connect(self.endpoint)
        self._number = 0
        self.mark = description["session"]

    def reset(self) -> kinglet_pb2.EnvironmentState:
        """Begins the next episode; raises `KingletError`."""
        question = kinglet_pb2.Envelope()
        question.environment_reset.SetInParent()
        return self._call(question, self.RESET_TIMEOUT)

    def step(self, action) -> kinglet_pb2.EnvironmentState:
        """Acts for one step: a sequence of floats in -1...1; raises `KingletError`."""
        question = kinglet_pb2.Envelope()
        question.environment_step.action.extend(action)
        return self._call(question, self.STEP_TIMEOUT)

    def close(self):
        """Ends the session and every process of it; again is fine."""
        self._end()

    @property
    def is_closed(self) -> bool:
        """Whether the session has ended."""
        return not self._end.alive

    def _call(self, question, timeout) -> kinglet_pb2.EnvironmentState:
        if self.is_closed:
            raise KingletError("this session of kinglet has ended; a reset with a seed starts anew")
        self._number += 1
        number = self._number.to_bytes(8, "little")
        body = question.SerializeToString()
        self._socket.send_multipart([seal(number, self.mark, body), body], zmq.NOBLOCK)
        deadline = time.monotonic() + timeout
        while True:
            while self._socket.poll(100) == 0:
                if self.process.poll() is not None:
                    raise self._death()
                if time.monotonic() > deadline:
                    self.close()
                    raise KingletError(f"nothing came from kinglet serve within {timeout:.0f} s")
            head, body = self._socket.recv_multipart()
            # An answer that an interrupted call left behind is passed over.
            if head == seal(number, self.mark, body):
                return self._unwrap(body)

    def _unwrap(self, body) -> kinglet_pb2.EnvironmentState:
        answer = kinglet_pb2.Envelope.FromString(body)
        kind = answer.WhichOneof("body")
        if kind == "failure":
            raise KingletError(answer.failure.text)
        if kind != "environment_state":
            raise KingletError(f"kinglet serve answered with {kind}; are both of one version?")
        return answer.environment_state

    def _description(self, timeout) -> dict:
        """The JSON object that `kinglet serve` prints once it takes resets."""
        deadline = time.monotonic() + timeout
        text = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while True:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise KingletError(f"kinglet serve was not ready within {timeout:.0f} s")
                piece = os.read(self.process.stdout.fileno(), 4096)
                if not piece:
                    raise self._death()
                text += piece
                try:
                    return json.loads(text)
                except ValueError:
                    pass  # The rest is still to come.

    def _death(self) -> KingletError:
        """What a process that has ended, or is about to, said last."""
        try:
            said = self.process.communicate(timeout=10)[1].decode(errors="replace").strip()
        except subprocess.TimeoutExpired:
            said = ""
        self.close()
        status = self.process.returncode
        if not said:
            return KingletError(f"kinglet serve ended with status {status} and said nothing")
        return KingletError(said.splitlines()[-1].removeprefix("Error: "))


def seal(number: bytes, session: int, body: bytes) -> bytes:
    """What travels in front of a message: its call's number, its session, and a checksum of all."""
    head = number + session.to_bytes(8, "little")
    sum_ = zlib.crc32(body, zlib.crc32(head))
    return number + session.to_bytes(4, "little") + sum_.to_bytes(4, "little")


def _end(process, context, folders, owner):
    # A fork of the process that started the session must not end it.
    if os.getpid() != owner:
        return
    context.destroy(linger=0)
    # Standard input that ends asks for an orderly end.
    process.stdin.close()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
    process.stderr.close()
    # Only a process that was killed has left it, and others of its session may still be ending there.
    deadline = time.monotonic() + 5
    for folder in folders:
        while os.path.exists(folder) and time.monotonic() < deadline:
            shutil.rmtree(folder, ignore_errors=True)
            time.sleep(0.05)


def use_keys(client, folder: Path):
    """Makes a socket a client of the server that has this machine's own keys."""
    try:
        secret = (folder / "secret.key").read_text().strip().encode()
    except OSError as error:
        raise KingletError(f"{folder}: the keys cannot be read: {error.strerror}") from error
    client.curve_secretkey = secret
    client.curve_publickey = client.curve_serverkey = zmq.curve_public(secret)


def find_executable(executable=None) -> Path:
    """The `kinglet` that is named, that $KINGLET names, of this repository, or on $PATH."""
    named = executable or os.environ.get("KINGLET")
    built = Path(__file__).parents[2] / "kinglet"
    found = named or (built if built.exists() else shutil.which("kinglet"))
    if not found:
        raise KingletError("no kinglet found: run `make build`, or name the executable in $KINGLET")
    if not os.access(found, os.X_OK) or os.path.isdir(found):
        raise KingletError(f"{found} is no executable; run `make build`")
    return Path(os.path.abspath(found))


def find_recipe(recipe, executable: Path) -> str:
    """A launch file as it is named from here or, where there is none, from beside `kinglet`."""
    beside = executable.parent / recipe
    return str(beside if not os.path.exists(recipe) and beside.exists() else recipe)
