"""What `wiretalk help TOPIC` says is what the tables say."""

from __future__ import annotations

from wiretalk.address import OPTIONS, SCHEMES
from wiretalk.cli.topics import STATUSES, addresses, codecs, exit_status, framings
from wiretalk.codec import CODECS
from wiretalk.errors import EXIT_STATUS
from wiretalk.framing import FRAMINGS


def test_every_exit_status_is_explained():
    assert set(STATUSES) == set(EXIT_STATUS)
    told = exit_status()
    for how, number in EXIT_STATUS.items():
        assert f"{number:3}  {how}" in told


def test_every_framing_and_codec_is_explained():
    for told, table in ((framings(), FRAMINGS), (codecs(), CODECS)):
        for name, (_, summary) in table.items():
            assert f"  {name}" in told
            assert summary in told


def test_every_scheme_and_option_is_explained():
    told = addresses()
    for scheme in SCHEMES.values():
        assert scheme.form in told
        assert scheme.summary in told
    for name in OPTIONS:
        assert f"\n  {name} " in told or f"\n  {name}=" in told
    assert "  tls_min=…       the oldest version of TLS: 1.2 or 1.3 (tls, wss)\n" in told
    assert "  broadcast " in told


def test_lines_are_no_longer_than_a_screen_is_wide():
    for told in (addresses(), framings(), codecs(), exit_status()):
        assert max(map(len, told.splitlines())) <= 120
