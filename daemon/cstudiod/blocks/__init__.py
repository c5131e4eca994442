"""Blocks: what each of them means, and how a template is read, checked and composed.

`templates` reads and writes template files, `composition` makes a blueprint of a
template, `dss.archive` reads and writes the zips that DSS exports. A block is one
file here: a model of its settings and pure functions; `kinds` says what they must
be, for ours and for those of other packages (entry points in ``cstudio.blocks``).
"""
