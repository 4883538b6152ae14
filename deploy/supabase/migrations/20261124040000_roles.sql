-- One role a service, that writes what the service owns and nothing else. They cannot log in until
-- `deploy.accounts` gives them passwords; an installation that does not ask for them goes on as
-- service_role. For PostgreSQL 15 to 18 with core functions only.

do $$
declare
  wanted text;
begin
  foreach wanted in array array['docreel_services', 'docreel_gateway', 'docreel_transcriber',
                                'docreel_docgen', 'docreel_translator', 'docreel_progress',
                                'docreel_housekeeping'] loop
    if not exists (select from pg_roles where rolname = wanted) then
      execute format('create role %I nologin', wanted);
    end if;
  end loop;
end $$;

grant docreel_services to docreel_gateway, docreel_transcriber, docreel_docgen, docreel_translator,
  docreel_progress, docreel_housekeeping;

-- The gateway acts as the calling user. Where a host keeps that role to itself, the gateway stays
-- with the administrator's URL, as docs/operations.md says.
do $$
begin
  grant authenticated to docreel_gateway;
exception when insufficient_privilege then
  raise notice 'docreel_gateway cannot act as authenticated: give the gateway another user';
end $$;

-- What all services read.
grant usage on schema public to docreel_services;
grant select on projects, videos, video_segments, chapters, articles, processing_jobs, job_steps,
  job_events, work_units, ai_results, engines, outbox, glossary_terms,
  ai_calls, ai_prices, ai_usage to docreel_services;

-- What each writes. (`for update` and `for share` ask for the right to update a column, too.)
grant insert, update on outbox to docreel_gateway, docreel_transcriber, docreel_docgen,
  docreel_translator, docreel_progress;
grant insert, update on work_units, engines to docreel_transcriber, docreel_docgen,
  docreel_translator;
grant insert on ai_results, ai_calls to docreel_transcriber, docreel_docgen, docreel_translator;
-- The quotas' pace is one for all who call: `admit_call` counts, and a refusal closes.
grant select, insert, update, delete on ai_admissions, ai_closures
  to docreel_transcriber, docreel_docgen, docreel_translator;
grant execute on function admit_call(text, bigint, integer, bigint, double precision)
  to docreel_transcriber, docreel_docgen, docreel_translator;

grant select, insert, update, delete on organizations, org_members, projects, videos,
  glossary_terms, webhooks, webhook_deliveries, idempotency_keys, gateway_keys, operators
  to docreel_gateway;
grant insert, update on processing_jobs, articles to docreel_gateway;

grant insert, update, delete on video_segments to docreel_transcriber;
grant update (duration, content_digest, vtt_content, vtt_machine, vtt_proposal) on videos
  to docreel_transcriber;

grant insert, update, delete on chapters to docreel_docgen;
grant insert, update, delete on articles to docreel_docgen;

grant insert, update on articles to docreel_translator;
grant update (vtt_languages, vtt_origins) on videos to docreel_translator;

grant update on processing_jobs to docreel_progress;
grant insert, update on job_steps, job_events to docreel_progress;
-- A job's ending is written down for its webhooks in the same transaction; no secret is read for it.
grant select (id, project_id, events) on webhooks to docreel_progress;
grant insert on webhook_deliveries to docreel_progress;

grant delete on job_events, outbox, ai_results to docreel_housekeeping;

-- Rows are kept apart by organization for users, and for services where a row has a service's name.
do $$
declare
  guarded text;
begin
  foreach guarded in array array['organizations', 'org_members', 'projects', 'videos',
    'video_segments', 'chapters', 'articles', 'processing_jobs', 'job_steps', 'job_events',
    'glossary_terms', 'webhooks', 'webhook_deliveries', 'idempotency_keys', 'gateway_keys',
    'operators', 'ai_prices', 'ai_admissions', 'ai_closures'] loop
    execute format('create policy services_act on %I to docreel_services using (true)', guarded);
  end loop;
  foreach guarded in array array['work_units', 'ai_results', 'ai_calls', 'engines',
    'outbox'] loop
    execute format('create policy services_read on %I for select to docreel_services using (true)',
                   guarded);
    execute format('create policy own_added on %I for insert to docreel_services
                    with check (''docreel_'' || service = current_user)', guarded);
    execute format('create policy own_changed on %I for update to docreel_services
                    using (''docreel_'' || service = current_user)', guarded);
  end loop;
end $$;
-- A job that stands still: its events are published again, whoever published them.
create policy reaper_revives on outbox for update to docreel_progress using (true);
create policy housekeeping on outbox for delete to docreel_housekeeping using (true);
create policy housekeeping on ai_results for delete to docreel_housekeeping using (true);

-- A Supabase project had granted everything on these tables as well (see 20261124030000_gateway.sql).
do $$
declare
  ours text;
begin
  foreach ours in array array['ai_calls', 'ai_prices', 'ai_usage', 'ai_admissions', 'ai_closures'] loop
    execute format('revoke all on %I from public, anon, authenticated', ours);
  end loop;
end $$;
grant select on ai_calls, ai_prices, ai_usage to authenticated;
revoke execute on function admit_call(text, bigint, integer, bigint, double precision)
  from public, anon, authenticated;
