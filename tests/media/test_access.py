"""What names other files and addresses is refused, and nothing of what it names is reached."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.child_process import Limits, run_in_child
from tests.media.observing import Asked, observe

LIMITS = Limits(cpu=60, wall=60)
_PIPE = "named.ts"
# Each is given the address of a server of ours, and the name of a pipe beside it.
NAMING = {
    "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n{url}/a.ts\n#EXT-X-ENDLIST\n",
    "list_of_files.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n{file}\n#EXT-X-ENDLIST\n",
    "variants.m3u8": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9\n{url}/b.m3u8\n",
    "key.m3u8": (
        '#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-KEY:METHOD=AES-128,URI="{url}/key"\n'
        "#EXTINF:6,\n{file}\n#EXT-X-ENDLIST\n"
    ),
    "concat.ffconcat": "ffconcat version 1.0\nfile '{file}'\n",
    "concat_of_addresses.ffconcat": "ffconcat version 1.0\nfile '{url}/c.mp4'\n",
    "dash.mpd": (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT6S"><Period><AdaptationSet mimeType="video/mp4">'
        '<Representation id="1" bandwidth="9"><BaseURL>{url}/d.mp4</BaseURL></Representation>'
        "</AdaptationSet></Period></MPD>"
    ),
    "session.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    "m=video {port} RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    "live.ism": '<smil><body><switch><video src="{url}/e.ismv"/></switch></body></smil>',
    "address.ram": "{url}/f.rm\n",
    "stream.nsv": "{url}/g\n",
}


@pytest.fixture
async def asked() -> AsyncIterator[tuple[int, list[bytes]]]:
    """The port of a server, and what it was asked."""
    requests: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.read(1000))
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, family=socket.AF_INET)
    async with server:
        yield server.sockets[0].getsockname()[1], requests


def _write_lists(folder: Path, port: int) -> list[Path]:
    """Write each list under its own name and as an MP4, beside the pipe that it may name."""
    os.mkfifo(folder / _PIPE)
    files = []
    for name, text in NAMING.items():
        for ending in ("", ".mp4"):
            file = folder / f"{name}{ending}"
            address = f"http://127.0.0.1:{port}"
            filled = text.replace("{url}", address).replace("{port}", str(port))
            file.write_text(filled.replace("{file}", _PIPE))
            files.append(file)
    return files


async def test_what_names_others_is_refused_and_reaches_none(
    tmp_path: Path, asked: tuple[int, list[bytes]]
) -> None:
    """Whoever opened the pipe would wait for somebody to write into it, and be ended for that."""
    port, requests = asked
    files = _write_lists(tmp_path, port)
    found = await run_in_child(observe, [Asked(file, 0, "en") for file in files], limits=LIMITS)
    for file, seen in zip(files, found, strict=True):
        assert "no recording in a known" in seen.refusal or "is damaged" in seen.refusal, file.name
    assert requests == []
