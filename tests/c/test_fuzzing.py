"""libFuzzer tries each decoder, and the parser of addresses, with inputs of its own making; a bounded number of them.

`make -C c fuzz-long` goes on for as long as one likes.
"""

from __future__ import annotations

import pytest

from .building import C, run

RUNS = 20_000
"""Enough to reach every state of a decoder; a few seconds for each."""

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("fuzzer", sorted(path.stem for path in C.glob("fuzz/*_fuzz.c")))
def test_fuzzing_finds_nothing(fuzzer, made, tool, tmp_path):
    tool("clang")
    program = made("clang", "fuzzers") / "fuzz" / fuzzer
    told = run([program, "-seed=1", f"-runs={RUNS}", "-print_final_stats=1"], cwd=tmp_path)
    assert f"stat::number_of_executed_units: {RUNS}" in told
