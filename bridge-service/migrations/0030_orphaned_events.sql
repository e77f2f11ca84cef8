-- Why: a transfer that was over when a reorg below finality took its end is a person's case, and is found from the events that are no more. They are few.

create index chain_events_orphaned on chain_events (ref) where not canonical;
