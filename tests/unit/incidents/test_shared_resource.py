"""Which resource a failing line names: in the forms in which drivers and pools write them.

The lines are as redaction leaves them: addresses are gone, names are not.
"""

import pytest

from vigil.incidents.joining.shared_resource import names_in
from vigil.logs.redaction import redact


@pytest.mark.parametrize(
    ("line", "name"),
    [
        pytest.param(
            'connection to server at "orders-db" (10.1.2.3), port 5432 failed: '
            "FATAL: sorry, too many clients already",
            "orders-db",
            id="PostgreSQL, libpq since 14",
        ),
        pytest.param(
            "could not connect to server: Connection refused Is the server running on host "
            '"orders-db" (10.1.2.3) and accepting TCP/IP connections on port 5432?',
            "orders-db",
            id="PostgreSQL, libpq before that",
        ),
        pytest.param(
            'could not translate host name "orders-db.internal" to address: Name not known',
            "orders-db.internal",
            id="PostgreSQL, a name that is not known",
        ),
        pytest.param(
            "(2003, \"Can't connect to MySQL server on 'orders-db:3306' (111)\")",
            "orders-db",
            id="MySQL",
        ),
        pytest.param(
            "ERROR 2003 (HY000): Can't connect to MySQL server on 'orders-db' (110)",
            "orders-db",
            id="MySQL without a port",
        ),
        pytest.param(
            "Failed to obtain JDBC Connection: jdbc:postgresql://orders-db/orders?user=app",
            "orders-db",
            id="JDBC",
        ),
        pytest.param("postgres://app:hunter2@orders-db/x is down", "orders-db", id="a URL"),
        pytest.param(
            "Error 111 connecting to carts-cache:6379. Connection refused.",
            "carts-cache",
            id="Redis, Python",
        ),
        pytest.param(
            "Unable to connect to carts-cache/<unresolved>:6379", "carts-cache", id="Redis, Lettuce"
        ),
        pytest.param(
            "JedisConnectionException: Failed connecting to host carts-cache:6379",
            "carts-cache",
            id="Redis, Jedis",
        ),
        pytest.param(
            "ServerSelectionTimeoutError: orders-mongo-0:27017: [Errno 111] Connection refused",
            "orders-mongo-0",
            id="MongoDB",
        ),
        pytest.param(
            "dial tcp: lookup orders-db on 10.109.68.100:53: no such host", "orders-db", id="Go"
        ),
        pytest.param(
            'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while '
            'dialing: dial tcp: lookup stock-db on 10.0.0.2:53: server misbehaving"',
            "stock-db",
            id="gRPC",
        ),
        pytest.param("Error: getaddrinfo ENOTFOUND orders-db", "orders-db", id="Node, no name"),
        pytest.param(
            "Error: getaddrinfo EAI_AGAIN orders-db:5432", "orders-db", id="Node, no answer"
        ),
    ],
)
def test_a_line_names_its_resource(line: str, name: str) -> None:
    assert names_in(redact(line)) == {name}


@pytest.mark.parametrize(
    "line",
    [
        "HikariPool-1 - Connection is not available, request timed out after 30000ms",
        "Timeout acquiring from pool HikariPool-1",
        'Exception in thread "pool-1-thread-15": no connection',
        "Could not get a resource from the pool",
        "FATAL: remaining connection slots are reserved for roles with the SUPERUSER attribute",
        "Communications link failure. The last packet sent successfully was 0 milliseconds ago",
        "Lost connection to MySQL server during query",
        "Error: connect ECONNREFUSED 127.0.0.1:5432",
        "dial tcp 10.0.0.9:5432: connect: connection refused",
        "dial tcp [::1]:4245: connect: connection refused",
        "could not connect to localhost:5432",
        "database is locked",
        "rpc error: code = Unavailable desc = connection error: desc = http2: frame too large",
    ],
)
def test_what_everybody_has_is_no_name_of_a_resource(line: str) -> None:
    assert names_in(redact(line)) == set()
    assert names_in(line) == set()
