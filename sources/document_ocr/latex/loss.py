"""Why a paper is lost, in words that the funnel can count and a person can act on."""

# What happens to honest papers: counted, not kept for a retry. Everything else is a reject.
ORDINARY = frozenset(
    {
        "auto_ignore",
        "empty_submission",
        "html_only",
        "no_main_file",
        "no_pages",
        "pdf_only",
        "plain_tex",
        "postscript_only",
        "latex_209",
        "needs_lualatex",
        "missing_package",
        "missing_file",
        "compile_failed",
        "converter",
    }
)


class Loss(ValueError):
    """A paper, or a page of one, that gives no sample.

    Attributes:
        reason: short snake_case words.
        detail: what was seen and, where there is something to do, what to do.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type["Loss"], tuple[str, str]]:
        """Crosses from the process that parses to the one that counts."""
        return Loss, (self.reason, self.detail)

    @property
    def ordinary(self) -> bool:
        """Whether it is left out on purpose (a skip) and not broken (a reject)."""
        return self.reason in ORDINARY
