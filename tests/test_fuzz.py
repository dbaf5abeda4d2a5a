"""Results of the reliability campaign: batches with a failure are forgotten, and run again."""

from __future__ import annotations

import pytest

store = pytest.importorskip("fuzz.store")
judge = pytest.importorskip("fuzz.judge")


def test_batches_with_a_failure_are_run_again(tmp_path):
    kept = store.Store(tmp_path / "results.jsonl")
    for start, outcome in ((0, "ok"), (10, "wrong"), (20, "documented")):
        batch = store.Batch("arrays", start, start + 10)
        batch.add(start, [judge.Verdict(outcome)])
        kept.append(batch)
    assert list(kept.left("arrays", 30, 10)) == []
    kept.drop_failed()
    again = store.Store(tmp_path / "results.jsonl")
    for results in (kept, again):
        assert list(results.left("arrays", 30, 10)) == [(10, 20)]
        assert results.failures() == []
        assert results.counts()["arrays"] == {"ok": 1, "documented": 1}
