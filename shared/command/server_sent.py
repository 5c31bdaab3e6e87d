"""Server-sent events as a client reads them: whole events out of whatever pieces arrive."""

from __future__ import annotations

from dataclasses import dataclass

MOST_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class ServerSent:
    """One block: its id (where to go on from), its type, its data; an empty text is none."""

    id: str = ""
    event: str = ""
    data: str = ""


class Reader:
    """Puts the pieces of one answer together."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> list[ServerSent]:
        """Return the blocks that are whole now; comments are left out.

        Raises:
            ValueError: a block is larger than 32 MiB.
        """
        *whole, self._rest = (self._rest + piece).replace(b"\r\n", b"\n").split(b"\n\n")
        if len(self._rest) > MOST_BYTES:
            raise ValueError("an event is larger than 32 MiB")
        return [_block(one.decode(errors="replace")) for one in whole if one.strip()]


def _block(text: str) -> ServerSent:
    fields: dict[str, list[str]] = {"id": [], "event": [], "data": []}
    for line in text.split("\n"):
        name, _, value = line.partition(":")
        if name in fields:
            fields[name].append(value.removeprefix(" "))
    return ServerSent("".join(fields["id"][-1:]), "".join(fields["event"][-1:]), "\n".join(fields["data"]))
