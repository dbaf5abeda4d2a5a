"""The page of the documentation with the table of counts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from .judge import FAILURES
from .store import Store

ABOUT = {
    "parameters": "values of every kind for every parameter of the public functions, estimators, "
    "metrics, data sets and figures, drawn by hypothesis",
    "arrays": "tables of every dtype, layout and shape, views, lists, data frames, memory maps",
    "torture": "scales, ties, duplicates, flat and crossing neighbourhoods, closed surfaces, and "
    "what must not change a result",
    "loaders": "real files of every format with bytes changed, lost and repeated",
    "guided": "the same formats, with changes that are guided by the branches they reach "
    "(atheris); these depend on the corpus, so that an input that fails is kept",
    "command line": "words for the command `hessmap`",
    "threads": "fits at the same time, nested in joblib, with other `n_jobs`: the same bits",
    "processes": "fits after fork and in spawned processes, under other settings of threads",
    "interrupts": "Ctrl-C at a random moment, SIGTERM and SIGKILL while results are written",
    "memory": "processes with little memory",
}
# What was mended, and the test that fails without it.
FOUND = (
    (
        "indices out of range crashed `build_operator`",
        "test_operator.py::test_numbers_must_be_those_of_nodes",
    ),
    (
        "a fit in a process that was forked after a fit of more than 64 columns could hang",
        "test_threads.py::test_a_child_can_fit_after_its_parent_did",
    ),
    (
        "with threadpoolctl 3.8, fits outside the main thread had more than one BLAS thread, and "
        "other bits",
        "test_threads.py::test_limits_hold_in_threads_and_are_restored_from_another_one",
    ),
    (
        "a search for neighbours that overlapped a fit in another thread left BLAS with one thread",
        "test_threads.py::test_a_search_that_outlasts_a_fit_restores_what_was_before_it",
    ),
    (
        "of overlapping fits, one could leave its thread with one thread of OpenMP",
        "test_threads.py::test_threads_of_openmp_are_left_as_they_were",
    ),
    (
        "`sap` drew from NumPy's global state",
        "test_disentanglement.py::test_sap_leaves_the_global_random_state_alone",
    ),
    (
        "`fit_ica` of numbers beyond 1e300, and subnormal ones, was NaN",
        "test_ica.py::test_bad_input",
    ),
    (
        "codes whose rows overflow were mapped to NaN without a word",
        "test_extension.py::test_rows_too_large_for_distances",
    ),
    (
        "rows of data sets whose noise overflows were infinite",
        "test_datasets.py::test_bad_arguments",
    ),
    (
        "`predictability` of rows with ties depended on their order in memory",
        "test_metric_values.py::test_predictability_does_not_depend_on_the_order_in_memory",
    ),
    (
        "a closed curve of 100 rows, each number of whose report was just within its limit, was "
        "not said to be one",
        "test_report_controls.py::test_a_ring_whose_numbers_are_all_within_their_limits",
    ),
    (
        "flat parts of lower rank ended in an error of LAPACK, in the distortion of the report",
        "test_distortion.py::test_a_direction_that_the_rows_do_not_have_hides_the_metric",
    ),
    (
        "columns over 300 powers of ten ended in errors of LAPACK",
        "test_edge_cases.py::test_columns_over_three_hundred_powers_of_ten",
    ),
    (
        "metrics of numbers beyond 1e300 were NaN",
        "test_metrics.py::test_numbers_too_large_for_differences",
    ),
    (
        "frames of float32 other than those of pandas were taken as float64",
        "test_extension.py::test_frames_of_float32_are_float32_rows",
    ),
    (
        "damaged headers of files ended in errors of their parsers",
        "test_rows.py::test_files_that_are_no_table",
    ),
    (
        "names that no file can have ended in errors of the operating system",
        "test_storage.py::test_names_that_no_file_can_have",
    ),
    (
        "parameters of small integer types, such as NumPy's uint8, wrapped around",
        "test_datasets.py::test_small_whole_numbers_do_not_wrap_around",
    ),
    (
        "10^30 bins overflowed",
        "test_metric_information.py::test_bins_of_equal_width",
    ),
    (
        "tables that are none ended in errors that did not name the parameter",
        "test_edge_cases.py::test_what_is_no_table",
    ),
    (
        "so did rows too far from all others for the graph Laplacian",
        "test_precomputed.py::test_rows_without_any_heat_weight_are_said",
    ),
    (
        "so did options of figures that are of another type",
        "test_plotting_errors.py::test_wrong_types",
    ),
    (
        "so did options that are neither true nor false",
        "test_edge_cases.py::test_options_are_true_or_false",
    ),
    (
        "so did options of the eigensolvers",
        "test_eigen.py::test_bad_arguments",
    ),
    (
        "so did masked arrays of records in metrics",
        "test_metric_information.py::test_columns_that_are_no_numbers",
    ),
    (
        "so did a `folder` of `cached` that is no path",
        "test_cache.py::test_a_folder_is_a_path",
    ),
)
PAGE = """# Reliability

`make fuzz` runs {total:,} cases against the public interface, each of which follows from its kind
and a seed; `make fuzz FUZZ_ARGS="--kind loaders --seed 123"` repeats one. A case is right if its
result is finite and has the property that its kind asks for, or if it is refused by an error that
names the parameter or the file. Anything else is a failure: a process that dies or does not answer,
an error of another kind, a result that is not finite without a word, a wrong one, an argument or a
setting of the process that was changed. Batches with a failure are run again after the mend
(`FUZZ_ARGS=--again`), with all their cases; the others are of the state in which they were run.

| kind | cases | right | refused | failures |
|---|---|---|---|---|
{rows}

{kinds}

What the campaign has found so far, and the test in `tests/` that fails without the mend:

| found | test |
|---|---|
{found}
"""


def write_page(store: Store, path: Path) -> None:
    """Write the page with the counts of a store."""
    rows, total = [], Counter[str]()
    for kind, counts in {**store.counts(), "all": None}.items():
        shown = total if counts is None else counts
        if counts is not None:
            total.update(counts)
        failures = sum(shown[outcome] for outcome in FAILURES)
        numbers = shown.total(), shown["ok"], shown["documented"], failures
        rows.append(f"| {kind} | " + " | ".join(f"{number:,}" for number in numbers) + " |")
    kinds = "\n".join(f"- **{kind}**: {text}" for kind, text in ABOUT.items())
    found = "\n".join(f"| {what} | `{test}` |" for what, test in FOUND)
    text = PAGE.format(total=total.total(), rows="\n".join(rows), kinds=kinds, found=found)
    path.write_text(text, encoding="utf-8")
