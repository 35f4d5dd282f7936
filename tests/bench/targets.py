"""The questions of docs/benchmarks.md, their targets, and the table of answers."""
import dataclasses

MIB = 1 << 20


@dataclasses.dataclass
class Answer:
    """`ratio` is None where something wasn't measured."""
    question: str
    ours: str
    theirs: str
    ratio: float | None
    limit: float
    at_least: bool  # else at most

    def verdict(self):
        if self.ratio is None:
            return "not measured"
        met = self.ratio >= self.limit if self.at_least else self.ratio <= self.limit
        return "met" if met else "MISSED"

    def cells(self):
        ratio = "-" if self.ratio is None else f"{self.ratio:.2f}"
        return [self.question, self.ours, self.theirs, ratio, f"{'>=' if self.at_least else '<='} {self.limit:g}",
                self.verdict()]


def seconds(value):
    if value is None:
        return "-"
    return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"


def mebibytes(value):
    return "-" if value is None else f"{value / MIB:.1f} MiB"


def divide(a, b):
    return None if a is None or b is None or b <= 0 else a / b


class Answers:
    def __init__(self, run, recorder):
        self.run, self.recorder, self.list = run, recorder, []

    def faster(self, question, workload, operation, peer, limit):
        """How many times cowstore's speed is of the peer's."""
        ours, theirs = (self.recorder.median(workload, operation, tool) for tool in ("cowstore", peer))
        self.list.append(Answer(f"{question}, against {peer}", seconds(ours), seconds(theirs), divide(theirs, ours), limit, True))

    def not_slower(self, question, workload, operation, peer, limit, peers_operation=None):
        """cowstore's time as a part of the peer's."""
        ours = self.recorder.median(workload, operation, "cowstore")
        theirs = self.recorder.median(workload, peers_operation or operation, peer)
        self.list.append(Answer(f"{question}, against {peer}", seconds(ours), seconds(theirs), divide(ours, theirs), limit, False))

    def smaller(self, question, workload, operation, value, peer):
        ours, theirs = (self.recorder.median(workload, operation, tool, value) for tool in ("cowstore", peer))
        self.list.append(Answer(f"{question}, against {peer}", mebibytes(ours), mebibytes(theirs), divide(ours, theirs), 1, False))

    def hashing(self, limit):
        took = self.recorder.median("W1", "first commit", "cowstore")
        ours = divide(self.recorder.median("W1", "bytes", "tree", "bytes"), took)
        theirs = self.recorder.median("W1", "hash", "openssl", "rate")
        self.list.append(Answer("first commit of W1, rate against OpenSSL's SHA-256 on all cores", f"{mebibytes(ours)}/s",
                                f"{mebibytes(theirs)}/s", divide(ours, theirs), limit, True))

    def memory(self, limit):
        peak = self.recorder.peak_memory("cowstore")
        self.list.append(Answer("peak memory of any cowstore command, MiB", mebibytes(peak), "", divide(peak, MIB), limit, False))

    def start(self, limit):
        took = self.recorder.median("-", "start", "cowstore")
        self.list.append(Answer("cowstore version, ms", seconds(took), "", divide(took, 0.001), limit, False))

    def all(self):
        if self.run["reflinks"]:
            self.hashing(0.6)
            self.faster("first commit of W1", "W1", "first commit", "restic", 8)
        else:
            self.faster("first commit of W1", "W1", "first commit", "restic", 3)
            self.faster("first commit of W1", "W1", "first commit", "git", 5)
            self.smaller("store after the first commit of W1", "W1", "store", "stored", "restic")
        self.faster("commit of the edits W1b", "W1b", "commit of edits", "restic", 5)
        self.smaller("growth by the edits W1b", "W1b", "commit of edits", "grown_bytes", "restic")
        for workload in ("W2", "W3"):
            self.not_slower(f"status of {workload}, unchanged", workload, "status", "git", 1)
            self.not_slower(f"empty commit of {workload}, to git status", workload, "empty commit", "git", 1, "status")
        for workload in ("W1b", "W2", "W3"):
            self.not_slower(f"checkout of {workload} into a new directory", workload, "checkout", "cp", 1)
            if self.run["reflinks"]:
                self.not_slower(f"checkout of {workload} into a new directory", workload, "checkout", "loop", 1.3)
        self.faster("switch from W1 to W1b in place", "W1b", "switch in place", "git", 4)
        self.memory(256)
        self.start(10)
        return self.list


def table(run, recorder):
    answers = Answers(run, recorder).all()
    for answer in answers:
        recorder.write({"record": "target", **dataclasses.asdict(answer), "verdict": answer.verdict()})
    rows = [["question", "cowstore", "peer", "ratio", "target", ""]] + [answer.cells() for answer in answers]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    lines.insert(1, "-" * (sum(widths) + 2 * len(widths) - 2))
    missing = f"; not installed: {', '.join(run['missing'])}" if run["missing"] else ""
    head = (f"{run['filesystem']}, scale {run['scale']:g}, medians of {run['rounds']}, {run['cores']} cores, "
            f"Linux {run['kernel']}, load {run['load']:.1f} at the start{missing}")
    return "\n".join([head, ""] + lines)
