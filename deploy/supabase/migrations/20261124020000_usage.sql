-- What engines were paid for, at which price; the pace that their quotas allow; and how a project
-- wants its translations.

-- One row an answered call, written with what became of its unit: also for a useless answer.
create table ai_calls (
  id uuid primary key,
  job_id uuid not null references processing_jobs on delete cascade,
  epoch integer not null,
  unit text not null,
  service text not null,
  model text not null,
  prompt_tokens bigint not null check (prompt_tokens >= 0),  -- the cached ones included
  output_tokens bigint not null check (output_tokens >= 0),  -- thinking included
  cached_tokens bigint not null default 0 check (cached_tokens >= 0),
  stored_at timestamptz not null default clock_timestamp()
);
create index ai_calls_by_job on ai_calls (job_id);

-- US dollars a million tokens, from `since` on. A model that is not here has no known cost.
create table ai_prices (
  model text not null,
  since timestamptz not null,
  prompt numeric not null check (prompt >= 0),
  cached numeric not null check (cached >= 0),
  output numeric not null check (output >= 0),
  primary key (model, since)
);
insert into ai_prices values
  ('offline', '2026-01-01', 0, 0, 0),
  ('apertium', '2026-01-01', 0, 0, 0);
-- As announced for 2026 and for 2027; check them against your own contract.
insert into ai_prices values
  ('gemini-3.8-flash', '2026-09-01', 0.75, 0.075, 3.75),
  ('gemini-3.8-flash', '2027-01-01', 1.50, 0.15, 7.50);

-- The sums of a unit; of a job or a project, sum further. `cost` is null where a price is missing.
create view ai_usage with (security_invoker = true) as
select c.job_id, j.project_id, c.epoch, c.unit, c.service, c.model,
  count(*) as calls,
  sum(c.prompt_tokens)::bigint as prompt_tokens,
  sum(c.output_tokens)::bigint as output_tokens,
  sum(c.cached_tokens)::bigint as cached_tokens,
  case when bool_and(p.model is not null) then
    sum(((c.prompt_tokens - c.cached_tokens) * p.prompt + c.cached_tokens * p.cached
         + c.output_tokens * p.output) / 1000000)
  end as cost
from ai_calls c
join processing_jobs j on j.id = c.job_id
left join lateral (
  select * from ai_prices p where p.model = c.model and p.since <= c.stored_at
  order by p.since desc limit 1
) p on true
group by c.job_id, j.project_id, c.epoch, c.unit, c.service, c.model;

-- Calls that were let through lately or have a time to go, for all replicas together.
create table ai_admissions (
  id bigint generated always as identity primary key,
  model text not null,
  due_at timestamptz not null,
  tokens bigint not null
);
create index ai_admissions_by_model on ai_admissions (model, due_at desc);

-- A model whose quota is used up, and when it opens again.
create table ai_closures (
  model text primary key,
  opens_at timestamptz not null,
  daily boolean not null
);

-- How readers are addressed, by language: formal or informal; without one it does not matter.
alter table projects add column formality jsonb not null default '{}';
alter table video_segments add column speaker text not null default '';

grant select, insert, update, delete on ai_calls, ai_prices, ai_admissions, ai_closures
  to service_role;
grant select on ai_calls, ai_prices, ai_usage to authenticated, service_role;

alter table ai_calls enable row level security;
alter table ai_prices enable row level security;
alter table ai_admissions enable row level security;
alter table ai_closures enable row level security;
create policy members_read on ai_calls for select to authenticated
  using (job_id in (select id from processing_jobs));
create policy everyone_reads on ai_prices for select to authenticated using (true);

-- Lets a call of a model through: now, or in the `wait` seconds that it returns, in the order of the
-- calls. Within any minute there are at most so many requests and tokens; null: any number. A wait
-- of more than `patience` is `refused`, and takes no place. One at a time, for all replicas.
create function admit_call(
  wanted_model text, wanted_tokens bigint, most_requests integer, most_tokens bigint,
  patience double precision
) returns table (wait double precision, refused boolean, daily boolean)
language plpgsql set search_path = '' as $$
#variable_conflict use_column
declare
  present timestamptz;
  due timestamptz;
  full_until timestamptz;
  closure public.ai_closures;
begin
  perform pg_advisory_xact_lock(hashtextextended('ai:' || wanted_model, 0));
  present := clock_timestamp();
  due := present;
  delete from public.ai_admissions a
    where a.model = wanted_model and a.due_at < present - interval '61 seconds';
  select * into closure from public.ai_closures c
    where c.model = wanted_model and c.opens_at > present;
  if found then
    due := closure.opens_at;
  end if;
  select max(a.due_at) into full_until from public.ai_admissions a where a.model = wanted_model;
  due := greatest(due, full_until);
  if most_requests is not null then
    select a.due_at + interval '60 seconds' into full_until from public.ai_admissions a
      where a.model = wanted_model order by a.due_at desc offset most_requests - 1 limit 1;
    due := greatest(due, full_until);
  end if;
  if most_tokens is not null then
    select s.due_at + interval '60 seconds' into full_until from (
      select a.due_at, sum(a.tokens) over (order by a.due_at desc, a.id desc) as total
      from public.ai_admissions a where a.model = wanted_model
    ) s where s.total + wanted_tokens > most_tokens order by s.due_at desc limit 1;
    due := greatest(due, full_until);
  end if;
  wait := extract(epoch from due - present);
  refused := wait > patience;
  daily := coalesce(closure.daily, false);
  if not refused then
    insert into public.ai_admissions (model, due_at, tokens)
      values (wanted_model, due, wanted_tokens);
  end if;
  return next;
end $$;
revoke execute on function admit_call(text, bigint, integer, bigint, double precision) from public;
grant execute on function admit_call(text, bigint, integer, bigint, double precision)
  to service_role;
