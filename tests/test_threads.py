"""Fits that overlap in several threads of one program."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from hessmap import DisconnectedGraphError, HessianICA
from hessmap._threads import one_blas_thread
from hessmap.datasets import swiss_roll

X, _ = swiss_roll(1200, random_state=0)


def blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_overlapping_fits_agree_and_leave_the_threads_alone():
    with threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        expected = HessianICA(random_state=0).fit(X).sources_
        assert blas_threads() == before
        with ThreadPoolExecutor(4) as pool:
            fits = pool.map(lambda _: HessianICA(random_state=0).fit(X).sources_, range(8))
            for found in fits:
                # OpenBLAS takes no limit from a thread other than the main one
                np.testing.assert_allclose(found, expected, atol=1e-9)
        assert blas_threads() == before


def test_an_error_leaves_the_threads_alone():
    with threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        with pytest.raises(DisconnectedGraphError):
            HessianICA(n_neighbors=7).fit(np.concatenate([X, X + 1e5]))
        assert blas_threads() == before


def test_the_last_one_to_leave_restores():
    with threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        first, second = one_blas_thread(), one_blas_thread()
        first.__enter__()
        second.__enter__()
        assert set(blas_threads()) == {1}
        first.__exit__(None, None, None)
        assert set(blas_threads()) == {1}
        second.__exit__(None, None, None)
        assert blas_threads() == before
