"""R3: what a pain point's priority is."""


def priority(alias: str) -> str:
    """SQL: severity x reach, 1 to 25."""
    return f"({alias}.severity * {alias}.reach)"
