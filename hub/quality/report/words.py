"""The names of the dimensions in both languages, and why each moves."""

from __future__ import annotations

from hub.quality.model import Dimension

NAMES: dict[Dimension, tuple[str, str]] = {
    Dimension.FLOW: ("流程完整性", "Flow completeness"),
    Dimension.FIELDS: ("字段完整性", "Field completeness"),
    Dimension.TIMELINESS: ("及时性", "Timeliness"),
    Dimension.ACCURACY: ("准确性", "Accuracy"),
    Dimension.REPAIR: ("修复率", "Repair rate"),
}
MEASURES: dict[Dimension, tuple[str, str]] = {
    Dimension.FLOW: ("交易到此时应有的环节,已归集多少", "stages a deal should have by now that are there"),
    Dimension.FIELDS: ("必填与可填字段,填了多少", "mandatory and optional fields filled"),
    Dimension.TIMELINESS: ("事件发生到平台收到,隔了几天", "days from the event to its receipt"),
    Dimension.ACCURACY: ("代码、格式有效,各环节前后一致", "valid codes and forms, records that agree"),
    Dimension.REPAIR: ("发现的错误,有多少已用新版本更正", "errors found that a new version mended"),
}
OURS = (
    "权重与分级为互通自拟,不是国家平台评分;国家监测办法公布后,替换 hub/quality/data 即可。",
    "Weights and classes are ours (those of the national monitoring are not public): not the national "
    "platform's score. When the official ones come, replace hub/quality/data.",
)
SEALED = (
    "开标前依法保密的记录在解除保密之前不计入任何分数和数量。",
    "Records that the law keeps sealed enter no score and no count before their gate has lifted.",
)
