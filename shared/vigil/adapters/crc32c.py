"""CRC32C, the checksum by which Google's services vouch for what they hand out."""

# Castagnoli's polynomial, its bits reversed (RFC 3720, appendix B.4).
_POLYNOMIAL = 0x82F63B78
_ALL_ONES = 0xFFFFFFFF


def crc32c(content: bytes) -> int:
    """Return the CRC32C of `content`, some microseconds a byte: for what is as small as a secret.

    The example is the check value of the algorithm.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    crc = _ALL_ONES
    for byte in content:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ _ALL_ONES


def _remainder(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ (_POLYNOMIAL if byte & 1 else 0)
    return byte


_TABLE = tuple(_remainder(byte) for byte in range(256))
