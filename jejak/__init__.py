"""Jejak: journey capture and action-plan tracking for PLN's CX100 programme."""

__version__ = "0.1.0"
