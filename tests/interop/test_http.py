"""`curl` downloads files from the stack: whole, in ranges, several on one connection, while the file stays on disk."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
from pathlib import Path

import pytest

from tests.interop.harness import megabytes, require_namespace, synfin_command

pytestmark = [pytest.mark.interop, pytest.mark.slow]

HOSTS = ["10.77.0.2", "[fd77::2]"]


@pytest.fixture(autouse=True)
def machine() -> None:
    require_namespace()
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    top = tmp_path / "site"
    top.mkdir()
    (top / "small.txt").write_bytes(b"0123456789" * 100)
    (top / "dir").mkdir()
    (top / "dir" / "a b&c.txt").write_text("odd name")
    (tmp_path / "secret").write_text("secret")
    (top / "way-out").symlink_to("../secret")
    return top


def in_namespace(site: Path, script: str, *options: str) -> str:
    """The output of a shell script that runs beside `synfin tun --serve file:80=SITE`; it must succeed."""
    done = synfin_command("tun", "--serve", f"file:80={site}", *options, "--", "sh", "-ec", script)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return done.stdout.decode()


@pytest.mark.parametrize("host", HOSTS)
def test_a_large_file_arrives_whole(site: Path, host: str, record_property: pytest.RecordProperty) -> None:
    size = megabytes() * 500_000  # 50 MB by default
    record_property("octets", size)
    rng = random.Random(1)
    total = hashlib.sha256()
    with (site / "large.bin").open("wb") as stream:
        for _ in range(size // 500_000):
            block = rng.randbytes(500_000)
            total.update(block)
            stream.write(block)
    out = in_namespace(site, f"curl -sSg --max-time 100 http://{host}/large.bin | sha256sum")
    assert out.split()[0] == total.hexdigest()


@pytest.mark.parametrize("host", HOSTS)
def test_ranges_put_together_are_the_file(site: Path, host: str) -> None:
    data = os.urandom(300_001)
    (site / "parts.bin").write_bytes(data)
    script = "; ".join(
        f"curl -sSgf --max-time 60 -r {part} http://{host}/parts.bin"
        for part in ("0-99999", "100000-199999", "200000-")
    )
    out = in_namespace(site, f"{{ {script}; }} | sha256sum")
    assert out.split()[0] == hashlib.sha256(data).hexdigest()


def test_one_connection_serves_many_requests(site: Path) -> None:
    urls = " ".join(["http://10.77.0.2/small.txt"] * 5)
    out = in_namespace(
        site, f"curl -sSf --max-time 60 -o /dev/null -w '%{{num_connects}} %{{size_download}}\\n' {urls}"
    )
    # The -o belongs to the first URL, so the other bodies are on stdout too.
    counts = [line.rpartition("0123456789")[2].split() for line in out.splitlines()]
    assert [int(fields[0]) for fields in counts] == [1, 0, 0, 0, 0]
    assert [int(fields[1]) for fields in counts] == [1_000] * 5


def test_heads_statuses_and_names(site: Path) -> None:
    base = "http://10.77.0.2"
    code = "curl -s --path-as-is --max-time 60 -o /dev/null -w '%{http_code} '"
    script = "\n".join(
        [
            f"{code} -I {base}/small.txt",
            f"{code} {base}/nothing",
            f"{code} {base}/way-out",
            f"{code} {base}/../secret",
            f"{code} {base}/%2e%2e/secret",
            f"{code} {base}/dir",
            f"{code} {base}/dir/",
            f"{code} '{base}/dir/a%20b%26c.txt'",
            f"{code} -r 5000- {base}/small.txt",
            f"{code} -X DELETE {base}/small.txt",
        ]
    )
    assert in_namespace(site, script).split() == ["200", "404", "404", "404", "404", "301", "200", "200", "416", "501"]


def test_a_download_that_is_cut_short_leaves_the_server_well(site: Path) -> None:
    (site / "large.bin").write_bytes(bytes(5_000_000))
    script = (
        "curl -s --max-time 60 http://10.77.0.2/large.bin | head -c 1000 >/dev/null; "
        "curl -sf --max-time 60 http://10.77.0.2/small.txt | wc -c"
    )
    assert in_namespace(site, script).split() == ["1000"]
