-- Why: an issuer may take back what is in escrow, and a delivery that nobody fetched comes back to us and into its pool.

alter table reservations
  drop constraint reservations_status_check,
  add constraint reservations_status_check check (status in ('reserved', 'consumed', 'freed', 'restored'));
