"""Real input: read, check and anonymise request logs, and turn them into a demand profile.

`read_log` keeps five columns (moments, type, place, source) and drops everything else, free text
and personal columns first of all. No row is dropped without being counted under a reason.
"""

from govsim.records.estimate import demand_profile
from govsim.records.files import RecordsError
from govsim.records.log import RequestLog, read_log

__all__ = ["RecordsError", "RequestLog", "demand_profile", "read_log"]
