"""Fits that overlap in several threads of one program."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_info, threadpool_limits

from hessmap import DisconnectedGraphError, HessianICA
from hessmap._threads import in_ranges, one_blas_thread
from hessmap.datasets import swiss_roll
from hessmap.neighbors.backends import brute

X, _ = swiss_roll(1200, random_state=0)


def blas_threads():
    """Of the libraries whose limit is the process's; on OpenMP each thread has its own."""
    return [
        pool["num_threads"]
        for pool in threadpool_info()
        if pool["user_api"] == "blas" and pool.get("threading_layer") != "openmp"
    ]


def test_overlapping_fits_agree_and_leave_the_threads_alone():
    with threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        expected = HessianICA(random_state=0).fit(X).sources_
        assert blas_threads() == before
        with ThreadPoolExecutor(4) as pool:
            fits = pool.map(lambda _: HessianICA(random_state=0).fit(X).sources_, range(8))
            for found in fits:
                np.testing.assert_array_equal(found, expected)
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


def test_limits_hold_in_threads_and_are_restored_from_another_one():
    """threadpoolctl 3.8 lets one thread set limits and ignores all others."""
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        with threadpool_limits(limits=2, user_api="blas"):
            before = blas_threads()
            first, second = one_blas_thread(), one_blas_thread()
            one.submit(first.__enter__).result()
            assert set(blas_threads()) == {1}
            other.submit(second.__enter__).result()
            one.submit(first.__exit__, None, None, None).result()
            assert set(one.submit(blas_threads).result()) == {1}
            other.submit(second.__exit__, None, None, None).result()
            assert blas_threads() == before
        with threadpool_limits(limits=1, user_api="blas"):  # others may set limits again
            assert set(blas_threads()) == {1}


@pytest.mark.parametrize("threads", [1, 2])
def test_a_search_that_outlasts_a_fit_restores_what_was_before_it(threads, monkeypatch):
    """What limits BLAS by itself, as scikit-learn does, would restore the limit of the fit."""
    inside, ended = Event(), Event()

    def kneighbors(self, queries, return_distance):
        with threadpool_limits(limits=1, user_api="blas"):
            inside.set()
            assert ended.wait(60)
        return np.zeros((len(queries), 3), dtype=np.int64)

    monkeypatch.setattr(NearestNeighbors, "kneighbors", kneighbors)
    with ThreadPoolExecutor(1) as pool, threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        with one_blas_thread():
            search = pool.submit(brute, np.zeros((2048, 2)), 3, threads)
            assert inside.wait(60)
        ended.set()
        search.result()
        assert blas_threads() == before


def test_threads_of_openmp_are_left_as_they_were():
    """Each thread has a number of its own, also of a BLAS on OpenMP, such as that of Faiss."""
    pytest.importorskip("faiss")

    def own():
        return [
            pool["num_threads"]
            for pool in threadpool_info()
            if "openmp" in (pool["user_api"], pool.get("threading_layer"))
        ]

    with ThreadPoolExecutor(1) as pool, threadpool_limits(limits=2):
        pool.submit(threadpool_limits, 3).result()
        here, there = own(), pool.submit(own).result()
        assert set(here) == {2}
        assert set(there) == {3}
        first, second = one_blas_thread(), one_blas_thread()
        pool.submit(first.__enter__).result()
        second.__enter__()
        pool.submit(first.__exit__, None, None, None).result()
        assert pool.submit(own).result() == there
        second.__exit__(None, None, None)
        assert own() == here


def test_overlapping_large_fits_and_kernels():
    """Multigrid in two threads at once, and in a child after the parent's threads were used."""
    rows, _ = swiss_roll(5000, random_state=0)
    expected = HessianICA(random_state=0).fit(rows).sources_
    with ThreadPoolExecutor(2) as pool:
        for found in pool.map(lambda _: HessianICA(random_state=0).fit(rows).sources_, range(2)):
            np.testing.assert_allclose(found, expected, atol=1e-7)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on Windows")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("n_columns", [3, 100])
def test_a_child_can_fit_after_its_parent_did(n_columns):
    """With more than 64 columns, principal components are chosen by a search for neighbours."""
    rows, _ = swiss_roll(5000, random_state=0)
    rows = np.hstack([rows, np.zeros((5000, n_columns - 3))])
    expected = _fitted(rows)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        found = pool.apply_async(_fitted, (rows,)).get(timeout=120)
    np.testing.assert_allclose(found, expected, atol=1e-9)


def _fitted(rows):
    return HessianICA(random_state=0).fit(rows).sources_


def test_ctrl_c_leaves_the_threads_alone(monkeypatch):
    def interrupted(*arguments, **keywords):
        raise KeyboardInterrupt

    with threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        monkeypatch.setattr("hessmap.solve.build_operator", interrupted)
        with pytest.raises(KeyboardInterrupt):
            HessianICA(random_state=0, verbose=True).fit(X)
        assert blas_threads() == before
        monkeypatch.undo()
        assert HessianICA(random_state=0).fit(X).report_.ok


def test_an_error_in_a_range_is_raised_and_the_others_are_dropped():
    done = []

    def kernel(start, stop):
        if start == 0:
            raise ValueError("in the first range")
        done.append(start)

    with pytest.raises(ValueError, match="in the first range"):
        in_ranges(kernel, 160, 2, smallest=10)
    assert in_ranges(lambda start, stop: stop - start, 25, 2, smallest=10) == [10, 10, 5]
