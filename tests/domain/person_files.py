"""Files of people, as people make them."""

HEADER = ("email", "name", "unit code", "role", "ranger", "language")
PEOPLE = [
    ("sri@pln.example", "Sri Wahyuni", "MLG", "CONTRIBUTOR", "ya", "id"),
    ("budi@pln.example", "Budi Santoso", "MLG", "manager", "", "EN"),
    ("sri@pln.example", "Sri Wahyuni", "JATIM", "VIEWER", "tidak", ""),
]
