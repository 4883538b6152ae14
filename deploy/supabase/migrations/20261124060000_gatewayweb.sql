-- What a job has cost, cheaply enough to be polled; and what was spent by day.
-- For PostgreSQL 15 to 18 with core functions only.

-- In US dollars, all epochs. Null where nothing was paid, or a price is missing, or the caller does
-- not see the job: asked once a job, since the policy on its calls would ask once a call.
create function job_cost(job uuid) returns double precision
  language plpgsql stable security definer set search_path = '' as $$
begin
  -- In floating point, since it is polled; rounded, since its order must not change what is told.
  return (
    select case when bool_and(p.model is not null) then
        nullif(round(sum((c.prompt_tokens - c.cached_tokens) * p.prompt + c.cached_tokens * p.cached
                         + c.output_tokens * p.output)::numeric / 1000000, 6), 0)
      end
    from public.processing_jobs j
    join public.ai_calls c on c.job_id = j.id and c.answered
    -- Each price with its end: joined once, where looking up the latest would be once a call.
    left join (
      select model, since, lead(since, 1, 'infinity') over (partition by model order by since) as until,
        prompt::float8, cached::float8, output::float8
      from public.ai_prices
    ) p on p.model = c.model and p.since <= c.stored_at and c.stored_at < p.until
    where j.id = job and j.project_id = any ((select public.member_projects())::uuid[]));
end $$;
revoke execute on function job_cost(uuid) from public, anon, authenticated;
grant execute on function job_cost(uuid) to authenticated, service_role, docreel_gateway;

create index ai_calls_by_time on ai_calls (stored_at);
alter policy members_read on ai_calls
  using (exists (select from processing_jobs j where j.id = job_id));

-- What was spent stays spent when the job is deleted: operators see it by day. Without the job's
-- row no member sees it.
alter table ai_calls drop constraint ai_calls_job_id_fkey;
