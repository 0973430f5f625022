"""An endpoint is the same for every request to it, whatever ids the address holds."""

import pytest

from vigil.logs.endpoint import endpoint_of, masked_endpoint


@pytest.mark.parametrize(
    ("url", "path"),
    [
        pytest.param("/orders/42", "/orders/{id}", id="number"),
        pytest.param(
            "/o/8a533bf9-bd12-4608-a8eb-606890982448/x", "/o/{id}/x", id="uuid in the middle"
        ),
        pytest.param("/o/9F4EF63A", "/o/{id}", id="hexadecimal"),
        pytest.param("/o/deadbeef", "/o/deadbeef", id="a word of hexadecimal letters"),
        pytest.param("/t/eyJhbGciOiJIUzI1NiJ9", "/t/{id}", id="token"),
        pytest.param("/t/dQw4w9WgXcQ", "/t/{id}", id="short token of mixed case"),
        pytest.param("/t/" + "x" * 65, "/t/{id}", id="over-long word"),
        pytest.param("/trips/Z1234", "/trips/{id}", id="letter and number"),
        pytest.param("/orders/ord-20240001/items", "/orders/{id}/items", id="prefix and number"),
        pytest.param("/days/2024-05-01", "/days/{id}", id="date"),
        pytest.param("/hosts/10.0.0.1", "/hosts/{id}", id="address of a host"),
        pytest.param("/users/jo@example.com", "/users/{id}", id="e-mail"),
        pytest.param("/users/jo%40example.com", "/users/{id}", id="encoded e-mail"),
        pytest.param("/api/v1/oauth2/token", "/api/v1/oauth2/token", id="versions stay"),
        pytest.param("/1.0/users", "/1.0/users", id="dotted version stays"),
        pytest.param("/ts-station-food-service/x", "/ts-station-food-service/x", id="names stay"),
        pytest.param("/orders/{orderId}/:item/<n>", "/orders/{orderId}/:item/<n>", id="templates"),
        pytest.param("https://shop.example:8443/pay?id=7#top", "/pay", id="host and query"),
        pytest.param("https://shop.example", "/", id="host only"),
        pytest.param("/r?to=http://x/1", "/r", id="address in the query"),
        pytest.param("/a;jsessionid=1F/b", "/a/b", id="path parameter"),
        pytest.param("//a///b/", "/a/b", id="slashes"),
        pytest.param("/", "/", id="root"),
        pytest.param("/é/ü", "/é/ü", id="not ascii"),
    ],
)
def test_ids_are_masked_and_names_stay(url: str, path: str) -> None:
    assert masked_endpoint("GET", url) == f"GET {path}"


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        pytest.param("post", "POST /a", id="small letters"),
        pytest.param("", "/a", id="none"),
        pytest.param("GET /etc\n", "/a", id="no method"),
        pytest.param("X" * 1000, "/a", id="too long"),
    ],
)
def test_the_method_is_one_word_or_nothing(method: str, expected: str) -> None:
    assert masked_endpoint(method, "/a") == expected


def test_a09_a_hostile_address_gives_a_bounded_endpoint() -> None:
    assert len(masked_endpoint("GET", "/a-b" * 100_000)) == 200


def test_g4_no_part_of_a_secret_is_left_at_the_end_of_an_endpoint() -> None:
    for length in range(160, 200):
        path = ("/words" * 40)[:length]
        assert "ghp" not in masked_endpoint("GET", f"{path}/x:ghp_{'CaNaRy' * 6}")


def test_g4_a_segment_that_is_cut_in_two_is_an_id() -> None:
    half = "o" * 20 + "-half-a-secret" * 9
    assert "half" not in masked_endpoint("GET", f"{('/' + '1' * 126) * 32}/{half}"[:9000])


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        pytest.param({"endpoint": "payment"}, "payment", id="a name"),
        pytest.param({"endpoint": "POST /pay/17"}, "POST /pay/{id}", id="method and path"),
        pytest.param({"route": "/pay/17", "method": "post"}, "POST /pay/{id}", id="method beside"),
        pytest.param({"http.route": "/pay/{orderId}"}, "/pay/{orderId}", id="template"),
        pytest.param({"endpoint": "", "route": "/pay"}, "/pay", id="empty is none"),
        pytest.param({"endpoint": ["/pay"]}, "", id="not text"),
        pytest.param({}, "", id="none"),
    ],
)
def test_without_a_request_the_payload_names_the_endpoint(
    payload: dict[str, object], expected: str
) -> None:
    assert endpoint_of({}, payload) == expected


def test_the_request_wins_over_the_payload() -> None:
    assert endpoint_of({"requestUrl": "/a", "requestMethod": 5}, {"endpoint": "b"}) == "/a"
