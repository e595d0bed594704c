"""The keys of a person at the terminal of `kinglet launch`, on a pseudo-terminal of the kernel's."""

import os
import pty
import select
import signal
import termios
import time

import pytest
from kinglet_gym.served_session import find_executable


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, *words):
        executable = str(find_executable())
        self.process, self.descriptor = pty.fork()
        if self.process == 0:
            os.execv(executable, [executable, *words])
        self.text = b""
        self.heard = 0

    def press(self, key):
        os.write(self.descriptor, key)

    def hears(self, words, seconds):
        """Whether something is said in time behind what was waited for before."""
        deadline = time.monotonic() + seconds
        while words not in self.text[self.heard :]:
            if time.monotonic() > deadline:
                return False
            if select.select([self.descriptor], [], [], 0.1)[0]:
                self.text += os.read(self.descriptor, 65536)
        return True

    def wait(self, words):
        """Waits until something is said behind what was waited for before."""
        assert self.hears(words, 60), f"no {words} in {self.text[self.heard :][-500:]}"
        self.heard = self.text.index(words, self.heard) + len(words)

    @property
    def is_raw(self):
        return not termios.tcgetattr(self.descriptor)[3] & termios.ICANON

    def end(self):
        try:
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self.descriptor)


@pytest.mark.parametrize("clock", ["lockstep", "realtime"])
def test_keys_stop_the_arm_and_let_it_go_on(tmp_path, clock):
    terminal = Terminal(
        "launch", "Launch/pcb-insertion.yaml", f"run={tmp_path}/r", f"clock={clock}",
        "learner.demonstrationShare=0", "learner.width=32", "learner.startStep=1000000",
        "finish.steps=100000", "recording=none",
    )
    try:
        terminal.wait(b"step 1")
        assert terminal.is_raw
        terminal.press(b"x")
        terminal.wait(b"s stops every arm, r lets this one go on")
        for _ in range(2):
            terminal.press(b"s")
            terminal.wait(b"userStopped: the key s")
            terminal.wait(b"the arm has stopped: the key s")
            # An arm that has not come to rest is not let go.
            for _ in range(100):
                terminal.press(b"r")
                if terminal.hears(b"the arm goes on: the key r", 0.5):
                    break
            terminal.wait(b"the arm goes on: the key r")
        terminal.press(b"\x03")
        terminal.wait(b"training ended: interrupted")
        assert os.waitpid(terminal.process, 0)[1] == 0
        assert not terminal.is_raw
    finally:
        terminal.end()
