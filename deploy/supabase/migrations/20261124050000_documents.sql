-- What people decide about documents: how readers are addressed is the project's writers' to say.
alter table projects add constraint formality_by_language
  check (jsonb_typeof(formality) = 'object');
grant update (formality) on projects to authenticated;

-- A call that was given up before its answer: what it cost, nobody knows. It is no part of the sums;
-- here is how many there were, and about how many tokens their prompts had.
alter table ai_calls add column answered boolean not null default true;
create or replace view ai_usage with (security_invoker = true) as
select c.job_id, j.project_id, c.epoch, c.unit, c.service, c.model,
  count(*) filter (where c.answered) as calls,
  coalesce(sum(c.prompt_tokens) filter (where c.answered), 0)::bigint as prompt_tokens,
  coalesce(sum(c.output_tokens) filter (where c.answered), 0)::bigint as output_tokens,
  coalesce(sum(c.cached_tokens) filter (where c.answered), 0)::bigint as cached_tokens,
  case when coalesce(bool_and(p.model is not null) filter (where c.answered), true) then
    coalesce(sum(((c.prompt_tokens - c.cached_tokens) * p.prompt + c.cached_tokens * p.cached
         + c.output_tokens * p.output) / 1000000) filter (where c.answered), 0)
  end as cost,
  count(*) filter (where not c.answered) as unanswered,
  coalesce(sum(c.prompt_tokens) filter (where not c.answered), 0)::bigint as unanswered_tokens
from ai_calls c
join processing_jobs j on j.id = c.job_id
left join lateral (
  select * from ai_prices p where p.model = c.model and p.since <= c.stored_at
  order by p.since desc limit 1
) p on true
group by c.job_id, j.project_id, c.epoch, c.unit, c.service, c.model;

-- [[start, end, word]] in seconds, of what was spoken, where the engine tells them.
alter table video_segments add column words jsonb not null default '[]';
