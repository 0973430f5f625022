import re
from html.parser import HTMLParser

import pytest

from tests.backtests import DAWN, SHOP, result, run, spell
from vigil.detection.reading import ERROR_RATE, LATENCY_MS, REQUESTS, Reading
from vigil.local.backtest.line_chart import MOST_DRAWN, amount, line_of
from vigil.local.backtest.marks import MOST_LISTED
from vigil.local.backtest.markup import element
from vigil.local.backtest.report import MOST_CHARTS, QUIET_CHARTS, as_html
from vigil.local.backtest.time_axis import TimeAxis
from vigil.local.backtest.traces import Trace
from vigil.model.anomaly import AnomalyType
from vigil.model.series import Series
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=http://evil.example/ onerror=alert(1)>',
    "'--></style></svg><iframe>",
    "&lt;script&gt; &#60;b&#62;",
)
START = int(DAWN.timestamp())


class Parsed(HTMLParser):
    """The elements of a page, with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def of_class(self, name: str) -> list[dict[str, str | None]]:
        return [
            attributes
            for _, attributes in self.elements
            if name in (attributes.get("class") or "").split()
        ]


def report(*runs: object, names: tuple[str, ...] = ("a.json",)) -> Parsed:
    # Each test hands in runs.
    page = Parsed(as_html(result(*runs), names, 2.0))  # type: ignore[arg-type]
    assert page.open == []
    return page


def test_every_finding_is_marked_in_a_chart_and_listed_below_it() -> None:
    page = report(run([spell(1), spell(5, 6, severity=Severity.CRITICAL)]))

    marked = [mark["href"] for mark in page.of_class("mark")]
    listed = [attributes.get("id") for tag, attributes in page.elements if tag == "tr"]
    assert marked == ["#f1", "#f2"]
    assert {"f1", "f2"} <= set(listed)
    assert len(page.of_class("ring")) == 2
    assert "error rate 25.0% (50 of 200), usually 1.1%" in page.text


@pytest.mark.parametrize("text", HOSTILE)
def test_d16_whatever_was_logged_is_text(text: str) -> None:
    series = Series(text, text)
    found = spell(2, series=series, description=text, example=text)
    harmless = report(run([spell(2)]), run([spell(3)]), names=("harmless",))

    page = report(
        run([found], series=[series, Series(text)]), run([found], series=[series]), names=(text,)
    )

    assert {tag for tag, _ in page.elements} <= {tag for tag, _ in harmless.elements}
    attributes = {name for _, each in page.elements for name in each}
    assert attributes <= {name for _, each in harmless.elements for name in each}
    assert text in page.text


def test_d17_what_was_logged_turns_no_line_round() -> None:
    found = spell(2, description="safe \u202egnp.exe \x1b[31mred\x07", example="a\nb")

    text = "".join(report(run([found])).text)

    assert "safe gnp.exe red" in text
    assert "a b" in text
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", text)


def test_the_page_asks_for_nothing_and_runs_nothing() -> None:
    page = report(run([spell(1)]))

    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in page.elements}
    targets = [each.get("href") or "#" for _, each in page.elements]
    assert all(target.startswith("#") for target in targets)
    assert not [each for _, each in page.elements if each.keys() & {"style", "src", "onclick"}]
    assert "url(" not in "".join(page.text)
    [policy] = [each["content"] for _, each in page.elements if "http-equiv" in each]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_every_way_within_the_page_leads_somewhere() -> None:
    page = report(run([spell(1), spell(4, series=Series("shop"))], series=[SHOP, Series("shop")]))

    places = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    assert {(mark["href"] or "")[1:] for mark in page.of_class("mark")} <= places
    links = [each["href"] for tag, each in page.elements if tag == "a"]
    assert {(link or "")[1:] for link in links} <= places


def test_series_with_findings_come_first_and_then_some_without() -> None:
    many = [Series(f"calm-{number:02}") for number in range(20)]
    found = [spell(1, series=many[9]), spell(5, series=many[9]), spell(1, series=many[5])]

    page = report(run(found, series=many))

    headings = re.findall(r"calm-\d\d(?= \n?)", " ".join(page.text).partition("Series, those")[2])
    assert headings[:2] == ["calm-09", "calm-05"]
    assert len(page.of_class("series")) == 2 + QUIET_CHARTS
    assert "12 more series are not shown, none of them with findings." in page.text


def test_however_much_was_found_the_page_stays_small_and_says_what_it_leaves_out() -> None:
    many = [Series("s" * 200, f"GET /{number}") for number in range(60)]
    found = [
        spell(minute, series=series, description="d" * 5000, example="e" * 5000)
        for series in many
        for minute in range(0, 400, 5)
    ]

    whole = as_html(result(run(found, series=many, minutes=400)), ["a"], 1.0)
    page = Parsed(whole)

    assert len(whole) < 5_000_000
    assert len(page.of_class("series")) == MOST_CHARTS
    assert f"{80 - MOST_LISTED} more findings are not listed; --json lists them." in page.text
    assert "20 more series are not shown, 20 of them with findings." in page.text


def test_two_configurations_are_told_apart() -> None:
    strict = Thresholds(error_rate=0.05)

    page = report(run([spell(1), spell(5)]), run([spell(1), spell(8)], thresholds=strict))

    assert {mark["class"] for mark in page.of_class("mark")} == {
        "mark both",
        "mark only_a",
        "mark only_b",
    }
    assert "error_rate 0.05" in page.text


@pytest.mark.parametrize(
    "nothing",
    [
        pytest.param([run()], id="no findings"),
        pytest.param([run(minutes=0)], id="no entries"),
        pytest.param([run(), run()], id="two without findings"),
        pytest.param([run([spell(1)], minutes=0)], id="a finding without readings"),
    ],
)
def test_where_there_is_nothing_there_is_a_page(nothing: list[object]) -> None:
    assert "Backtest" in report(*nothing).text


def trace(metric: str, starts: list[int], value: float = 1.0) -> Trace:
    made = Trace()
    for at in starts:
        made.add(Reading(SHOP, at, metric, value), 2000)
    return made


def test_a_gap_in_the_log_is_a_gap_in_the_line() -> None:
    starts = [START, START + 60, START + 600, START + 660]

    for metric in (REQUESTS, LATENCY_MS):
        line = line_of(metric, trace(metric, starts), 60, starts)
        assert [len(piece) for piece in line.pieces] == [2, 2]


def test_a_series_that_is_silent_while_others_are_not_has_no_requests() -> None:
    heard = [START + 60 * minute for minute in range(20)]
    starts = [*heard[:5], *heard[15:18]]

    [piece] = line_of(REQUESTS, trace(REQUESTS, starts), 60, heard).pieces

    zeros = [point.start - 30 for point in piece if point.value == 0]
    assert zeros == [heard[5], heard[14], heard[18], heard[19]]
    assert len(line_of(LATENCY_MS, trace(LATENCY_MS, starts), 60, heard).pieces) == 2


def test_a_long_line_is_drawn_by_few_points() -> None:
    starts = [START + 60 * minute for minute in range(10_000)]

    line = line_of(REQUESTS, trace(REQUESTS, starts), 60, starts)

    assert len(line.pieces) == 1
    assert len(line.points) <= MOST_DRAWN
    assert {point.value for point in line.points} == {1.0}


@pytest.mark.parametrize(
    ("metric", "value", "top"),
    [
        pytest.param(REQUESTS, 0.0, 4.0, id="nothing came"),
        pytest.param(REQUESTS, 90.0, 200.0, id="with room above"),
        pytest.param(ERROR_RATE, 1.0, 1.0, id="no more than all can fail"),
        pytest.param(LATENCY_MS, 1e9, 2e9, id="a great number"),
        pytest.param(LATENCY_MS, 1e-9, 1.0, id="a small one"),
    ],
)
def test_a_scale_ends_at_a_round_number(metric: str, value: float, top: float) -> None:
    assert line_of(metric, trace(metric, [START], value), 60, [START]).top == top


@pytest.mark.parametrize("span", [1, 59, 600, 3600, 86_400, 3 * 86_400, 90 * 86_400, 9000 * 86_400])
def test_a_time_axis_has_some_labels_and_not_too_many(span: int) -> None:
    ticks = TimeAxis(START, START + span, 0, 1000).ticks()

    assert 1 <= len(ticks) <= 10
    assert all(START <= at <= START + span for at, _ in ticks)


def test_amounts_have_their_units() -> None:
    assert [amount(LATENCY_MS, ms) for ms in (0.25, 12, 999, 1000, 12_500)] == [
        "0.25 ms",
        "12 ms",
        "999 ms",
        "1 s",
        "12.5 s",
    ]


def test_markup_inside_is_kept_and_text_is_escaped() -> None:
    assert element("p", element("b", "<i>"), " & ") == "<p><b>&lt;i&gt;</b> &amp; </p>"
    assert element("a", href='" onclick="x') == '<a href="&quot; onclick=&quot;x"></a>'


def test_a_silence_is_marked_where_nothing_came() -> None:
    silent = spell(6, 9, anomaly_type=AnomalyType.PERFORMANCE_DEGRADATION)
    page = report(run([silent]))

    assert len(page.of_class("mark")) == 1
