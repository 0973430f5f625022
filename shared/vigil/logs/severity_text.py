"""The severity of an entry, from the many ways in which it is written (FAULTS A13)."""

import re

from vigil.logs.fields import Fields, whole_of
from vigil.model.log_severity import LogSeverity

_SPELLINGS: dict[LogSeverity, tuple[str, ...]] = {
    LogSeverity.DEFAULT: ("DEFAULT",),
    LogSeverity.DEBUG: ("DEBUG", "TRACE", "VERBOSE", "FINE", "FINER", "FINEST", "DBG", "D"),
    LogSeverity.INFO: ("INFO", "INFORMATION", "INFORMATIONAL", "INF", "I"),
    LogSeverity.NOTICE: ("NOTICE",),
    LogSeverity.WARNING: ("WARNING", "WARN", "WRN", "W"),
    LogSeverity.ERROR: ("ERROR", "ERR", "SEVERE", "E"),
    LogSeverity.CRITICAL: ("CRITICAL", "CRIT", "FATAL", "F"),
    LogSeverity.ALERT: ("ALERT",),
    LogSeverity.EMERGENCY: ("EMERGENCY", "EMERG", "PANIC"),
}
_BY_NAME = {
    spelling: severity
    for severity, names in _SPELLINGS.items()
    for name in names
    for spelling in (name, name.lower(), name.capitalize())
}
_LEVEL_FIELDS = (
    "level",
    "levelname",
    "severity_text",
    "SeverityText",
    "severity",
    "log.level",
    "lvl",
)
# pino and bunyan number their levels 10, 20 .. 60.
_PINO = (
    LogSeverity.DEBUG,
    LogSeverity.DEBUG,
    LogSeverity.INFO,
    LogSeverity.WARNING,
    LogSeverity.ERROR,
    LogSeverity.CRITICAL,
)
# OpenTelemetry gives each of trace, debug, info, warn, error and fatal four numbers, from 1 to 24.
_OTEL_LAST = 24
_WORDING_REACH = 200
_WORDING = re.compile(
    r"\b(?P<upper>EMERGENCY|PANIC|ALERT|CRITICAL|FATAL|SEVERE|ERROR|WARN(?:ING)?|NOTICE|INFO|DEBUG)\b"
    r"|\b(?:level|lvl|severity)[=:]\s?[\"']?(?P<keyed>[A-Za-z]{1,13})\b"
    r"|^\W{0,3}(?P<leading>[A-Za-z]{1,13})(?:\]|:\s)"
    r"|^(?P<klog>[IWEF])[0-9]{4}\s"
    r"|(?P<raised>^Traceback \(most|\b[A-Za-z]+(?:Exception|Error):|^[\w.$]+Exception\b)",
    re.ASCII,
)


def severity_named(value: object) -> LogSeverity:
    """Return the severity of a name (in any case) or a Cloud Logging number, DEFAULT if none.

    >>> severity_named("warn").name, severity_named(500).name, severity_named("450").name
    ('WARNING', 'ERROR', 'WARNING')
    """
    if isinstance(value, str):
        known = _BY_NAME.get(value)
        if known is None:
            known = _BY_NAME.get(value.strip().upper())
        if known is not None:
            return known
    number = whole_of(value)
    if number is None or number < LogSeverity.DEBUG:
        return LogSeverity.DEFAULT
    return LogSeverity(min(number // 100 * 100, LogSeverity.EMERGENCY))


def severity_of(fields: Fields, payload: Fields, message: str) -> tuple[LogSeverity, bool]:
    """Return the entry's severity, and whether it was inferred because the entry claims none."""
    severity = severity_named(fields.get("severity"))
    if severity:
        return severity, False
    inferred = _payload_severity(payload) or worded_severity(message)
    return inferred, inferred is not LogSeverity.DEFAULT


def worded_severity(message: str) -> LogSeverity:
    """Return the level that the beginning of a message speaks of, DEFAULT if it speaks of none.

    A level in capitals counts wherever it stands in the first 200 characters, in small letters only
    as a key's value or as the first word, since "no error was found" is no error.

    >>> worded_severity("2024-05-01 12:00:00 ERROR payment refused").name
    'ERROR'
    >>> worded_severity("no error was found").name
    'DEFAULT'
    """
    for match in _WORDING.finditer(message, 0, _WORDING_REACH):
        if match["raised"]:
            return LogSeverity.ERROR
        word = match["upper"] or match["keyed"] or match["leading"] or match["klog"]
        severity = _BY_NAME.get(word.upper(), LogSeverity.DEFAULT)
        if severity:
            return severity
    return LogSeverity.DEFAULT


def _payload_severity(payload: Fields) -> LogSeverity:
    for name in _LEVEL_FIELDS if payload else ():
        severity = severity_named(payload.get(name)) or _pino_severity(payload.get(name))
        if severity:
            return severity
    return _otel_severity(payload.get("SeverityNumber") or payload.get("severity_number"))


def _pino_severity(value: object) -> LogSeverity:
    tens, rest = divmod(value, 10) if type(value) is int else (0, 0)
    return _PINO[tens - 1] if 1 <= tens <= len(_PINO) and not rest else LogSeverity.DEFAULT


def _otel_severity(value: object) -> LogSeverity:
    number = whole_of(value) or 0
    return _PINO[(number - 1) // 4] if 1 <= number <= _OTEL_LAST else LogSeverity.DEFAULT
