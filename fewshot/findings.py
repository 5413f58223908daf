"""What is wrong with a gallery, as values: nothing comes in, findings and their effects go out."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("mislabeled", "same-identity", "copy-across", "outlier", "blurred", "tiny", "copy")
"""What there is to find, what matters most first."""

APPLIED = ("mislabeled",)
"""The kinds that go into quarantine unasked; the others where they are named, but for ASKS."""

ASKS = ("same-identity", "copy-across")
"""The kinds that a person decides: two names that may be one, one picture under two names."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What removing references changes, each figure over the references that would stay.

    So that leaving out a wrong answer is no gain by itself.
    """

    accuracy_before: float  # leave-one-out, nearest class mean, each name counting the same
    accuracy_after: float
    strangers_before: float  # share of stand-in strangers that reach the threshold
    strangers_after: float


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found."""

    kind: str  # one of KINDS
    references: tuple[int, ...]  # the one that could go first; none for "same-identity"
    names: tuple[str, ...]  # whose they are; then the name it stands with
    sources: tuple[str, ...]  # the paths of the references
    score: float  # how sure, or how far; larger is worse, within a kind
    says: str
    advice: str
    effect: Effect | None = None  # None: not worked out, see `Diagnosis.worked_out`
    beside: tuple[tuple[str, int], ...] = ()  # the best references of its names, to look at beside

    @property
    def removable(self) -> int | None:
        """The reference that may go into quarantine; None where a person decides."""
        return self.references[0] if self.references and self.kind not in ASKS else None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All that was found, by kind as in KINDS, worst first."""

    findings: tuple[Finding, ...]
    names: int
    references: int  # how many there are
    looked_at: int  # how many of them, evenly taken, were looked at: 20,000 at most
    threshold: float  # the similarity that 5 % of this gallery's stand-in strangers reach
    accuracy: float | None  # leave-one-out, in [0, 1]; None where it cannot be told
    worked_out: int  # how many findings have their effect: the first thousand

    def of_kinds(self, kinds: tuple[str, ...] = APPLIED) -> list[int]:
        """Return the references of these kinds that may go into quarantine, each once."""
        chosen = [one.removable for one in self.findings if one.kind in kinds]
        return list(dict.fromkeys(one for one in chosen if one is not None))
