"""The kinds of event that tickets are about: how common, where, when, found by whom, led by whom, due when.

Belongs here: what is fixed of a kind. What becomes of a single ticket is drawn in `feeds/event_ticket.py`. The measure
models name the same codes.
"""

from __future__ import annotations

from typing import NamedTuple

SOURCES = ("sensing", "patrol", "grid", "hotline", "public", "video", "transfer")
# Who finds it, in the order of SOURCES.
FINDERS = {
    "street": (0.05, 0.16, 0.34, 0.14, 0.08, 0.20, 0.03),
    "people": (0.02, 0.08, 0.46, 0.24, 0.14, 0.02, 0.04),
    "machine": (0.36, 0.08, 0.06, 0.04, 0.03, 0.42, 0.01),
}
# How common by month of the year, January first.
SEASONS = {
    "even": (0.95, 0.85, 1.00, 1.00, 1.00, 1.05, 1.05, 1.05, 1.00, 1.00, 1.00, 1.05),
    "flood": (0.10, 0.10, 0.30, 0.60, 1.40, 2.40, 2.60, 1.90, 1.50, 0.70, 0.30, 0.10),
    "fire": (0.80, 1.30, 1.50, 1.40, 0.60, 0.50, 1.30, 2.20, 1.00, 0.50, 0.40, 0.50),
    "harvest": (0.60, 0.80, 0.70, 0.80, 1.50, 0.90, 0.60, 1.20, 1.90, 1.60, 0.80, 0.60),
    "summer": (0.60, 0.60, 0.80, 1.00, 1.10, 1.30, 1.50, 1.50, 1.20, 0.90, 0.80, 0.70),
    "holiday": (1.10, 1.50, 0.70, 1.00, 1.50, 0.70, 0.90, 0.90, 0.80, 1.70, 0.60, 0.60),
}
PLACES = ("urban", "rural", "all")


class Kind(NamedTuple):
    """`part`: of all tickets, relative to the others; of a rare kind the number a month in the whole city, which no
    scale thins out. `hours`: limit for closing at level 4. `grave`: always level 1 or 2. `check`: median minutes until
    it is judged. `false`: share judged false in a place run as most are. `lasts`: mean minutes of the trouble itself,
    where that is watched."""

    code: str
    part: float
    hours: float
    body: str
    finder: str = "street"
    place: str = "all"
    season: str = "even"
    rare: bool = False
    grave: bool = False
    check: float = 15.0
    false: float = 0.035
    lasts: float = 0.0


KINDS = (
    # Uncivil conduct
    Kind("littering", 60, 48, "urban_management", place="urban"),
    Kind("bad_parking", 80, 48, "police", place="urban"),
    Kind("dog_off_lead", 15, 48, "police", place="urban"),
    Kind("thrown_from_height", 4, 48, "police", "people", "urban"),
    Kind("smoking_in_public", 10, 48, "health", "people", "urban"),
    Kind("noise", 50, 48, "ecology", "people", "urban", "summer"),
    # City look and street cleaning
    Kind("street_dirty", 50, 48, "urban_management", place="urban"),
    Kind("bin_overflowing", 35, 24, "urban_management", season="summer"),
    Kind("street_stall", 60, 48, "urban_management", place="urban"),
    Kind("illegal_advert", 40, 72, "urban_management", place="urban"),
    Kind("shopfront_untidy", 20, 72, "urban_management", place="urban"),
    # Streets and what stands in them
    Kind("pothole", 25, 96, "urban_management"),
    Kind("road_subsidence", 6, 96, "urban_management", season="flood"),
    Kind("road_damage", 25, 120, "urban_management"),
    Kind("road_collapse", 2.5, 72, "urban_management", season="flood", rare=True, grave=True),
    Kind("manhole_cover", 16, 48, "urban_management", place="urban", lasts=55),
    Kind("street_lamp", 28, 60, "urban_management"),
    Kind("pavement_broken", 12, 96, "urban_management", place="urban"),
    Kind("pavement_blocked", 8, 48, "urban_management", place="urban"),
    Kind("tactile_path", 3, 96, "urban_management", place="urban"),
    Kind("pipe_strike", 11, 24, "housing", place="urban", rare=True, grave=True),
    # Breaches by dump trucks
    Kind("truck_overload", 4, 96, "urban_management", "machine"),
    Kind("truck_spill", 6, 72, "urban_management"),
    Kind("truck_closed_road", 3, 96, "urban_management", "machine", "urban"),
    Kind("truck_off_route", 3, 96, "urban_management", "machine"),
    # Rivers and lakes
    Kind("river_litter", 12, 96, "water", place="rural", season="flood"),
    Kind("river_outfall", 4, 120, "ecology", place="rural"),
    Kind("river_encroachment", 3, 120, "water", place="rural"),
    # Fire, water, crowds: watched by machines
    Kind("forest_fire_alarm", 30, 24, "forestry", "machine", "rural", "fire", check=2.2, false=0.55),
    Kind("straw_burning", 5, 24, "ecology", "machine", "rural", "harvest", check=6, false=0.12, lasts=27),
    Kind("waste_burning", 4, 24, "ecology", "machine", check=6, false=0.12, lasts=27),
    Kind("waterlogging_deep", 1.2, 24, "housing", "machine", "urban", "flood", check=4, false=0.06, lasts=62),
    Kind("waterlogging_shallow", 4, 24, "housing", "machine", "urban", "flood", check=8, false=0.08),
    Kind("crowd_over_capacity", 36, 12, "police", "machine", "urban", "holiday", rare=True, check=3, lasts=26),
    # Safety, services, disputes
    Kind("fire_hazard", 45, 72, "fire"),
    Kind("work_safety", 40, 120, "emergency", "people"),
    Kind("gas_smell", 6, 12, "housing", "people", "urban"),
    Kind("lift_trouble", 12, 24, "market", "people", "urban"),
    Kind("slope_movement", 5, 72, "land", "machine", "rural", "flood"),
    Kind("tree_fallen", 10, 24, "urban_management", season="summer"),
    Kind("illegal_building", 20, 168, "land"),
    Kind("site_dust", 20, 48, "ecology", "machine", "urban"),
    Kind("traffic_jam", 30, 12, "police", "machine", "urban"),
    Kind("public_order", 40, 48, "police", "people"),
    Kind("neighbour_dispute", 60, 120, "politics_law", "people"),
    Kind("consumer_complaint", 40, 120, "market", "people"),
    Kind("food_safety", 18, 96, "market", "people", season="summer"),
    Kind("wages_unpaid", 8, 168, "labour", "people"),
    Kind("elderly_care", 25, 72, "civil", "people"),
    Kind("water_outage", 15, 24, "water", "people", season="summer"),
    Kind("power_outage", 15, 24, "power", "people", season="summer"),
)
