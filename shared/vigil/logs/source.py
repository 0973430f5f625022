"""Who sent a request or an attempt that was refused, as a pseudonym."""

import re
from datetime import datetime
from hashlib import blake2b
from ipaddress import IPv6Address, IPv6Network

from vigil.logs.fields import Fields, first_text, object_at

# The statuses of HTTP by which somebody is kept out.
DENIED = frozenset({401, 403})
# 24 bits, as 6 hexadecimal digits.
_DIGEST_BYTES = 3
_LABEL = b"vigil source 1"
# A line says early on whom it refuses.
_REACH = 300
_TEXT_LIMIT = 200
# One customer of a provider has a whole /64.
_CUSTOMER_BITS = 64
# Of an IPv6 address that is written in full.
_COLONS = 7
# Every quantifier is bounded, and none can be tried twice on the same characters (FAULTS D26). What
# comes before is looked at after the first digit: a search for digits is quick.
_IPV4 = re.compile(
    r"[0-9](?<![\w.:-][0-9])[0-9]{0,2}(?:\.[0-9]{1,3}){3}(?!\.?\w)",
    re.ASCII,
)
_IPV6 = re.compile(r"(?<![\w.:-])[0-9a-fA-F:]{2,39}(?!\.?[\w:])", re.ASCII)
_PAYLOAD_ADDRESSES = (
    *("remote_addr", "remoteAddr", "remote_ip", "remoteIp", "client_ip", "clientIp", "ip"),
    *("client.address", "source.address", "http.client_ip", "net.peer.ip"),
)
_PAYLOAD_USERS = ("user_id", "userId", "user", "username", "enduser.id", "user.id")


def sender_of(fields: Fields, payload: Fields, message: str) -> str:
    """Return who sent an entry, as it stands there; "" if it does not say.

    It is the address of the request or of its payload, else the first address in the message, else
    the caller of an audit entry, else the user whom the payload names. Of an IPv6 address the first
    64 bits count. It is not to be kept: see `pseudonym_of`.

    >>> sender_of({}, {"user_id": 17}, "Failed password for root from 203.0.113.7 port 4711")
    '203.0.113.7'
    """
    return (
        _address(first_text(object_at(fields, "httpRequest"), ("remoteIp",), _TEXT_LIMIT))
        or _address(first_text(payload, _PAYLOAD_ADDRESSES, _TEXT_LIMIT))
        or _address_in(message)
        or _audit_source(object_at(fields, "protoPayload"))
        or _user_of(payload)
    )


def pseudonym_of(sender: str, project_id: str, occurred_at: datetime) -> str | None:
    """Return the pseudonym of a sender, 6 hexadecimal digits; None of nobody.

    It is a hash of project, UTC day and sender, cut to 24 bits: so addresses and names stay out of
    what is stored and shown, and nobody can be followed from one day or project to another. It is
    no secret: who knows the project can hash all addresses of IPv4, or a list of names, and
    compare. Of IPv4 about 256 addresses share each pseudonym, so that it points at a crowd; a name
    from a short list is found out. So it is kept in open windows and, of users, in samples for some
    hours, and told in a finding or an incident, and nowhere else. Two senders of one window share
    one by a chance of 1 in 16 million.
    """
    if not sender:
        return None
    text = f"{len(project_id)}:{project_id}{occurred_at.toordinal()}:{sender}"
    return blake2b(_LABEL + text.encode("utf-8", "replace"), digest_size=_DIGEST_BYTES).hexdigest()


def _audit_source(proto: Fields) -> str:
    if not proto:
        return ""
    caller = _address(first_text(object_at(proto, "requestMetadata"), ("callerIp",), _TEXT_LIMIT))
    return caller or first_text(
        object_at(proto, "authenticationInfo"), ("principalEmail",), _TEXT_LIMIT
    )


def _user_of(payload: Fields) -> str:
    named = [payload[name] for name in _PAYLOAD_USERS if name in payload]
    return next(
        (str(user)[:_TEXT_LIMIT] for user in named if user and type(user) in (str, int)), ""
    )


def _address_in(message: str) -> str:
    start = message[:_REACH]
    if found := _IPV4.search(start):
        return found[0]
    if "::" in start or start.count(":") >= _COLONS:
        return next((each for word in _IPV6.findall(start) if (each := _customer(word))), "")
    return ""


def _address(text: str) -> str:
    """Return what counts as one source of an address, "" for what is none."""
    return text if _IPV4.fullmatch(text) else _customer(text)


def _customer(text: str) -> str:
    """Return the network of an IPv6 address that one customer has, "" for what is none."""
    # Times and words are no addresses, and asking costs ten times as much as looking.
    if "::" not in text and text.count(":") != _COLONS:
        return ""
    try:
        address = IPv6Address(text)
    except ValueError:
        return ""
    mapped = address.ipv4_mapped
    return str(mapped or IPv6Network((address.packed, _CUSTOMER_BITS), strict=False))
