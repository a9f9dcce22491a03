"""The desk: 对接申请 -> 联调 -> 核准上线 -> 暂停 -> 终止停服, as a table and pure decisions over it."""
