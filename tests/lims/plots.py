"""The experiment's plots: bytes over the hour, bytes in total, and how old the copy is."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as pyplot  # noqa: E402

from .report import curve, mib  # noqa: E402

# Colours that are told apart by whoever sees colours otherwise (Okabe and Ito), and another line for each as well.
STYLES = {
    "batch": {"color": "#D55E00", "linestyle": "-"},
    "batch of changes": {"color": "#E69F00", "linestyle": "--"},
    "stream": {"color": "#0072B2", "linestyle": "-"},
    "stream of changes": {"color": "#009E73", "linestyle": "--"},
}


def of_cameras(runs):
    """[(how many cameras, their runs)]"""
    return [(count, [one for one in runs if one["cameras"] == count]) for count in sorted({one["cameras"] for one in runs})]


def named(count):
    return f"{count} camera{'s' if count > 1 else ''}"


def panels(runs, title):
    groups = of_cameras(runs)
    figure, axes = pyplot.subplots(1, len(groups), figsize=(5 * len(groups), 4), squeeze=False)
    figure.suptitle(title)
    for axis, (count, group) in zip(axes[0], groups):
        axis.set_title(named(count))
        axis.grid(alpha=0.3)
        yield figure, axis, group


def save(figure, path):
    """The ways are the same everywhere: named once, where they hide nothing."""
    handles, names = figure.axes[-1].get_legend_handles_labels()
    figure.tight_layout(rect=(0, 0.08, 1, 1))
    figure.legend(handles, names, loc="lower center", ncols=len(names), frameon=False)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def bandwidth(runs, path):
    for figure, axis, group in panels(runs, "Bandwidth of each way"):
        for one in group:
            axis.stairs(curve(one), baseline=None, label=one["way"], **STYLES[one["way"]])
        axis.set(xlabel="minute of the system's own time", ylabel="KiB per second of it", yscale="symlog", ylim=(0, None))
    save(figure, path)


def totals(runs, path):
    groups = of_cameras(runs)
    figure, axis = pyplot.subplots(figsize=(8, 4))
    for index, way in enumerate(STYLES):
        heights = [sum(mib(one, one["way_links"]) for one in group if one["way"] == way) for _, group in groups]
        bars = axis.bar([at + index * 0.2 - 0.3 for at in range(len(groups))], heights, 0.18, label=way,
                        color=STYLES[way]["color"])
        axis.bar_label(bars, fmt="%.0f", fontsize=8)
    axis.set(xticks=range(len(groups)), xticklabels=[named(count) for count, _ in groups], ylabel="MiB",
             title="Moved in the run, both directions of every link of the way")
    save(figure, path)


def staleness(runs, path):
    for figure, axis, group in panels(runs, "Age of a change when the consumer has it"):
        for one in group:
            scale = one["factor"] if one["way"].startswith("batch") else 1
            axis.plot([max(age, 0.001) * scale for age in one["age_percentiles"]], range(101), label=one["way"],
                      **STYLES[one["way"]])
        axis.set(xlabel="seconds", ylabel="percent of the changes", xscale="log", ylim=(0, 100))
    save(figure, path)


def draw(runs, folder):
    folder.mkdir(parents=True, exist_ok=True)
    bandwidth(runs, folder / "bandwidth.png")
    totals(runs, folder / "bytes.png")
    staleness(runs, folder / "staleness.png")
