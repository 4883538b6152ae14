-- What is in a video's file, as the first look at it found; and which sound track a job hears.

alter table videos add column media jsonb;

-- A recording may state its language, which need not be its project's.
alter table videos add column language text;
comment on column videos.language is
  'what is spoken (BCP 47), where the file states another language than its project''s; else null';

alter table processing_jobs add column audio_track integer check (audio_track >= 1);
comment on column processing_jobs.audio_track is
  'which of the file''s sound tracks is heard, from 1 on; null: the default one, if it is not silent';
