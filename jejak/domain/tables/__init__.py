"""Piccolo tables and nothing else. Constraints and indexes stand in the migrations."""
