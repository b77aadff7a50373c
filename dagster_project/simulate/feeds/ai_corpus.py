"""Register of the corpora on which AI models are trained: what they hold, how much was checked and sound."""

from __future__ import annotations

import numpy as np

from dagster_project.simulate.registers import FOREVER, Stock, codes_of, day_in, lives, names, owners
from dagster_project.simulate.world import Month, World

CORPORA = Stock(240, start=-14, power=1.6)
# Share of each kind, entries of a usual one after a year, and the ends of its names.
KINDS: dict[str, tuple[float, float, tuple[str, ...]]] = {
    "text": (0.34, 250_000, ("文本语料", "公文语料", "法规语料")),
    "dialogue": (0.18, 400_000, ("问答语料", "热线对话语料")),
    "image": (0.20, 150_000, ("图像语料", "巡查图片语料")),
    "speech": (0.08, 80_000, ("语音语料",)),
    "video": (0.08, 20_000, ("视频语料",)),
    "table": (0.12, 600_000, ("表格语料", "指标语料")),
}
SUBJECTS = (
    "政务服务 城市管理 交通 水务 应急 消防 生态 气象 教育 医疗 医保 人社 民政 文旅 农业 林业 住建 规划 工业 商务 "
    "市场监管 税务 财政 审计 司法 公安 信访 党建 宣传 能源"
)
# Share of the checked entries that are found unsound where a place is run as well as most.
UNSOUND = 0.045


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """One row per corpus; each grows quickly in its first years, and what is checked is its oldest part."""
    rng = world.rng("ai_corpus", "register")
    room = CORPORA.room
    drawn = owners(world, "ai_corpus", room, city=0.35)
    kinds = rng.choice(list(KINDS), room, p=[share for share, _, _ in KINDS.values()])
    usual, name = np.zeros(room), np.empty(room, dtype="U20")
    for kind, (_, entries, ends) in KINDS.items():
        mine = kinds == kind
        usual[mine] = entries * rng.lognormal(0, 0.8, mine.sum())
        name[mine] = np.resize(names(rng, SUBJECTS, ends), mine.sum())
    sectors = np.ma.array(rng.choice(codes_of(world, "node", "node_id", "sector"), room), mask=rng.random(room) < 0.1)
    body, part = rng.choice(codes_of(world, "body", "body_id"), room), rng.random(room)
    every, looked_at, own = rng.integers(7, 90, room), rng.uniform(0.05, 0.4, room), rng.normal(0, 0.35, room)
    private, shared = rng.random(room), rng.random(room)

    born = lives(CORPORA, month.number, np.full(room, FOREVER))["born"].to_numpy()
    known = slice(len(born))
    begun: np.ndarray = day_in(born, part[known])
    end = np.datetime64(month.end)
    days = (end - begun).astype("int64")
    care = drawn["care"].to_numpy()[known]
    held = np.floor(usual[known] * np.log2(1 + days / 365)) + 1
    checked = np.floor(held * looked_at[known] * np.minimum(1, 0.3 + days / 730))
    unsound = UNSOUND * np.exp(own[known] - 0.35 * care - 0.012 * month.number)
    return {
        "corpus_id": np.array([f"K{order:04}" for order in range(1, len(born) + 1)]),
        "name": name[known],
        "kind": kinds[known],
        "sector": sectors[known],
        "region": drawn["region"].to_numpy()[known],
        "body": body[known],
        "entries": held,
        "checked": checked,
        "passed": np.floor(checked * (1 - unsound)),
        "desensitised": private[known] < 0.9 + 0.05 * care,
        "shared": shared[known] < 0.5,
        "updated_on": end - days % every[known],
    }
