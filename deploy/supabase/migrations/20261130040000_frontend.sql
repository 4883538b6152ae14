-- What a frontend reads that asks the tables by itself: one way from table to table, a status of each
-- video, a slug of each project, an article's project and video. For PostgreSQL 15 to 18 with core
-- functions only.

-- What is filled in here was not changed by anybody: rows keep the time of their last change.
do $$
declare
  ours text;
begin
  foreach ours in array array['projects', 'videos', 'chapters', 'articles', 'processing_jobs'] loop
    execute format('alter table %I disable trigger touch_updated_at', ours);
  end loop;
end $$;

-- One foreign key between two tables: PostgREST cannot choose between two, and refuses to embed.
-- Each has the name that PostgreSQL gives by default, which a frontend may have written into a query.
alter table processing_jobs drop constraint processing_jobs_video_id_fkey;
alter table processing_jobs
  rename constraint processing_jobs_video_of_project to processing_jobs_video_id_fkey;

-- Documents whose video was deleted by SQL: they had none any more, and were not to be found. Now
-- each project has a video that they hang on.
with orphans as (
  select distinct project_id from chapters where video_id is null
)
insert into videos (project_id, title, filename)
select project_id, 'Documents of deleted videos', '' from orphans;
update chapters c set video_id = v.id from videos v
where c.video_id is null and v.project_id = c.project_id
  and v.title = 'Documents of deleted videos' and v.filename = '';

-- A chapter is in its video's project and goes with it, as the gateway has always deleted it.
update chapters c set project_id = v.project_id from videos v
where v.id = c.video_id and v.project_id <> c.project_id;
alter table chapters drop constraint chapters_video_id_fkey;
alter table chapters alter column video_id set not null,
  add constraint chapters_video_id_fkey foreign key (video_id, project_id)
    references videos (id, project_id) on delete cascade,
  add constraint chapters_of_video unique (id, video_id, project_id);

-- An article names its chapter's video and project, and can name no other.
alter table articles add column project_id uuid, add column video_id uuid;
update articles a set project_id = c.project_id, video_id = c.video_id
from chapters c where c.id = a.chapter_id;
alter table articles alter column project_id set not null, alter column video_id set not null,
  drop constraint articles_chapter_id_fkey,
  add constraint articles_chapter_id_fkey foreign key (chapter_id, video_id, project_id)
    references chapters (id, video_id, project_id) on delete cascade,
  add constraint articles_video_id_fkey foreign key (video_id) references videos on delete cascade,
  add constraint articles_project_id_fkey foreign key (project_id) references projects
    on delete cascade;
create index articles_by_project on articles (project_id);
create index articles_by_video on articles (video_id, language);

create function place_article() returns trigger
  language plpgsql security definer set search_path = '' as $$
begin
  -- Who writes an article names its chapter; who names the rest as well is checked by the key.
  if tg_op = 'UPDATE' then
    if new.chapter_id is distinct from old.chapter_id
      and (new.project_id, new.video_id) = (old.project_id, old.video_id) then
      new.project_id := null;
      new.video_id := null;
    end if;
  end if;
  if new.project_id is null or new.video_id is null then
    select coalesce(new.project_id, c.project_id), coalesce(new.video_id, c.video_id)
      into new.project_id, new.video_id
      from public.chapters c where c.id = new.chapter_id;
  end if;
  return new;
end $$;
create trigger place_article before insert or update of chapter_id, project_id, video_id on articles
  for each row execute function place_article();

alter policy members_read on articles using (project_id = any ((select member_projects())::uuid[]));
alter policy writers_change on articles
  using (project_id = any ((select writer_projects())::uuid[]))
  with check (project_id = any ((select writer_projects())::uuid[]));

-- A project's name as a part of an address: what of it can be written with a to z and digits, and a
-- number where the organization has another project of that slug. It stays when the name changes.
create function free_project_slug(org uuid, name text) returns text
  language plpgsql security definer set search_path = '' as $$
declare
  wanted text := name;
  special text[];
begin
  -- Of two at once, one waits, and then sees the other's. The query after it is a statement of its own.
  perform pg_advisory_xact_lock(hashtextextended(org::text, 4));
  foreach special slice 1 in array array[['[Ææ]', 'ae'], ['[Œœ]', 'oe'], ['[Øø]', 'o'],
    ['[Đđ]', 'd'], ['[Łł]', 'l'], ['[Þþ]', 'th'], ['[ßẞ]', 'ss'], ['ı', 'i'], ['[''’]', '']] loop
    wanted := regexp_replace(wanted, special[1], special[2], 'g');
  end loop;
  -- An accent is a character of its own in this form, and is left out.
  wanted := regexp_replace(normalize(wanted, NFKD), '[\u0300-\u036f]', '', 'g');
  wanted := regexp_replace(lower(wanted) collate "C", '[^a-z0-9]+', '-', 'g');
  wanted := coalesce(nullif(trim('-' from left(trim('-' from wanted), 60)), ''), 'project');
  return (
    select slug from (
      select wanted as slug, 1 as n
      union all
      select wanted || '-' || m, m from generate_series(
        2, (select count(*) + 2 from public.projects p where p.org_id = org)::integer) m
    ) choices
    where not exists (
      select from public.projects p where p.org_id = org and p.slug = choices.slug)
    order by n limit 1);
end $$;
create function name_project_slug() returns trigger
  language plpgsql security definer set search_path = '' as $$
begin
  if new.slug is null then
    new.slug := public.free_project_slug(new.org_id, new.name);
  end if;
  return new;
end $$;

alter table projects add column slug text;
do $$
declare
  one record;
begin
  for one in select id, org_id, name from projects order by created_at, id loop
    update projects set slug = free_project_slug(one.org_id, one.name) where id = one.id;
  end loop;
end $$;
alter table projects alter column slug set not null,
  add constraint projects_slug_form check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  add constraint projects_slug_in_organization unique (org_id, slug);
create trigger name_project_slug before insert on projects
  for each row execute function name_project_slug();

-- What a job came to, and when it was accepted for the epoch that came to it: a retry that is
-- cancelled leaves both, so that everything is as it was before.
alter table processing_jobs
  add column accepted_at timestamptz not null default clock_timestamp(),  -- its present epoch
  add column ended_status text check (ended_status in ('completed', 'failed')),
  add column ended_message text,
  add column ended_accepted_at timestamptz;
update processing_jobs set accepted_at = coalesce(started_at, created_at);
update processing_jobs
  set ended_status = status, ended_message = error_message, ended_accepted_at = accepted_at
  where status in ('completed', 'failed');

create function note_outcome() returns trigger language plpgsql set search_path = '' as $$
begin
  if tg_op = 'UPDATE' then
    if new.epoch <> old.epoch then
      new.accepted_at := clock_timestamp();
    end if;
  end if;
  if new.status in ('completed', 'failed') then
    new.ended_status := new.status;
    new.ended_message := new.error_message;
    new.ended_accepted_at := new.accepted_at;
  end if;
  return new;
end $$;
create trigger note_outcome before insert or update of status, epoch, error_message
  on processing_jobs for each row execute function note_outcome();

-- A video's status follows from its file and its jobs, of which the one that was accepted last
-- decides; a job that was cancelled before it came to anything decides nothing.
alter table videos
  add column status text not null default 'uploading'
    check (status in ('uploading', 'uploaded', 'processing', 'ready', 'failed')),
  add column error_message text,  -- of `failed`: why
  add column refusal text;        -- why its file is none that can be processed

create function video_state(video uuid, stored boolean, refused text)
  returns table (status text, error_message text)
  language sql stable security definer set search_path = '' as $$
  select
    case when j.active then 'processing'
      when j.ended_status = 'completed' then 'ready'
      when j.ended_status = 'failed' or refused is not null then 'failed'
      when stored then 'uploaded'
      else 'uploading' end,
    case when j.active or j.ended_status = 'completed' then null
      when j.ended_status = 'failed' then coalesce(j.ended_message, '')
      else refused end
  from (values (true)) as one (row)
  left join lateral (
    select p.active, p.ended_status, p.ended_message
    from (
      select *, p.status in ('pending', 'processing') as active from public.processing_jobs p
      where p.video_id = video
    ) p
    where p.active or p.ended_status is not null
    order by case when p.active then p.accepted_at else p.ended_accepted_at end desc, p.id desc
    limit 1
  ) j on true
$$;

-- Whoever writes a video's row: its status is what it is.
create function keep_video_status() returns trigger
  language plpgsql security definer set search_path = '' as $$
begin
  select s.status, s.error_message into new.status, new.error_message
    from public.video_state(new.id, new.storage_path is not null, new.refusal) s;
  return new;
end $$;

-- In the transaction that accepts, ends or deletes a job. Videos are locked in the order of their
-- ids, so that two who end several jobs cannot wait for each other; and before their jobs are looked
-- at, so that of two jobs that end at once the second one sees the first.
create function follow_jobs() returns trigger
  language plpgsql security definer set search_path = '' as $$
declare
  touched uuid[];
begin
  if tg_op = 'INSERT' then
    touched := array(select distinct n.video_id from after_jobs n);
  elsif tg_op = 'DELETE' then
    touched := array(select distinct o.video_id from before_jobs o);
  else
    touched := array(
      select distinct n.video_id from after_jobs n join before_jobs o on o.id = n.id
      where (n.status in ('pending', 'processing')) <> (o.status in ('pending', 'processing'))
        or (n.ended_status, n.ended_message, n.ended_accepted_at)
          is distinct from (o.ended_status, o.ended_message, o.ended_accepted_at));
  end if;
  if touched = '{}' then
    return null;
  end if;
  perform from public.videos v where v.id = any (touched) order by v.id for no key update;
  update public.videos v set status = s.status, error_message = s.error_message
    from unnest(touched) as t (id)
    join public.videos w on w.id = t.id
    cross join lateral public.video_state(w.id, w.storage_path is not null, w.refusal) s
    where v.id = w.id
      and (v.status, v.error_message) is distinct from (s.status, s.error_message);
  return null;
end $$;

update videos set refusal = 'The video was deleted. Its documents are kept.'
  where title = 'Documents of deleted videos' and filename = '';
update videos v set status = s.status, error_message = s.error_message
  from videos w
  cross join lateral video_state(w.id, w.storage_path is not null, w.refusal) s
  where v.id = w.id;

create trigger keep_video_status before insert or
  update of storage_path, refusal, status, error_message on videos
  for each row execute function keep_video_status();
create trigger follow_new_jobs after insert on processing_jobs
  referencing new table as after_jobs for each statement execute function follow_jobs();
create trigger follow_jobs after update on processing_jobs
  referencing old table as before_jobs new table as after_jobs
  for each statement execute function follow_jobs();
create trigger follow_deleted_jobs after delete on processing_jobs
  referencing old table as before_jobs for each statement execute function follow_jobs();

revoke execute on function place_article(), free_project_slug(uuid, text), name_project_slug(),
  note_outcome(), video_state(uuid, boolean, text), keep_video_status(), follow_jobs()
  from public, anon, authenticated;

do $$
declare
  ours text;
begin
  foreach ours in array array['projects', 'videos', 'chapters', 'articles', 'processing_jobs'] loop
    execute format('alter table %I enable trigger touch_updated_at', ours);
  end loop;
end $$;
