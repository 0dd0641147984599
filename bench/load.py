"""A closed loop of clients in a process of its own, on raw sockets, so that the generator costs little."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue


def request(method: str, path: str, *, token: str = "", body: bytes = b"", headers: str = "") -> bytes:
    """This will give the bytes of one HTTP/1.1 request; `headers` are whole lines."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}"
    if token:
        head += f"Authorization: Bearer {token}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def closed_loop(port: int, requests: Sequence[bytes], *, clients: int) -> tuple[float, list[float]]:
    """This will send every request once, `clients` at a time; gives seconds in all, and seconds of each."""
    context = get_context("spawn")
    results: SimpleQueue[tuple[float, list[float]]] = context.SimpleQueue()
    process = context.Process(target=_run, args=(port, list(requests), clients, 0.0, results))
    process.start()
    answer = results.get()
    process.join()
    return answer


def open_loop(port: int, requests: Sequence[bytes], *, per_second: float, clients: int = 32) -> list[float]:
    """This will send requests at a steady rate whatever the answers do; gives seconds of each, from its due time."""
    context = get_context("spawn")
    results: SimpleQueue[tuple[float, list[float]]] = context.SimpleQueue()
    process = context.Process(target=_run, args=(port, list(requests), clients, 1 / per_second, results))
    process.start()
    answer = results.get()
    process.join()
    return answer[1]


def _run(
    port: int,
    requests: list[bytes],
    clients: int,
    every: float,
    results: SimpleQueue[tuple[float, list[float]]],
) -> None:
    lock, place, times = threading.Lock(), iter(range(len(requests))), [0.0] * len(requests)
    ready = threading.Barrier(clients + 1)
    began = [0.0]

    def client() -> None:
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ready.wait()
            while True:
                with lock:
                    at = next(place, None)
                if at is None:
                    return
                due = began[0] + at * every if every else time.perf_counter()
                if every and (wait := due - time.perf_counter()) > 0:
                    time.sleep(wait)
                line.sendall(requests[at])
                _read_answer(line)
                times[at] = time.perf_counter() - due

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    began[0] = time.perf_counter() + 0.01
    ready.wait()
    for thread in threads:
        thread.join()
    results.put((time.perf_counter() - began[0], times))


def _read_answer(line: socket.socket) -> None:
    data = line.recv(65536)
    while b"\r\n\r\n" not in data:
        data += line.recv(65536)
    head, _, rest = data.partition(b"\r\n\r\n")
    if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
        raise RuntimeError(head.decode("latin-1") + rest.decode(errors="replace"))
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(rest) < length:
        rest += line.recv(65536)
