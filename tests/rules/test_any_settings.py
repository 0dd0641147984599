"""Whatever stands in the environment: settings, or every fault of it by name."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from postcards import config
from postcards.errors import Invalid

NAMES = (
    *(
        "HOME",
        "DATABASE_URL",
        "BROKER_URL",
        "STORAGE_URL",
        "STORAGE_ENDPOINT",
        "STORAGE_KEY_ID",
        "STORAGE_SECRET",
    ),
    *("PUBLIC_URL", "SMTP_URL", "MAIL_FROM", "SECRET_KEY", "MASTER_KEY", "KEYS_FILE", "WEB_WORKERS"),
    *("TRUSTED_PROXIES", "SECOND_FACTOR", "EXPECT_BEAT", "METRICS_TOKEN", "LOG_LEVEL"),
    *("PRINT_PART_SHEETS", "PREFLIGHT_EVERY", "SECRET_KEY_FILE", "MASTER_KEY_FILE", "NOBODY_KNOWS"),
)
#: What an environment variable can hold: anything but NUL.
VALUE = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)
NEARLY = st.sampled_from(
    ["http://[", "²", "٣", "-1", "s3://", "file://", "smtp://u:p@:99999", "redis://a:b", "/", "~"]
)


@given(st.dictionaries(st.sampled_from(NAMES), VALUE | NEARLY, max_size=6))
@example({"WEB_WORKERS": "²"})
@example({"PUBLIC_URL": "http://["})
@example({"PUBLIC_URL": "https://example.org:99999"})
@example({"SMTP_URL": "smtp://mail:port"})
@example({"HOME": "~nobody-of-this-name/x"})
@example({"MASTER_KEY_FILE": "/proc/self/mem"})
def test_any_environment_is_answered(values: dict[str, str]) -> None:
    try:
        assert config.load({f"POSTCARDS_{name}": value for name, value in values.items()}).web_workers >= 1
    except Invalid as refused:
        fields = [fault.field for fault in refused.faults]
    else:
        return
    assert fields
    assert all(field.startswith("POSTCARDS_") for field in fields)
