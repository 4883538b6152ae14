"""Where a webhook may go: to the internet, and to no address that only this network can reach."""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass

import httpx

from shared.errors import DocreelError

_PORTS = {"https": 443, "http": 80}


class ForbiddenDestinationError(DocreelError):
    """A webhook's URL leads where none may go."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL with the one address that its name stood for when it was checked.

    The request goes to that address: asked again, the name could stand for another.
    """

    url: httpx.URL
    host: str
    pinned: httpx.URL


def checked(url: str, *, private: bool) -> httpx.URL:
    """Return a webhook's URL, read. Raises ForbiddenDestinationError for what none may be."""
    try:
        read = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        message = f"the URL cannot be read: {error}"
        raise ForbiddenDestinationError(message) from error
    schemes = ("https", "http") if private else ("https",)
    if read.scheme not in schemes or not read.host:
        message = f"the URL has to begin with {' or '.join(one + '://' for one in schemes)}"
        raise ForbiddenDestinationError(message)
    if read.userinfo:
        message = "the URL holds a user or a password: leave them out, requests are signed"
        raise ForbiddenDestinationError(message)
    return read


async def resolved(url: str, *, private: bool) -> Destination:
    """Return where a webhook's request goes.

    Raises ForbiddenDestinationError for an address of this machine or network, unless `private`,
    and OSError where the name stands for nothing.
    """
    read = checked(url, private=private)
    port = read.port or _PORTS[read.scheme]
    found = await asyncio.get_running_loop().getaddrinfo(
        read.host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
    )
    addresses = [str(one[4][0]) for one in found]
    if not private:
        for address in addresses:
            if not is_public(address):
                message = (
                    f"{read.host} is {address}, an address of this machine or network: webhooks "
                    "go to public ones (WEBHOOK_PRIVATE_ADDRESSES=true allows others)"
                )
                raise ForbiddenDestinationError(message)
    return Destination(read, read.host, read.copy_with(host=addresses[0]))


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the internet's, however it is wrapped up."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and found in _TRANSLATED:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast


# RFC 6052: the last 32 bits are an IPv4 address.
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
