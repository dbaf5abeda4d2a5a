"""Reliability campaign: very many repeatable cases against the public interface; `make fuzz`.

`campaign` runs cases in worker processes and notices the death or hang of one, `worker` is such a
process, `judge` says how a case ended, `draws` has the values, `store` keeps results, `page` writes
them down, and `cases` has a file for each kind.
"""
