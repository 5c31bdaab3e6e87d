"""Starts programs of this repository by forking a process that has loaded all of them: milliseconds, not a second.

What is started is a process of its own in every respect: it can be killed, has the environment, folder and
files it was given, and runs the module as `python -m` does, or the script. Only the loading of modules is shared.
Run by tests.support.forking, with its listening socket as standard input and its address as argument.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import random
import runpy
import selectors
import socket
import sys
import threading
import time
from dataclasses import dataclass

import services
import shared.command
from tests.support import forking

MAX_REQUEST_BYTES = 1024 * 1024
MODULES = ("shared.sandbox_worker", "services.api.calendar_reader", "typer.rich_utils")


@dataclass(frozen=True)
class Request:
    """What is to be run: a module's name or a script's path, with standard files in the order of their numbers."""

    program: str
    arguments: list[str]
    environment: dict[str, str]
    folder: str
    files: list[int]


class Server:
    """Takes one request per connection, answers with a process file descriptor, and later with the exit code."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._selector = selectors.DefaultSelector()
        self._selector.register(listening, selectors.EVENT_READ)
        self._children: dict[socket.socket, int] = {}

    def serve(self) -> Request | None:
        """Go on until the starter is gone; what is returned is a request, in the process that is to run it."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._listening:
                    self._selector.register(self._listening.accept()[0], selectors.EVENT_READ)
                elif isinstance(key.fileobj, socket.socket):
                    request = self._hear(key.fileobj)
                    if request is not None:
                        return request
                else:
                    self._reap_orphan(key.fd, key.data)

    def _hear(self, connection: socket.socket) -> Request | None:
        message, files, _, _ = socket.recv_fds(connection, MAX_REQUEST_BYTES, 3)
        pid = self._children.get(connection)
        if not message:
            self._leave(connection)
        elif pid is not None:
            # Asked for when the process has ended, so this does not wait.
            status = os.waitpid(self._children.pop(connection), 0)[1]
            connection.send(json.dumps(os.waitstatus_to_exitcode(status)).encode())
            self._leave(connection)
        else:
            return self._fork(connection, Request(**json.loads(message), files=files))
        return None

    def _fork(self, connection: socket.socket, request: Request) -> Request | None:
        pid = os.fork()
        if pid == 0:
            self._forget()
            return request
        for one in request.files:
            os.close(one)
        self._children[connection] = pid
        handle = os.pidfd_open(pid)
        socket.send_fds(connection, [str(pid).encode()], [handle])
        os.close(handle)
        return None

    def _leave(self, connection: socket.socket) -> None:
        """Nobody asks any more; a process that still runs is reaped at its end."""
        self._selector.unregister(connection)
        connection.close()
        pid = self._children.pop(connection, None)
        if pid is not None:
            self._selector.register(os.pidfd_open(pid), selectors.EVENT_READ, pid)

    def _reap_orphan(self, handle: int, pid: int) -> None:
        self._selector.unregister(handle)
        os.close(handle)
        os.waitpid(pid, 0)

    def _forget(self) -> None:
        """Close in the new process what is the server's."""
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
            else:
                os.close(key.fd)
        self._selector.close()


def load_everything() -> None:
    """Import all programs.

    Raises:
        RuntimeError: one of them started a thread, which a fork would not have.
    """
    names = [*MODULES]
    names += (f"services.{one.name}.service" for one in pkgutil.iter_modules(services.__path__))
    names += (f"shared.command.{one.name}" for one in pkgutil.iter_modules(shared.command.__path__))
    for name in names:
        importlib.import_module(name)
    if threading.active_count() > 1:
        raise RuntimeError(f"threads run after the imports: {threading.enumerate()}")
    gc.collect()
    gc.freeze()


def become(request: Request, address: str) -> None:
    """Run the program in this process; its sandboxes are forked from the server, too."""
    os.setsid()
    for number, one in enumerate(request.files):
        os.dup2(one, number)
    for one in request.files:
        os.close(one)
    os.chdir(request.folder)
    os.environ.clear()
    os.environ.update(request.environment)
    time.tzset()
    random.seed()
    forking.use_for_sandboxes(lambda: address)
    sys.argv = [request.program, *request.arguments]
    if "/" in request.program:
        runpy.run_path(request.program, run_name="__main__")
    else:
        runpy.run_module(request.program, run_name="__main__", alter_sys=True)


def main() -> None:
    """Load, then serve; returns in each process that was forked, when its program is done."""
    with socket.socket(fileno=os.dup(0)) as listening:
        load_everything()
        request = Server(listening).serve()
    if request is not None:
        forking.end_with_parent()
        become(request, sys.argv[1])


if __name__ == "__main__":
    main()
