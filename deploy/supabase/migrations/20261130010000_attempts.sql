-- How often a unit has failed, and what has died of it: counted where every copy of its message looks.

alter table work_units
  add column attempts integer not null default 0,      -- that failed; a quota's refusal is none
  add column deaths integer not null default 0,        -- of workers that had it in their hands
  add column child_deaths integer not null default 0;  -- of child processes that read its input
