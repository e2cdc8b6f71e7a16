"""Reading the configuration: what is right is read, what is wrong is named."""

import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.config import ApiVersion, Config, ConfigError, Connection, Environment, load
from dfn_tui.config.reading import LARGEST, parse

PATH = Path("/etc/dfn/config.toml")
PROD = '[connections.prod]\napi = "v1"\nenvironment = "production"\n'


def text_of(error: ConfigError) -> str:
    return f"{error.title} {error.happened} {error.next_step} {error!r}"


def test_reads_everything_the_file_may_hold(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        'default = "prod"  # used at night\n'
        + PROD
        + 'read_only = true\nbase_url = "https://gateway.example/dfinery/"\n'
        + '[connections."eu.new"]\napi = "v2"\nenvironment = "sandbox"\n'
        + 'base_url = "http://127.0.0.1:8080"\nservice_id = "0f3a-77"\n',
        encoding="utf-8",
    )
    assert load(path) == Config(
        path,
        "prod",
        {
            "prod": Connection(
                "prod", ApiVersion.V1, Environment.PRODUCTION, True, "https://gateway.example/dfinery"
            ),
            "eu.new": Connection(
                "eu.new", ApiVersion.V2, Environment.SANDBOX, False, "http://127.0.0.1:8080", "0f3a-77"
            ),
        },
    )


@pytest.mark.parametrize(("text", "minutes"), [("", 10), ("lock_after = 0\n", 0), ("lock_after = 45\n", 45)])
def test_the_minutes_until_the_lock(text: str, minutes: int) -> None:
    assert parse(text + PROD, PATH).lock_after == minutes


@pytest.mark.parametrize("value", ["-1", "1441", "2.5", "true", '"10"'])
def test_minutes_that_are_none(value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(f"lock_after = {value}\n", PATH)
    assert "lock_after is not right" in text_of(caught.value)
    assert "from 0 (never) to 1440" in text_of(caught.value)


def test_no_file_is_an_empty_configuration(tmp_path: Path) -> None:
    path = tmp_path / "none" / "config.toml"
    assert load(path) == Config(path, None, {})
    assert not path.parent.exists()


def test_how_many_users_one_write_may_reach() -> None:
    stated = parse(PROD + "max_grants = 5\nmax_users = 700\n", PATH).connections["prod"]
    assert (stated.max_grants, stated.max_users) == (5, 700)
    silent = parse(PROD, PATH).connections["prod"]
    assert (silent.max_grants, silent.max_users) == (None, None)


@pytest.mark.parametrize("key", ["max_grants", "max_users"])
@pytest.mark.parametrize("value", ["0", "-1", "2.5", "true", '"10"'])
def test_a_cap_is_a_number_from_1_on(key: str, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(PROD + f"{key} = {value}\n", PATH)
    assert f"{key} is not right" in text_of(caught.value)


@pytest.mark.parametrize("empty", ["", "\n# nothing yet\r\n", "[connections]\n"])
def test_an_empty_file_is_an_empty_configuration(empty: str) -> None:
    assert parse(empty, PATH) == Config(PATH, None, {})


def prod(**changed: str | None) -> str:
    """The connection `prod` with some of its values as TOML text; None leaves a key out."""
    values = {"api": '"v1"', "environment": '"production"', **changed}
    return "[connections.prod]\n" + "".join(f"{k} = {v}\n" for k, v in values.items() if v is not None)


@pytest.mark.parametrize(
    ("text", "key", "right"),
    [
        (prod(api='"v3"'), "connections.prod.api", "v1"),
        (prod(api="1"), "connections.prod.api", "v1, v2"),
        (prod(api=None), "connections.prod.api", "v1, v2"),
        (prod(environment='"prodution"'), "connections.prod.environment", "production"),
        (prod(environment='"PRODUCTION"'), "connections.prod.environment", "production"),
        (prod(environment=None), "connections.prod.environment", "production, staging, sandbox"),
        (prod(read_only='"false"'), "connections.prod.read_only", "without quotes"),
        (prod(read_only="0"), "connections.prod.read_only", "true or false"),
        (prod(readonly="true"), "connections.prod.readonly", "read_only"),
        (prod(colour='"red"'), "connections.prod.colour", "api, environment, read_only"),
        (prod(api='"v2"'), "connections.prod.service_id", "Version 2"),
        (prod(api='"v2"', service_id='""'), "connections.prod.service_id", "in quotes"),
        (prod(api='"v2"', service_id='"a b"'), "connections.prod.service_id", "without spaces"),
        (prod(api='"v2"', service_id="77"), "connections.prod.service_id", "in quotes"),
        (prod(service_id='"77"'), "connections.prod.service_id", "v1 has no service id"),
        (prod(base_url='"http://openapi.dfinery.io"'), "connections.prod.base_url", "Use https"),
        (prod(base_url='"http://127.0.0.1.evil.example"'), "connections.prod.base_url", "Use https"),
        (prod(base_url='"http://localhost.example"'), "connections.prod.base_url", "Use https"),
        (prod(base_url='"https://me:pw@host"'), "connections.prod.base_url", "user name"),
        (prod(base_url='"https://host\\\\@evil.example"'), "connections.prod.base_url", "https://host"),
        (prod(base_url='"https://host/?a=1"'), "connections.prod.base_url", "query"),
        (prod(base_url='"https://host/#a"'), "connections.prod.base_url", "fragment"),
        (prod(base_url='"https://"'), "connections.prod.base_url", "https://host"),
        (prod(base_url='"https://xn--a"'), "connections.prod.base_url", "valid IDN"),
        (prod(base_url='"https://xn--.example"'), "connections.prod.base_url", "valid IDN"),
        (prod(base_url='"https://a..example"'), "connections.prod.base_url", "empty"),
        (prod(base_url=f'"https://{64 * "a"}.example"'), "connections.prod.base_url", "too long"),
        (prod(base_url='"https://host:port"'), "connections.prod.base_url", "https://host"),
        (prod(base_url='"https://[::1"'), "connections.prod.base_url", "https://host"),
        (prod(base_url='"https://ho\\nst"'), "connections.prod.base_url", "https://host"),
        (prod(base_url='"ftp://host"'), "connections.prod.base_url", "https://host"),
        (prod(base_url='"openapi.dfinery.io"'), "connections.prod.base_url", "https://host"),
        (prod(base_url="true"), "connections.prod.base_url", "https://host"),
        ('default = "prd"\n' + PROD, "default", "prod"),
        ('default = "prod"\n', "default", "—"),
        ("default = 1\n" + PROD, "default", "letters"),
        ("defualt = 1\n", "defualt", "default"),
        ("connections = 1\n", "connections", "[connections.prod]"),
        ("[connections]\nprod = 1\n", "connections.prod", "[connections.prod]"),
        ("[[connections.prod]]\n", "connections.prod", "[connections.prod]"),
        ('[connections."a/b"]\n', 'connections."a/b"', "letters"),
        ('[connections."\\u001b[2J"]\n', 'connections."\\x1b[2J"', "letters"),
        ('[connections.""]\n', 'connections.""', "letters"),
        (f"[connections.{'a' * 65}]\n", f'connections."{"a" * 64}…"', "64"),
    ],
)
def test_a_mistake_is_named_with_file_key_and_what_would_be_right(text: str, key: str, right: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse(text, PATH)
    error = raised.value
    assert error.key == key
    assert str(PATH) in error.happened
    assert key in error.happened
    assert right in error.next_step


@pytest.mark.parametrize(
    "url",
    [
        "https://openapi.dfinery.io",
        "https://xn--strae-oqa.example",
        "https://10.0.0.7:8443/dfinery",
        "https://[2001:db8::1]:8443",
        "http://localhost:1",
        "http://127.8.8.8",
        "http://[::1]:8080",
    ],
)
def test_addresses_that_are_right(url: str) -> None:
    config = parse(prod(base_url=f'"{url}/"'), PATH)
    assert config.connections["prod"].base_url == url


@pytest.mark.parametrize("key", ["token", "api_token", "export_token", "ACCESS-TOKEN", "client_secret"])
@pytest.mark.parametrize("table", ["", PROD])
def test_a_token_in_the_file_is_refused_without_being_repeated(key: str, table: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse(table + f'{key} = "eyJhbGciOi"\n', PATH)
    assert raised.value.key.endswith(key)
    assert "keyring" in raised.value.next_step
    assert "eyJhbGciOi" not in text_of(raised.value)


def test_values_are_never_repeated() -> None:
    for name in ("api", "environment", "read_only", "base_url", "service_id"):
        with pytest.raises(ConfigError) as raised:
            parse(prod(**{name: '"eyJ hbG ciOi"'}), PATH)
        assert "hbG" not in text_of(raised.value)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (PROD + "api = \n", "line 4, column 7"),
        ("a = 1\n\na = 2\n", "line 3, column 6"),
        ('a = "open', "valid TOML"),
        (f"a = {'9' * 5000}\n", "valid TOML"),
        ("a = " + "[" * 100_000, "nested too deeply"),
    ],
)
def test_text_that_is_not_toml(text: str, place: str) -> None:
    with pytest.raises(ConfigError, match=place):
        parse(text, PATH)


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(PROD.encode() + b"# \xc7\xd1\xb1\xdb\n")
    with pytest.raises(ConfigError, match="UTF-8 text at line 4"):
        load(path)


def test_a_file_too_large(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"#" * LARGEST)
    assert load(path).connections == {}
    path.write_bytes(b"#" * (LARGEST + 1))
    with pytest.raises(ConfigError, match="1 MiB"):
        load(path)


def test_things_that_are_not_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not a file"):
        load(tmp_path)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(ConfigError, match="is not a file"):
        load(pipe)
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(ConfigError, match="cannot be read"):
        load(loop)


def test_a_file_below_a_file_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be read: Not a directory"):
        load(tmp_path / "file" / "config.toml")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(data)
    try:
        assert isinstance(load(path), Config)
    except ConfigError as error:
        assert str(path) in error.happened


_keys = st.sampled_from(["default", "connections", "api", "environment", "read_only", "base_url", "x-1"])
_values = st.sampled_from(
    ['"v1"', '"v2"', '"production"', "true", "1979-05-27", "nan", "{}", "[1]", '"https://[::1"', "'''\n'''"]
)
_lines = st.one_of(
    st.builds("{} = {}".format, _keys, _values),
    st.builds("[{}]".format, _keys),
    st.builds("[connections.{}]".format, _keys),
    st.text(max_size=20),
)


@given(st.lists(_lines, max_size=12).map("\n".join))
def test_any_text_that_looks_like_one_is_read_or_refused(text: str) -> None:
    try:
        config = parse(text, PATH)
    except ConfigError:
        return
    assert set(config.connections) == set(tomllib.loads(text).get("connections", {}))


def test_where_tokens_come_from_is_read() -> None:
    text = (
        '[connections.a]\napi = "v1"\nenvironment = "production"\nkernel_keyring = true\n'
        'token_command = ["pass", "show", "dfinery/운영"]\n'
        '[connections.b]\napi = "v2"\nenvironment = "staging"\nservice_id = "77"\n'
        'token_command = ["vault", "kv", "get", "-field=token", "secret/dfinery"]\n'
        'export_token_command = ["pass", ""]\n'
    )
    first, second = parse(text, PATH).connections.values()
    assert (first.token_command, first.kernel_keyring) == (("pass", "show", "dfinery/운영"), True)
    assert second.token_command[-1] == "secret/dfinery"
    assert (second.export_token_command, second.kernel_keyring) == (("pass", ""), False)


@pytest.mark.parametrize(
    "value",
    ['"pass show x"', "[]", "[1]", '[""]', '[" "]', '["a", ["b"]]', "true", '["a\\u0000b"]', '["a\\nb"]'],
)
@pytest.mark.parametrize("key", ["token_command", "export_token_command"])
def test_a_command_is_a_list_of_texts(key: str, value: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse(prod(**{key: value}), PATH)
    assert raised.value.key == f"connections.prod.{key}"
    assert "list of texts" in raised.value.next_step


def test_a_command_for_a_token_that_the_api_version_has_not_is_refused() -> None:
    with pytest.raises(ConfigError) as raised:
        parse(prod(export_token_command='["pass"]'), PATH)
    assert (raised.value.key, "v1 has one token" in raised.value.next_step) == (
        "connections.prod.export_token_command",
        True,
    )


@pytest.mark.parametrize("slip", ["token_comand", "tokn_command", "export_token_comand"])
def test_a_slip_in_a_command_is_not_taken_for_a_token(slip: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse(prod(**{slip: '["pass"]'}), PATH)
    assert "Did you mean" in raised.value.next_step


def test_whether_the_kernel_may_keep_tokens_is_true_or_false() -> None:
    with pytest.raises(ConfigError, match="true or false"):
        parse(prod(kernel_keyring='"yes"'), PATH)


NEXT = '[connections.next]\napi = "v2"\nenvironment = "sandbox"\nservice_id = "7"\n'


def test_version_2_may_say_what_its_users_are_named_by() -> None:
    named = parse(NEXT + 'identity = "phone_no"\n', PATH).connections["next"]
    assert named.identity == "phone_no"
    with pytest.raises(ConfigError, match="identity is not right"):
        parse(PROD + 'identity = "phone_no"\n', PATH)
    with pytest.raises(ConfigError, match="identity is not right"):
        parse(NEXT + 'identity = "user_id"\n', PATH)


def test_only_version_2_may_have_the_deprecated_consent() -> None:
    assert not parse(NEXT, PATH).connections["next"].legacy_push_optin
    assert parse(NEXT + "legacy_push_optin = true\n", PATH).connections["next"].legacy_push_optin
    with pytest.raises(ConfigError, match="legacy_push_optin is not right"):
        parse(PROD + "legacy_push_optin = true\n", PATH)


def test_a_rate_goes_up_to_the_documented_limit_and_jobs_are_kept_for_days() -> None:
    assert parse(PROD + "requests_per_minute = 3000\n", PATH).connections["prod"].requests_per_minute == 3000
    assert parse(PROD, PATH).connections["prod"].requests_per_minute is None
    kept = parse("[jobs]\nkeep_days = 90\n[journal]\nkeep_days = 365\n", PATH)
    assert (kept.jobs_keep_days, kept.journal_keep_days) == (90, 365)
    assert parse(PROD, PATH).jobs_keep_days is None


@pytest.mark.parametrize("value", ["0", "10001", "true", '"100"'])
def test_a_rate_that_is_none(value: str) -> None:
    with pytest.raises(ConfigError, match="Write a whole number from 1 to 10000"):
        parse(PROD + f"requests_per_minute = {value}\n", PATH)
