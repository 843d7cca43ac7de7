"""The table of agreement: how far hubmap's numbers lie from those of independent programs.

    python tools/agreement.py

Runs the tests that hold those numbers and prints, for each, the tolerance asked for and the
largest relative deviation found. Cases whose input lies in ../shared/validation (or in the folder
that HUBMAP_SHARED names) are skipped where it is absent.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
FILES = (
    "intervals", "rates", "concentration", "autocorrelation", "pointpattern", "proximity",
    "awkward_data", "brute_force",
)  # fmt: skip
CASES = {
    "test_poisson_exact_is_r": ("count, density, rates", "R 4.2.2 poisson.test"),
    "test_clopper_pearson_is_r": ("share_near", "R 4.2.2 binom.test"),
    "test_delta_interval_of_a_location_quotient": ("location_quotient, interval", "R 4.2.2"),
    "test_location_quotient_as_printed": ("location_quotient", "Farhauer & Kröll 2013, REAT"),
    "test_nc_sids_empirical_bayes": ("smoothed_rate, shrunken_quotient", "spdep 1.2-7 EBest"),
    "test_rate_ratio_is_that_of_the_binomial": ("growth_ratio", "R 4.2.2 poisson.test"),
    "test_people_weighted_density_by_hand": ("people_weighted_density", "hand arithmetic"),
    "test_standard_scores": ("standardised_quotient", "hand arithmetic"),
    "test_herfindahl_and_gini": ("effective_districts, gini, hill_number", "REAT 3.0.3"),
    "test_theil_split_by_hand": ("theil", "hand arithmetic"),
    "test_hill_numbers_are_those_of_exact_fractions": ("hill_number", "exact fractions"),
    "test_the_average_residents_density": ("people_weighted_density", "R 4.2.2 poisson.test"),
    "test_m_is_its_definition": ("relative_m", "its definition, ties and weights"),
    "test_kd_is_its_definition": ("pair_distances", "its definition, ties and weights"),
    "test_colocation_is_its_definition": ("colocation", "its definition, ties shared"),
    "test_area_holding_by_hand": ("area_holding", "hand arithmetic"),
    "test_ellison_glaeser_as_printed": ("ellison_glaeser", "Farhauer & Kröll 2014, REAT 3.0.3"),
    "test_columbus_global": ("moran", "spdep 1.2-7 on columbus"),
    "test_nc_sids_moran": ("moran of rates", "spdep 1.2-7 EBImoran on nc_sids"),
    "test_columbus_local": ("local_moran, hot_spots", "spdep 1.2-7 on columbus"),
    "test_redwood_density": ("peak_density", "spatstat.explore 3.0-6 on redwood"),
    "test_redwood_k": ("clustering", "spatstat.explore 3.0-6 on redwood"),
    "test_redwood_inhomogeneous_k": ("clustering_inhomogeneous", "spatstat.explore 3.0-6"),
    "test_redwood_nearest_neighbours": ("clark_evans", "spatstat.explore 3.0-6 on redwood"),
    "test_a_ragged_window_with_a_hole": ("clustering, bandwidths", "spatstat.explore 3.0-6"),
    "test_geary_of_a_normal_null": ("Geary's C", "spdep 1.2-7 on columbus"),
    "test_what_counts_where_units_have_no_neighbour": ("moran, units cut off", "spdep 1.2-7"),
    "test_paracou_m": ("relative_m", "dbmss 2.9-2 on paracou16"),
    "test_paracou_kd": ("pair_distances", "dbmss 2.9-2 on paracou16"),
    "test_colocation_quotient": ("colocation", "sfdep 0.2.4, corrected, on clq_points"),
    "test_ellipse_and_standard_distance": ("ellipse, standard_distance", "sfdep 0.2.4"),
    "test_modes_are_the_heaps": ("number_of_centres, primacy", "a known mixture"),
    "test_shift_share_as_printed": ("shift_share", "Farhauer & Kröll 2013, REAT"),
}
_approx = pytest.approx


class _Recorded:
    """An expected value that notes how far the value compared with it lies."""

    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, found: list[tuple[float, float]], expected: Any, options: Any) -> None:
        self.found, self.expected, self.options = found, expected, options

    def __eq__(self, actual: object) -> bool:
        with contextlib.suppress(TypeError, ValueError):
            ours = np.asarray(actual, dtype=float)
            theirs = np.asarray(self.expected, dtype=float)
            size = np.where(theirs == 0, 1.0, np.abs(theirs))
            asked = self.options.get("rel")
            if asked is None:
                asked = self.options.get("abs", 1e-6)
            self.found.append((float(asked), float(np.nanmax(np.abs(ours - theirs) / size))))
        return bool(_approx(self.expected, **self.options) == actual)


class Recorder:
    """A pytest plugin that keeps the deviations of each test."""

    def __init__(self) -> None:
        self.found: dict[str, list[tuple[float, float]]] = {}
        self.outcome: dict[str, str] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the tests that hold an outside number."""
        items[:] = [item for item in items if item.name.partition("[")[0] in CASES]

    def pytest_runtest_call(self, item: pytest.Item) -> None:
        """Let the test compare through this plugin."""
        own = self.found.setdefault(item.name.partition("[")[0], [])

        def recorded(expected: Any, **options: Any) -> _Recorded:
            return _Recorded(own, expected, options)

        vars(pytest)["approx"] = recorded

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how the test ended."""
        name = report.nodeid.rpartition("::")[2].partition("[")[0]
        if report.when == "call" or report.outcome != "passed":
            worst = {"passed": 0, "skipped": 1, "failed": 2}
            known = self.outcome.get(name, "passed")
            self.outcome[name] = max(known, report.outcome, key=worst.__getitem__)


def main() -> int:
    os.chdir(ROOT)
    recorder = Recorder()
    folder = ROOT / "tests" / "statistics"
    files = [str(folder / f"test_{name}.py") for name in FILES]
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(["-q", "-p", "no:cacheprovider", *files], plugins=[recorder])
    vars(pytest)["approx"] = _approx
    print("| statistic | against | tolerance | largest deviation | |")
    print("|---|---|---|---|---|")
    for name, (statistic, against) in CASES.items():
        found = recorder.found.get(name) or [(float("nan"), float("nan"))]
        asked, most = max(a for a, _ in found), max(d for _, d in found)
        state = {"passed": "agrees", "skipped": "case not here"}.get(
            recorder.outcome.get(name, "not run"), recorder.outcome.get(name, "not run")
        )
        print(f"| {statistic} | {against} | {asked:.0e} | {most:.1e} | {state} |")
    return int(any(state == "failed" for state in recorder.outcome.values()))


if __name__ == "__main__":
    sys.exit(main())
