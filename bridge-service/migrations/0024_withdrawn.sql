-- Why: a payment whose reason has gone must not be sent again. Its intent is withdrawn: from then on the bank is only asked what it has of it.

alter table intents add column withdrawn_at timestamptz;

-- A refund may come back after it has settled.
alter table refunds
  drop constraint refunds_state_check,
  add constraint refunds_state_check check (state in ('requested', 'crediting', 'completed', 'returned', 'failed')),
  drop constraint refunds_check1,
  add constraint refunds_paid check (state not in ('completed', 'returned') or bank_transfer_id is not null);

-- A transfer knows from now on whether its credit was ever wished for.
update transfers t set progress = jsonb_set(t.progress, '{credit}', '{}')
 where not t.progress ? 'credit' and exists (select from intents i where i.transfer_id = t.id and i.step = 'creditFiat');

-- Credits of debits that came back in the meantime are wished for no more than those to come. Their transfers have to know it.
with withdrawn as (
  update intents i set withdrawn_at = now(), lease_owner = null, lease_epoch = i.lease_epoch + 1
    from transfers t
   where t.id = i.transfer_id and t.state = 'review' and t.progress #>> '{debit,returned}' = 'afterPivot'
     and i.step = 'creditFiat' and i.status in ('PENDING', 'IN_FLIGHT', 'UNKNOWN')
  returning i.transfer_id
)
update transfers t
   set progress = jsonb_set(t.progress, '{credit}', (t.progress->'credit') || '{"withdrawn": true}')
  from withdrawn w where t.id = w.transfer_id;
