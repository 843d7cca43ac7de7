"""Print how far every statistic is from the cases with known answers.

    python benchmarks/agreement.py ../shared/validation

A Markdown table: the case, the quantity, the program or source it comes from, and the largest
relative deviation (absolute where the expected value is 0).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from hubmap.statistics import agglomeration, autocorrelation, concentration, localstats
from hubmap.statistics.centres import deviational_ellipse, standard_distance
from hubmap.statistics.clusters import dbscan
from hubmap.statistics.growth import shift_share
from hubmap.statistics.guard import describe_places
from hubmap.statistics.intervals import clopper_pearson, poisson_exact, quotient_delta
from hubmap.statistics.pointpattern import bandwidths, nearest, relative, ripley
from hubmap.statistics.pointpattern.kde import kde_at
from hubmap.statistics.proximity import colocation_quotient
from hubmap.statistics.rates import relative_risk, shrink, shrink_local
from hubmap.statistics.specialisation import location_quotient
from hubmap.statistics.weights import pair_weights


def row(case: str, quantity: str, source: str, mine: Any, theirs: Any) -> None:
    found, wanted = np.asarray(mine, float), np.asarray(theirs, float)
    scale = np.where(wanted == 0, 1, np.abs(wanted))
    print(f"| {case} | {quantity} | {source} | {np.max(np.abs(found - wanted) / scale):.1e} |")


class Cases:
    """The folder of cases."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def expected(self, name: str) -> Any:
        """Read the numbers of a case."""
        return json.loads((self.folder / "expected" / f"{name}.json").read_text(encoding="utf-8"))

    def columns(self, name: str) -> Any:
        """Read the input of a case as a structured array."""
        path = self.folder / "data" / f"{name}.csv"
        return np.genfromtxt(path, delimiter=",", names=True, dtype=None, encoding="utf-8")


def columbus(cases: Cases) -> None:
    case, pairs = (
        cases.expected("columbus_moran_geary_g"),
        cases.columns("columbus_queen_neighbours"),
    )
    text = (cases.folder / "data" / "columbus.geojson").read_text(encoding="utf-8")
    x = np.array([f["properties"]["CRIME"] for f in json.loads(text)["features"]])
    w = pair_weights(pairs["i"], pairs["j"], x.size, style="row")
    b = pair_weights(pairs["i"], pairs["j"], x.size)
    s = pair_weights(pairs["i"], pairs["j"], x.size, include_self=True)
    spdep = "spdep 1.2-7"
    m, i = case["moran"], autocorrelation.moran(x, w)
    n = autocorrelation.moran(x, w, variance="normality")
    row(
        "columbus", "Moran's I, mean, two variances, z", spdep,
        [i.value, i.expected, i.variance, n.variance, i.z],
        [m["I"], m["EI"], m["var_randomisation"], m["var_normality"], m["z_randomisation"]],
    )  # fmt: skip
    c, g = autocorrelation.geary(x, w), autocorrelation.general_g(x, b)
    wanted = [case["geary"]["C"], case["geary"]["var_randomisation"]]
    row("columbus", "Geary's C, variance", spdep, [c.value, c.variance], wanted)
    wanted = [case["globalG_binary"][k] for k in ("G", "EG", "var")]
    row("columbus", "general G, mean, variance", spdep, [g.value, g.expected, g.variance], wanted)
    local = localstats.local_moran(x, w)
    for name, mine in (("Ii", local.value), ("E", local.expected), ("Var", local.variance)):
        row("columbus", f"local Moran {name}", spdep, mine, case["local_moran"][name])
    row("columbus", "Gi* z", spdep, localstats.getis_ord(x, s), case["local_G_star_z"])
    row("columbus", "Gi z", spdep, localstats.getis_ord(x, b, star=False), case["local_G_z"])


def carolina(cases: Cases) -> None:
    case, sids = cases.expected("nc_sids_eb_rates"), cases.columns("nc_sids")
    pairs = cases.columns("nc_sids_ncCR85_neighbours")
    w = pair_weights(pairs["i"], pairs["j"], 100)
    x, n, spdep = sids["SID74"], sids["BIR74"], "spdep 1.2-7"
    row("nc_sids", "EB rates, global", spdep, shrink(x, n).rate, case["EB_global"]["est"])
    row("nc_sids", "EB rates, local", spdep, shrink_local(x, n, w), case["EB_local"])
    risk, p = relative_risk(x, n)
    row("nc_sids", "relative risk", spdep, 100 * risk, case["relative_risk_100"])
    row("nc_sids", "Poisson p", spdep, p, case["poisson_p_lower"])
    found = autocorrelation.moran_rates(x, n, w)
    row("nc_sids", "EB Moran", spdep, found, case["EB_moran_SID74_B"])
    i = autocorrelation.moran(sids["SID79"] / sids["BIR79"], w)
    wanted = [case["moran_SIDR79_B"][k] for k in ("I", "EI", "var")]
    row("nc_sids", "Moran's I, mean, variance", spdep, [i.value, i.expected, i.variance], wanted)


def redwood(cases: Cases) -> None:
    case, points = cases.expected("point_patterns")["redwood"], cases.columns("redwood")
    x, y, window, r = points["x"], points["y"], shapely.box(0, -1, 1, 0), case["r"]
    source = "spatstat.explore 3.0-6"
    names = {
        "none": "none",
        "border": "border",
        "isotropic": "isotropic",
        "translate": "translation",
    }
    for theirs, ours in names.items():
        k = ripley.k_function(x, y, window=window, r=r, correction=ours)
        row("redwood", f"K, {ours}", source, k, case[f"K_{theirs}"])
    density = kde_at(x, y, x, y, window=window, bandwidth=0.15, edge="uniform")
    for power in (1, 2):
        k = ripley.k_inhomogeneous(x, y, window=window, r=r, intensity=density, power=power)
        wanted = case[f"Kinhom_translate_normpower{power}"]
        row("redwood", f"K inhomogeneous, power {power}", source, k, wanted)
    edges = {"none": "no_edge", "uniform": "edge_uniform", "diggle": "edge_diggle"}
    for edge, name in edges.items():
        found = kde_at(x, y, x[:5], y[:5], window=window, bandwidth=0.1, edge=edge)
        row("redwood", f"KDE, edge {edge}", source, found, case["kde_sigma0.1_first5"][name])
    index = nearest.clark_evans(x, y, window=window)
    wanted = [case[f"clark_evans_{k}"] for k in ("naive", "donnelly", "p_two_sided")]
    found = [index.naive, index.donnelly, index.p]
    row("redwood", "Clark-Evans: naive, Donnelly, p", source, found, wanted)
    row("redwood", "G, raw", source, nearest.neighbour_share(x, y, r=r), case["G_raw"])
    rules = {
        "ppl": bandwidths.likelihood, "CvL": bandwidths.cronie_van_lieshout,
        "diggle": bandwidths.berman_diggle,
    }  # fmt: skip
    for name, rule in rules.items():
        found = rule(x, y, window=window)
        row("redwood", f"bandwidth {name}", source, found, case["bandwidths"][name])
    row("redwood", "bandwidth scott", source, bandwidths.scott(x, y), case["bandwidths"]["scott"])


def paracou(cases: Cases) -> None:
    case, trees = cases.expected("marcon_puech_duranton_overman"), cases.columns("paracou16")
    x, y, w, r = trees["x"], trees["y"], trees["weight"], case["r"]
    va, qr = trees["type"] == "V. Americana", trees["type"] == "Q. Rosea"
    m, dbmss = relative.m_function, "dbmss 2.9-2"
    row("paracou16", "M, V. Americana", dbmss, m(x, y, case=va, r=r, weight=w), case["M_VA"])
    row("paracou16", "M, Q. Rosea", dbmss, m(x, y, case=qr, r=r, weight=w), case["M_QR"])
    both = m(x, y, case=va, neighbour=qr, r=r, weight=w)
    row("paracou16", "M, bivariate", dbmss, both, case["M_VA_to_QR"])
    row("paracou16", "M, unweighted", dbmss, m(x, y, case=va, r=r), case["M_VA_unweighted"])
    grid = f"{dbmss}, on a grid (0.2 %)"
    row("paracou16", "Kd", grid, relative.kd_function(x[va], y[va], r=r).value, case["Kd_VA"])
    found = relative.kd_function(x[va], y[va], r=r, weight=w[va]).value
    row("paracou16", "Kd by employment", grid, found, case["Kemp_VA"])


def economics(cases: Cases) -> None:
    case, hand = cases.expected("regional_economics"), cases.expected("hand_cases")
    name, reat = "regional economics", "printed, REAT 3.0.3"
    e = case["location_quotient"]
    row(name, "LQ", reat, location_quotient(e["e_ij"], e["e_i"], e["E_j"], e["E"]), e["LQ"])
    e = case["ellison_glaeser"]
    region = [list(e["region_emp"]).index(k) for k in e["firm_region"]]
    found = agglomeration.ellison_glaeser(e["firm_emp"], region, list(e["region_emp"].values()))
    mine = [found.gamma, found.raw, found.z, found.plants]
    row(
        name,
        "Ellison-Glaeser: gamma, G, z, H",
        reat,
        mine,
        [e[k] for k in ("gamma", "G", "z", "H")],
    )
    for key, base in (("gini_concentration", "E_j"), ("gini_specialisation", "E_i")):
        e = case[key]
        found = agglomeration.locational_gini(e["E_ij"], e[base])
        row(name, key.replace("_", " "), reat, found, e["gini"])
    e = case["herfindahl"]
    mine = [concentration.hhi(e["x"]), concentration.normalised_hhi(e["x"])]
    mine.append(concentration.hill(e["x"], order=2))
    wanted = [e["hhi"], e["normalised"], e["equivalent_number"]]
    row(name, "HHI: plain, normalised, effective number", reat, mine, wanted)
    e = case["gini_plain"]
    mine = [concentration.gini(e["x"]), concentration.normalised_gini(e["x"])]
    row(name, "Gini: plain, normalised", reat, mine, [e["gini"], e["normalised"]])
    e = case["theil"]
    mine = [concentration.theil_l(e["x"]), concentration.theil_t(e["x"])]
    row(name, "Theil L and T", reat, mine, [e["L_mean_log_deviation"], e["T"]])
    e = case["litzenberger_sternberg_cluster_index"]
    keys = ("e_ij", "e_i", "a_j", "a", "p_j", "p", "b_ij", "b_i")
    found = agglomeration.cluster_index(*(e[k] for k in keys))
    row(name, "Litzenberger-Sternberg", reat, found, e["CI"])
    e = case["krugman_specialisation"]
    row(name, "Krugman", reat, agglomeration.krugman(e["a"], e["b"]), e["K"])
    e = case["hoover"]
    row(name, "Hoover", reat, agglomeration.hoover(e["gdp"], e["pop"]), e["H"])
    e = hand["theil_two_groups"]
    split = concentration.theil_split(e["y"], e["group"])
    mine = [split.total, split.between, split.within]
    row("by hand", "Theil split", "arithmetic", mine, [e["T"], e["between"], e["within"]])
    e = hand["shift_share"]
    parts = shift_share(e["region_t"], e["region_t1"], e["nation_t"], e["nation_t1"])
    mine = [parts.national, parts.industrial_mix, parts.regional, parts.total]
    wanted = [e[k] for k in ("national", "industrial_mix", "regional", "total")]
    row("by hand", "shift-share", "printed", mine, wanted)


def others(cases: Cases) -> None:
    case, points = cases.expected("colocation_centrography"), cases.columns("clq_points")
    x, y = points["x"], points["y"]
    found = colocation_quotient(x, y, points["type"])
    row(
        "clq_points", "CLQ", "sfdep 0.2.4, corrected", found.quotient, case["clq_leslie_kronenfeld"]
    )
    row("clq_points", "CLQ, global", "sfdep 0.2.4", found.overall, case["global_clq"])
    e = deviational_ellipse(x, y)
    wanted = list(case["sde_crimestat"].values())
    mine = [e.along_x, e.along_y, e.clockwise_deg]
    row("clq_points", "deviational ellipse", "sfdep 0.2.4", mine, wanted)
    found = standard_distance(x, y)
    row("clq_points", "standard distance", "sfdep 0.2.4", found, case["std_distance"])

    case, points = cases.expected("dbscan"), cases.columns("dbscan_points")
    labels = dbscan(points["x"], points["y"], within_m=300, min_weight=10)
    row("dbscan_points", "labels", "dbscan 1.1-11", labels + 1, case["dbscan_labels_0_is_noise"])

    case = cases.expected("intervals")
    for name, exact in (("poisson_exact_95", poisson_exact), ("binom_exact_95", clopper_pearson)):
        for key, wanted in case[name].items():
            numbers = [int(part.lstrip("xn")) for part in key.split("_")]
            row("intervals", f"{name} {key}", "R 4.2.2", exact(*numbers), wanted)
    e = case["lq_delta_95"]
    found = quotient_delta(e["x"], e["n"], e["X"], e["N"])
    row("intervals", "LQ, delta", "R 4.2.2", found, [e["lo"], e["hi"]])

    table = cases.columns("precision_guard")
    for name, e in cases.expected("precision_guard")["variants"].items():
        mine = table["variant"] == name
        places = describe_places(table["x"][mine], table["y"][mine])
        found = [places.unique_ratio, places.modal_share, places.effective_sites]
        wanted = [e["unique_ratio"], e["modal_share"], e["effective_sites"]]
        row("precision_guard", f"sites, {name}", "definition", found, wanted)


def main(folder: Path) -> None:
    print("| case | quantity | from | largest deviation |")
    print("|---|---|---|---|")
    for part in (columbus, carolina, redwood, paracou, economics, others):
        part(Cases(folder))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/validation"))
