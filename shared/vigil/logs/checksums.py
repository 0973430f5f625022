"""What tells a card number, an IBAN or a random key from any other string of that shape."""

import math
from collections import Counter
from itertools import pairwise

_IBAN_LENGTHS = (15, 34)
_DASHES_OF_A_NAME = 3
_RANDOM_CHANGES = 0.42
_RANDOM_ENTROPY = 3.9
# ISO/IEC 7812: first and last issuer prefix of a network, and the lengths of its numbers.
_ISSUERS: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    ("4", "4", (13, 16, 19)),
    ("51", "55", (16,)),
    ("2221", "2720", (16,)),
    ("34", "34", (15,)),
    ("37", "37", (15,)),
    ("6011", "6011", (16, 19)),
    ("644", "659", (16, 19)),
    ("3528", "3589", (16,)),
    ("300", "305", (14,)),
    ("36", "36", (14,)),
    ("38", "39", (14,)),
    ("2131", "2131", (15,)),
    ("1800", "1800", (15,)),
    ("62", "62", (16, 17, 18, 19)),
    ("50", "50", tuple(range(12, 20))),
    ("56", "59", tuple(range(12, 20))),
    ("63", "63", tuple(range(12, 20))),
    ("67", "67", tuple(range(12, 20))),
)


def is_card_number(digits: str) -> bool:
    """Whether `digits` have the prefix and length of a card network, and Luhn's checksum.

    >>> is_card_number("4111111111111111"), is_card_number("4111111111111112")
    (True, False)
    """
    return _luhn(digits) and any(
        len(digits) in lengths and first <= digits[: len(first)] <= last
        for first, last, lengths in _ISSUERS
    )


def is_iban(text: str) -> bool:
    """Whether `text`, spaces aside, has an IBAN's checksum (ISO 13616: the number modulo 97 is 1).

    >>> is_iban("DE89 3704 0044 0532 0130 00"), is_iban("DE89 3704 0044 0532 0130 01")
    (True, False)
    """
    compact = text.replace(" ", "")
    shortest, longest = _IBAN_LENGTHS
    if not shortest <= len(compact) <= longest:
        return False
    return int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1


def looks_random(word: str) -> bool:
    """Whether a word of mixed case with digits is as irregular as a generated key.

    In names of many words the kind of character changes twice a word, in random ones at three of
    five characters; a path or a name with dashes is none.

    >>> looks_random("aB3dE5fG7hI9jK1lM3nO"), looks_random("CheckoutServiceImplementation2")
    (True, False)
    """
    if "/" in word or max(word.count("-"), word.count("_")) >= _DASHES_OF_A_NAME:
        return False
    if word == word.lower() or word == word.upper() or not any(c.isdigit() for c in word):
        return False
    kinds = [(c.isdigit(), c.isupper()) for c in word]
    changes = sum(first != second for first, second in pairwise(kinds))
    return changes >= _RANDOM_CHANGES * len(word) and _entropy(word) >= _RANDOM_ENTROPY


def _entropy(text: str) -> float:
    """Return Shannon's entropy of the characters of `text`, in bits a character."""
    shares = [count / len(text) for count in Counter(text).values()]
    return sum(share * math.log2(1 / share) for share in shares)


def _luhn(digits: str) -> bool:
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(int(digit) for digit in digits[::-2])) % 10 == 0
