"""CityDeck: KPI and indicator warehouse for governing a large city."""
