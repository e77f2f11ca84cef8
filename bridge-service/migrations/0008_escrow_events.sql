-- Why: the escrow now tells of its point of no return, which moves no tokens, and of payouts that the token refused.

alter table chain_events
  drop constraint chain_events_type_check,
  add constraint chain_events_type_check
    check (type in ('escrowLocked', 'escrowCommitted', 'escrowReleased', 'escrowRefunded', 'escrowCredited')),
  alter column amount drop not null,
  add check (amount is not null or type = 'escrowCommitted');
