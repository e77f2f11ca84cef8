-- Why: the timer of a transfer's patience comes early and is set again, instead of being moved by every step (transfer/patience-timer.ts). When
-- it comes, the machine must know since when the time for the transfer's phase runs. No index: a step's update of the row stays within its page.
alter table transfers add column phase_since timestamptz; -- null until the first step after this migration
