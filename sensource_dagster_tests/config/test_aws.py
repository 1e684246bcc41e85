"""AWS's variables become the parameters of DuckDB's secret."""

from __future__ import annotations

from sensource_dagster.config.aws import s3_secret

KEYS = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "tiger"}


def test_without_both_keys_there_is_no_secret() -> None:
    assert s3_secret({}) == {}
    assert s3_secret({"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": ""}) == {}


def test_amazon_needs_keys_and_a_region() -> None:
    assert s3_secret({**KEYS, "AWS_DEFAULT_REGION": "eu-west-1", "AWS_SESSION_TOKEN": "t"}) == {
        "KEY_ID": "AKIA",
        "SECRET": "tiger",
        "REGION": "eu-west-1",
        "SESSION_TOKEN": "t",
    }


def test_another_store_is_named_by_its_url() -> None:
    found = s3_secret(
        {**KEYS, "AWS_ENDPOINT_URL": "https://a.example", "AWS_ENDPOINT_URL_S3": "http://s3.example:9000/"}
    )
    assert (found["ENDPOINT"], found["USE_SSL"], found["URL_STYLE"]) == ("s3.example:9000", "false", "path")
    assert s3_secret({**KEYS, "AWS_ENDPOINT_URL": "https://a.example"})["USE_SSL"] == "true"
