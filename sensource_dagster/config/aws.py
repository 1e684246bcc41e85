"""What AWS's own variables say about an S3 store, for a lake whose files are there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

NO_KEYS = "its files are in S3, but AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set"


def s3_secret(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The parameters of DuckDB's `CREATE SECRET (TYPE s3, …)`. Empty without keys.

    AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL names a store that is not Amazon's. Such a store has its buckets in the
    path of a URL.
    """
    given = os.environ if environment is None else environment
    key, secret = given.get("AWS_ACCESS_KEY_ID"), given.get("AWS_SECRET_ACCESS_KEY")
    if not key or not secret:
        return {}
    region = given.get("AWS_REGION") or given.get("AWS_DEFAULT_REGION") or "us-east-1"
    parameters = {"KEY_ID": key, "SECRET": secret, "REGION": region}
    if token := given.get("AWS_SESSION_TOKEN"):
        parameters["SESSION_TOKEN"] = token
    if url := given.get("AWS_ENDPOINT_URL_S3") or given.get("AWS_ENDPOINT_URL"):
        parts = urlsplit(url)
        parameters |= {"ENDPOINT": parts.netloc + parts.path.rstrip("/"), "URL_STYLE": "path"}
        parameters["USE_SSL"] = "false" if parts.scheme == "http" else "true"
    return parameters
