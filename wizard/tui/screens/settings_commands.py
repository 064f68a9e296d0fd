"""What the palette offers on a settings screen, besides what it offers everywhere."""

from __future__ import annotations

from textual.command import DiscoveryHit, Hit, Hits, Provider

_TITLE = "Undo all of this screen"
_HELP = "Put every field of this screen back to its default"


class SettingsCommands(Provider):
    """Undo of all."""

    async def discover(self) -> Hits:
        """Shown before anything is typed."""
        yield DiscoveryHit(_TITLE, self._undo_all, help=_HELP)

    async def search(self, query: str) -> Hits:
        """Shown where it matches what was typed."""
        matcher = self.matcher(query)
        score = matcher.match(_TITLE)
        if score > 0:
            yield Hit(score, matcher.highlight(_TITLE), self._undo_all, help=_HELP)

    def _undo_all(self) -> None:
        from wizard.tui.screens.settings import SettingsScreen

        if isinstance(self.screen, SettingsScreen):
            self.screen.undo_all()
