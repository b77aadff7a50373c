"""Service and office items: what the city, its districts and its towns offer, by item and offering region.

The city's items (region 500000) are open to everyone, a district's to its residents, a town's to the town's. Whether an
item can be done online or at the town's counter is settled once per item and region, and more of them as months go by.
`catalogue` and `district_offers` also serve the cases, which are applications for these items.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dagster_project.simulate.world import Month, World

CITY = "500000"
FIRM_STARTUP = "firm_startup"
# Items by the level whose body offers them, and how many of them one district and one town offer.
ITEMS = {"city": 900, "district": 2400, "town": 200}
BY_DISTRICT, BY_TOWN = 450, 5
NEVER = 9999

# Body, for whom its items are, and their subjects; an item is a subject with an action.
SUBJECTS = {
    ("civil", "person"): "婚姻登记 收养登记 低保 临时救助 养老机构 殡葬服务 高龄津贴 慈善组织",
    ("labour", "person"): "社会保险 失业保险 就业困难人员 职业资格 工伤认定 劳动合同 创业补贴 人才引进",
    ("medical_insurance", "person"): "医保参保 异地就医 生育津贴 慢特病 医疗救助 医保定点 医保转移 医疗费报销",
    ("police", "person"): "户口迁移 居民身份证 居住证 出入境证件 机动车登记 驾驶证 无犯罪记录 特种行业",
    ("education", "person"): "教师资格 学籍 民办学校 助学贷款 义务教育入学 校外培训 学历认定 转学",
    ("housing", "person"): "公租房 房屋租赁 住房公积金 商品房预售 物业维修资金 建筑施工 燃气经营 房屋安全鉴定",
    ("veterans", "person"): "退役军人优待 抚恤金 烈士遗属 自主就业 伤残等级 优待证 军休安置 随军家属",
    ("disabled", "person"): "残疾人证 残疾人补贴 辅助器具 康复救助 托养服务 无障碍改造 残疾人就业 盲人按摩",
    ("health", "person"): "生育登记 医师执业 护士执业 医疗机构 公共场所卫生 独生子女 职业健康 预防接种",
    ("justice", "person"): "法律援助 公证 律师执业 司法鉴定 人民调解 法律职业资格 基层法律服务 行政复议",
    ("culture", "enterprise"): "营业性演出 旅行社 文物保护 导游证 网吧 娱乐场所 艺术品经营 广播电视节目",
    ("market", "enterprise"): "公司登记 个体工商户 食品经营 特种设备 计量器具 广告发布 检验检测机构 知识产权质押",
    ("tax", "enterprise"): "发票 税务登记 出口退税 税收优惠 纳税证明 车辆购置税 契税 环境保护税",
    ("land", "enterprise"): "建设用地 采矿权 不动产权 测绘资质 规划许可 土地复垦 地质灾害评估 临时用地",
    ("transport", "enterprise"): "道路运输 网约车 出租汽车 水路运输 公路施工 危险货物运输 超限运输 驾驶培训",
    ("ecology", "enterprise"): "环境影响评价 排污许可 危险废物 辐射安全 碳排放 噪声排放 入河排污口 固体废物转移",
    ("urban_management", "enterprise"): "占道经营 户外广告 建筑垃圾 城市绿化 市政设施 生活垃圾 夜间施工 临时占路",
    ("water", "enterprise"): "取水许可 河道采砂 水土保持 供水单位 排水许可 涉河建设 水库大坝 节水评估",
    ("agriculture", "enterprise"): "种子经营 兽药经营 动物检疫 农机登记 渔业捕捞 绿色食品 农药经营 家庭农场",
    ("forestry", "enterprise"): "林木采伐 林地占用 野生动物驯养 木材运输 森林防火 林木种子 湿地占用 古树名木",
    ("emergency", "enterprise"): "安全生产 烟花爆竹 危险化学品 矿山安全 安全评价 应急预案 特种作业 安全设施设计",
    ("fire", "enterprise"): "消防验收 消防安全检查 消防技术服务 消防设施 消防产品 微型消防站 大型活动消防 消防培训",
    ("drug", "enterprise"): "药品经营 医疗器械 化妆品 执业药师 疫苗配送 中药饮片 药品网络销售 麻醉药品",
    ("commerce", "enterprise"): "对外贸易 外商投资 成品油 拍卖企业 二手车 单用途卡 家政企业 加工贸易",
    ("econ_info", "enterprise"): "技术改造 工业用电 中小企业 无线电频率 民爆物品 盐业 节能审查 企业技术中心",
    ("science", "enterprise"): "高新技术企业 科技项目 技术合同 科技成果 外国人工作 实验动物 科技奖励 科普基地",
    ("organisation", "office"): "干部档案 公务员录用 党组织关系 公务员考核 干部培训 职级晋升 党费 人事任免",
    ("finance", "office"): "政府采购 部门预算 国有资产 财政票据 专项资金 会计核算 公务卡 绩效评价",
    ("gov_office", "office"): "公文流转 会议室 印章使用 信息公开 值班 督查 公务接待 档案查阅",
    ("data", "office"): "数据共享 云资源 系统上架 数据归集 电子证照 政务网络 密码应用 账号权限",
}  # fmt: skip
ACTIONS = "申请 受理 审核 核发 变更 延续 注销 补发 换发 备案 年审 查询 证明 登记 撤回 复核"
STATUTORY_DAYS = (3, 5, 7, 10, 15, 20, 30, 45, 60)


def catalogue(world: World) -> pd.DataFrame:
    """Every item there ever is, with the numbers of the months in which it is first and last on the list.

    `promised_days` 0 is done on the spot. The ranks say how soon an item goes online and to the towns.
    """
    rng = world.rng("service_item", "register")
    parts = [
        (body, kind, subject + action)
        for (body, kind), subjects in SUBJECTS.items()
        for subject in subjects.split()
        for action in ACTIONS.split()
    ]
    count = sum(ITEMS.values())
    items = pd.DataFrame(parts, columns=["body", "kind", "name"]).iloc[rng.permutation(len(parts))[:count]]
    items = items.reset_index(drop=True)
    items.insert(0, "item_id", [f"{kind[0]}{n:04}" for n, kind in enumerate(items["kind"])])
    items["level"] = np.repeat(list(ITEMS), list(ITEMS.values()))
    items["statutory_days"] = rng.choice(STATUTORY_DAYS, count)
    cut = np.ceil(items["statutory_days"] * rng.uniform(0.1, 0.45, count))
    items["promised_days"] = np.where(rng.random(count) < 0.45, 0, np.minimum(cut, 20))
    items["documents"] = 1 + rng.poisson(2.5, count)
    items["shared"] = rng.beta(2, 3, count)
    items["online_rank"], items["town_rank"] = rng.random((2, count))
    items["first"] = np.where(rng.random(count) < 0.08, rng.integers(0, 48, count), -NEVER)
    items["last"] = np.where(rng.random(count) < 0.06, rng.integers(1, 48, count), NEVER)
    # A firm is set up in one go: licence, seals and invoices.
    items.loc[0, ["item_id", "body", "kind", "name"]] = [FIRM_STARTUP, "market", "enterprise", "企业开办一件事"]
    items.loc[0, ["statutory_days", "promised_days", "documents", "first", "last"]] = [15, 2, 4, -NEVER, NEVER]
    return items


def district_offers(world: World, items: pd.DataFrame, districts: list[str]) -> list[np.ndarray]:
    """Places in `items` of what each district offers, the same in every month."""
    pool = np.flatnonzero(items["level"] == "district")
    offers = []
    for district in districts:
        rng = world.rng("service_item", "offer", district)
        offers.append(np.sort(rng.choice(pool, BY_DISTRICT + rng.integers(-40, 41), replace=False)))
    return offers


def on_list(items: pd.DataFrame, month: Month) -> np.ndarray:
    """Whether each item is on the list in the month; a cancelled one still is in the month of its end."""
    return np.asarray((items["first"] <= month.number) & (items["last"] >= month.number))


def statement(world: World, month: Month) -> dict[str, np.ndarray]:
    """The items of the city, of each district and of each town at the month's end."""
    items, city = catalogue(world), world.city(month)
    traits = city.groupby("district_id")[["care", "digital"]].mean()
    districts = [str(name) for name in traits.index]
    offers = district_offers(world, items, districts)
    own, towns = np.flatnonzero(items["level"] == "city"), np.flatnonzero(items["level"] == "town")
    queue = world.rng("service_item", "offer", "town").random((len(city), len(towns)))
    by_town = towns[np.argpartition(queue, BY_TOWN, axis=1)[:, :BY_TOWN]]

    sizes = [len(own), *(len(offer) for offer in offers)]
    which = np.concatenate([own, *offers, by_town.ravel()])
    places = np.concatenate([np.repeat([CITY, *districts], sizes), np.repeat(city["region_id"].to_numpy(), BY_TOWN)])
    digital, care = (
        np.concatenate([np.repeat([0.0, *traits[trait]], sizes), np.repeat(city[trait].to_numpy(), BY_TOWN)])
        for trait in ("digital", "care")
    )
    keep = on_list(items, month)[which]
    which, places, digital, care = which[keep], places[keep], digital[keep], care[keep]
    row = items.iloc[which]

    number = month.number
    online = row["online_rank"].to_numpy() < np.clip(0.62 + 0.07 * digital + 0.004 * number, 0.2, 0.98)
    share = np.clip(row["shared"].to_numpy() + 0.05 * digital + 0.004 * number, 0, 1)
    documents = row["documents"].to_numpy()
    suspended = world.rng("service_item", month.id).random(len(row)) < 0.008
    status = np.where(row["last"] == number, "cancelled", np.where(suspended, "suspended", "offered"))
    return {
        "item_id": row["item_id"].to_numpy(),
        "region": places,
        "name": row["name"].to_numpy(),
        "kind": row["kind"].to_numpy(),
        "body": row["body"].to_numpy(),
        "online": online,
        "one_visit": online | (row["documents"].to_numpy() <= 4),
        "across_city": row["town_rank"].to_numpy() < 0.5 + 0.006 * number,
        "across_provinces": row["online_rank"].to_numpy() < 0.12 + 0.003 * number,
        "at_town": (row["level"] == "town").to_numpy()
        | (row["town_rank"].to_numpy() < np.clip(0.4 + 0.08 * care + 0.004 * number, 0.1, 0.95)),
        "statutory_days": row["statutory_days"].to_numpy().astype("float64"),
        "promised_days": row["promised_days"].to_numpy().astype("float64"),
        "documents": documents,
        "documents_shared": np.floor(documents * share).astype("int64"),
        "status": status,
    }
