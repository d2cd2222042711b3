"""The main job on the deck's two cases, through the real HTTP API and the real worker."""

from jejak.demo.story import play

__all__ = ["play"]
