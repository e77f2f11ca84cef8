-- Why: every event enters these two indexes, and all that is asked of them is equality with a hash of 66 characters. As B-trees over the text
-- they cost four times the bytes, and a search through the whole of a growing tree for a key that is random.

drop index chain_events_by_escrow;
drop index chain_events_by_ref;
create index chain_events_by_escrow on chain_events using hash (escrow_id);
create index chain_events_by_ref on chain_events using hash (ref);
