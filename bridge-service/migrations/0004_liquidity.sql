-- Why: what is promised to one transfer must not be promised to another, under any number of coordinators.

create table liquidity_pools (
  id       key_text primary key,             -- 'evm:31337:USDC'
  currency text not null,
  total    numeric(38, 0) not null check (total >= 0),
  reserved numeric(38, 0) not null default 0 check (reserved >= 0),
  version  int not null default 1,           -- rises with every reservation, which is refused when it has moved
  check (reserved <= total)
);

create table reservations (
  transfer_id key_text primary key,
  pool_id     key_text not null,
  amount      numeric(38, 0) not null check (amount > 0),
  status      text not null check (status in ('reserved', 'consumed', 'freed'))
);

grant select, insert, update on liquidity_pools, reservations to causeway_app;
