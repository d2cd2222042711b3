"""Benchmarks: what the service does beside the bare statements that do the same, in one run, as ratios.

Machines are shared and noisy: times say little, ratios of alternating runs say more. Nothing here is a test.
"""
