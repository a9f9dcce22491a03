"""接口标准文档: the standard as a static bilingual site, made from the tables and nothing else.

`site.build(directory)` writes it, `site.site_page(path)` serves it; nothing is imported here, because the
command must start without templates.
"""
