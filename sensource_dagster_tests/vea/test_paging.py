from __future__ import annotations

from typing import Any

import pytest

from sensource_dagster.vea.paging import missing_rows, unknown_keys


@pytest.mark.parametrize(
    ("beside", "said"),
    [
        ({"total": 5000}, "'total' is 5000"),
        ({"total_count": 3}, "'total_count' is 3"),
        ({"total": "5000"}, "'total' is '5000'"),
        ({"@odata.count": 3}, "'@odata.count' is 3"),
        ({"next": "/api/zone?page=2"}, "'next' is '/api/zone?page=2'"),
        ({"hasMore": True}, "'hasMore' is True"),
        ({"nextPageToken": "abc"}, "'nextPageToken' is 'abc'"),
        ({"partial": "true"}, "'partial' is 'true'"),
        ({"complete": False}, "'complete' is False"),
        ({"totalPages": 2}, "'totalPages' is 2"),
        ({"meta": {"page": {"totalElements": 9}}}, "'meta.page.totalElements' is 9"),
        ({"_links": {"next": {"href": "/2"}}}, "'_links.next' is {'href': '/2'}"),
        ({"links": [{"rel": "self"}, {"rel": "next", "href": "/2"}]}, "'links.rel' is 'next'"),
    ],
)
def test_a_key_that_says_that_rows_are_missing_is_named_with_its_value(beside: dict[str, Any], said: str) -> None:
    assert missing_rows({"results": [], "messages": [], **beside}, {}, 2) == said


@pytest.mark.parametrize(
    "beside",
    [
        {},
        {"total": 2, "count": 2, "next": None, "previous": "/1"},
        {"count": 1},  # of a page, perhaps
        {"total": "many", "next": ""},
        {"total": True, "hasMore": False, "partial": "false", "complete": True, "totalPages": 1},
        {"meta": {"next": None}, "links": [{"rel": "self"}]},
        {"summary": {"total": 5000}},  # of people
    ],
)
def test_all_rows_are_there_if_no_key_says_otherwise(beside: dict[str, Any]) -> None:
    assert missing_rows({"results": [], **beside}, {}, 2) is None


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Total-Count", "3"),
        ("x-total-count", " 3 "),
        ("X-Total", "5000"),
        ("X-WP-Total", "3"),
        ("X-WP-TotalPages", "2"),
        ("Total-Count", "3"),
        ("X-Total-Pages", "2"),
        ("X-Next-Page", "2"),
        ("X-Has-More", "true"),
        ("X-Truncated", "1"),
        ("Content-Range", "rows 0-1/3"),
        ("X-Pagination", '{"TotalCount": 3, "PageSize": 2}'),
        ("X-Pagination", '{"page": {"hasNext": true}}'),
    ],
)
def test_a_header_that_says_that_rows_are_missing_is_named_with_its_value(header: str, value: str) -> None:
    assert missing_rows({}, {"Date": "now", header: value}, 2) == f"its header {header} is {value!r}"


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Total-Count", "2"),
        ("X-Total-Count", "many"),
        ("X-Total-Pages", "1"),
        ("X-Next-Page", ""),
        ("X-Has-More", "False"),
        ("X-Truncated", "0"),
        ("Content-Range", "rows 0-1/2"),
        ("Content-Range", "rows 0-1/*"),
        ("Content-Length", "5000"),
        ("X-RateLimit-Limit", "5000"),
        ("X-Pagination", '{"TotalCount": 2, "TotalPages": 1}'),
        ("X-Pagination", "[3]"),
    ],
)
def test_all_rows_are_there_if_no_header_says_otherwise(header: str, value: str) -> None:
    assert missing_rows({}, {header: value}, 2) is None


def test_a_key_is_unknown_if_neither_rows_nor_messages_nor_pages_have_its_name() -> None:
    response = {"results": [], "messages": [], "total": 2, "next": None, "meta": {}, "generatedBy": "v9"}
    assert unknown_keys(response) == ["meta", "generatedBy"]
