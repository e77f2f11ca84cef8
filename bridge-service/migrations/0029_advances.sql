-- Why: what is released before its debit is final is lent to the tenant, and his limit has to count it before a return makes a receivable of it.
-- What was lent before this migration is not in here: its debits are final within the clearing time.
create table advances (
  transfer_id      key_text primary key,
  tenant           text not null,
  currency         text not null,
  amount           numeric(38, 0) not null check (amount > 0), -- of the debit
  returnable_until timestamptz                                 -- when it is final; null: it has not settled yet
);
create index advances_by_tenant on advances (tenant, currency, returnable_until);
grant select, insert, update, delete on advances to causeway_app;
