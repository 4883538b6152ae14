-- A subtitle file that a person gave with a video: its words are the video's source subtitles. For
-- PostgreSQL 15 to 18 with core functions only.

create table subtitle_files (
  video_id uuid primary key references videos on delete cascade,
  filename text not null,
  language text,                         -- BCP 47; null: what the project's videos speak
  storage_path text not null,            -- the file as it was sent
  digest text not null,                  -- SHA-256 of what was read from it, in hex
  cues jsonb not null,                   -- [start, end, text, speaker] each, times in seconds
  cue_count integer not null check (cue_count > 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create trigger touch_updated_at before update on subtitle_files
  for each row execute function public.touch_updated_at();

alter table subtitle_files enable row level security;
revoke all on subtitle_files from public, anon, authenticated;
grant select on subtitle_files to authenticated, docreel_services;
grant select, insert, update, delete on subtitle_files to service_role, docreel_gateway;

-- Seen where the video is seen (its own policy is applied within). Written by the gateway alone,
-- which has asked who may: where a file lies is not a caller's to say.
create policy members_read on subtitle_files for select to authenticated
  using (exists (select from videos v where v.id = video_id));
create policy services_act on subtitle_files to docreel_services using (true);
