"""The keys that work now, in the last line of a screen."""

from __future__ import annotations

from textual.widgets import Footer


class KeyLine(Footer):
    """Textual's footer, made anew only where its keys are others.

    Textual makes it anew whenever the focus moves or a binding may have changed: a widget for each key, on each Tab,
    and several times while a screen is opened.
    """

    def __init__(self) -> None:
        super().__init__(compact=True)
        self._shown: tuple[object, ...] = ()

    async def recompose(self) -> None:
        """Make the keys anew where they differ from those that are shown."""
        if not self.is_attached:
            # Asked for before its screen was left.
            return
        keys = tuple(
            (key, active.binding, active.enabled, active.tooltip) for key, active in self.screen.active_bindings.items()
        )
        if keys != self._shown:
            self._shown = keys
            await super().recompose()
