"""Calls of AI agents and what became of the answers: one row per agent, town of the users and day.

Belongs here: who calls what. Which agents there are is `ai_agent`'s.
"""

from __future__ import annotations

import numpy as np

from dagster_project.simulate.feeds import ai_agent
from dagster_project.simulate.registers import CITY
from dagster_project.simulate.world import LAST_OF_DEMONSTRATION, Month, World

# Rows of a real day in the demonstration's last month, growth in a year, and the share of the city's own agents in it.
ROWS_A_DAY = 11_000
GROWTH = 0.35
CITY_SHARE = 0.8
# Shares of the calls in the last month, and what is gained in a year.
ACCEPTED, ACCEPTED_GAINED = 0.79, 0.02
HANDED_OVER, HANDED_OVER_GAINED = 0.07, 0.8
WRONG, WRONG_GAINED = 0.0015, 0.75


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """People call the city's agents everywhere, and those of their own governing unit; more where life is digital."""
    rng = world.rng("ai_answer", month.id)
    years = (month.number - Month(*LAST_OF_DEMONSTRATION).number) / 12
    city = world.city(month)
    agents = ai_agent.register(world, month)
    agents = agents[agents["status"] == "online"]
    unit = agents["region"].map(city.set_index("region_id")["unit_id"]).where(agents["region"] != CITY, CITY)
    agents = agents.assign(unit=unit).sort_values(["unit", "agent_id"])

    weight = (city["share"] * np.exp(0.3 * city["digital"])).to_numpy()
    drawn = world.volume(ROWS_A_DAY * (1 + GROWTH) ** years, month)
    town = rng.choice(len(city), drawn, p=weight / weight.sum())
    dates = (np.datetime64(month.start) + np.arange(month.days)).astype("datetime64[D]")
    work = np.where((dates.view("int64") + 3) % 7 >= 5, 0.55, 1.0)
    day = rng.choice(month.days, drawn, p=work / work.sum())
    # An agent of the town's unit or of the city, always the city's where the unit has none: by demand, a place on the
    # running sum of its owner's agents.
    owned = agents["unit"].to_numpy()
    owner = np.append(city["unit_id"].where(city["unit_id"].isin(owned), CITY), CITY)
    low, high = np.searchsorted(owned, owner, "left"), np.searchsorted(owned, owner, "right")
    sums = np.append(0, agents["demand"].cumsum())
    at = np.where(rng.random(drawn) < CITY_SHARE, len(city), town)
    place = sums[low[at]] + rng.random(drawn) * (sums[high] - sums[low])[at]
    agent = np.clip(np.searchsorted(sums, place, "right") - 1, low[at], high[at] - 1)
    # What was drawn twice is one row, with the users of both.
    shape = (len(agents), len(city), month.days)
    found, times = np.unique(np.ravel_multi_index((agent, town, day), shape), return_counts=True)
    agent, town, day = np.unravel_index(found, shape)

    users = times + rng.poisson(1.2 * times * np.exp(0.2 * city["digital"].to_numpy()[town]))
    calls = users + rng.poisson(users * 0.9)
    care, skill = city["care"].to_numpy()[town], agents["skill"].to_numpy()[agent]
    good = np.clip(ACCEPTED + ACCEPTED_GAINED * years + 0.035 * care + 0.03 * skill, 0.3, 0.95)
    to_person = np.clip(HANDED_OVER * HANDED_OVER_GAINED**years * np.exp(-0.2 * skill - 0.2 * care), 0, 0.4)
    bad = np.clip(WRONG * WRONG_GAINED**years * np.exp(-0.4 * skill - 0.2 * care), 0, 0.05)
    accepted = rng.binomial(calls, good)
    # What was not accepted was handed over, reported as wrong, or just left.
    handed_over = rng.binomial(calls - accepted, np.minimum(to_person / (1 - good), 1))
    wrong = rng.binomial(calls - accepted - handed_over, np.minimum(bad / (1 - good), 1))
    return {
        "agent_id": agents["agent_id"].to_numpy()[agent],
        "region": city["region_id"].to_numpy()[town],
        "day": dates[day],
        "users": users,
        "calls": calls,
        "accepted": accepted,
        "handed_over": handed_over,
        "wrong": wrong,
        "p90_seconds": np.round(rng.gamma(5, 0.8, len(found)) * 0.9**years, 1),
    }
