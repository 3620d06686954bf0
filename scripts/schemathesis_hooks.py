"""Bodies that Schemathesis does not know how to write: rows of JSON, and files."""

import schemathesis


def raw(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


schemathesis.serializer("application/x-ndjson", "application/jsonl", "text/csv")(raw)
