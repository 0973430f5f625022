"""Tokens of a Google of our own: its keys, its certificates, and what it signs."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from tests.builders import NOON
from tests.http_recorder import Reply

AUDIENCE = "https://detect-anomalies.example"
ACCOUNT = "pusher@shop-project.iam.gserviceaccount.com"
# What Cloud Run puts in the place of a signature that it has verified.
REMOVED = "SIGNATURE_REMOVED_BY_GOOGLE"


@cache
def key(name: str) -> RSAPrivateKey:
    """Return the private key of this name."""
    return generate_private_key(65537, 2048)


@cache
def certificate(name: str) -> str:
    """Return the certificate of the key of this name, as text."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    ends_at = NOON + timedelta(days=36_500)
    builder = x509.CertificateBuilder(subject, subject, key(name).public_key(), 1, NOON, ends_at)
    return builder.sign(key(name), SHA256()).public_bytes(Encoding.PEM).decode()


def certificates(*names: str, max_age: int | None = None) -> Reply:
    """Return the answer with the certificates of these keys."""
    headers = (
        {} if max_age is None else {"Cache-Control": f"public, max-age={max_age}, no-transform"}
    )
    return Reply(headers=headers, body=json.dumps({n: certificate(n) for n in names}).encode())


def claims(at: datetime = NOON, /, **changes: object) -> dict[str, object]:
    """Return what the token of a good push says at an instant, with `changes`; None leaves out."""
    said = {
        "iss": "https://accounts.google.com",
        "aud": AUDIENCE,
        "azp": "1234",
        "sub": "1234",
        "email": ACCOUNT,
        "email_verified": True,
        "iat": int(at.timestamp()) - 60,
        "exp": int(at.timestamp()) + 3540,
    }
    return {name: value for name, value in (said | changes).items() if value is not None}


def signed(said: Mapping[str, object], *, by: str = "first", kid: str | None = "") -> str:
    """Return the token that a key signs; it names the key itself unless `kid` says otherwise."""
    headers = {} if kid is None else {"kid": kid or by}
    return jwt.encode(dict(said), key(by), "RS256", headers)


def unsigned(said: object, signature: str = REMOVED) -> str:
    """Return a token with anything in the place of its signature."""
    return f"{part({'alg': 'RS256', 'kid': 'first', 'typ': 'JWT'})}.{part(said)}.{signature}"


def part(value: object) -> str:
    """Return a part of a token."""
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
