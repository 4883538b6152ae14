"""The docreel command: upload a video, follow its job, write what comes of it.

Exit status: 0 complete, 3 complete with issues (each named), 1 failed, 2 bad usage,
130 interrupted.
"""

import json
import os
import re
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from . import sidecars
from .address import gateway_address
from .client import Gateway
from .errors import (
    FAILED,
    INTERRUPTED,
    ISSUES,
    CommandError,
    GatewayError,
    UnreachableError,
    UsageError,
)
from .estimate import described, length
from .files import free, write
from .folder import Destination
from .follow import Follow
from .lines import lines
from .login import login, logout
from .marker import Origin
from .names import component, stem, valid
from .records import Engine, Job, Wishes
from .results import Results
from .screen import Screen
from .sessions import tokens
from .upload import Upload

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")

app = typer.Typer(
    help=(__doc__ or "").partition("\n\n")[0],
    epilog="Exit status: 0 complete, 3 complete with issues, 1 failed, 2 bad usage.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

app.command()(login)
app.command()(logout)

Url = Annotated[
    str | None,
    typer.Option(
        "--url", envvar="DOCREEL_URL", help="The gateway's address; else the local stack's."
    ),
]
JobId = Annotated[str, typer.Argument(metavar="JOB", help="A job's id: see `docreel jobs`.")]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", help="The folder for the results, free or this video's; else out/<video name>."
    ),
]
Force = Annotated[
    bool,
    typer.Option(
        "--force", help="Into any folder: another video's results are replaced, your files stay."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for another program to read.")]
Poll = Annotated[float, typer.Option("--poll", hidden=True, min=0.01, help="Seconds.")]


@app.command()
def process(  # noqa: PLR0913, PLR0917 - what a person may say of a job
    video: Annotated[
        Path, typer.Argument(metavar="VIDEO", exists=True, dir_okay=False, readable=True)
    ],
    languages: Annotated[
        str, typer.Option("--languages", help="To translate to, as in es,ca; none without.")
    ] = "",
    subtitles: Annotated[
        Path | None,
        typer.Option(
            "--subtitles",
            exists=True,
            dir_okay=False,
            help="A subtitle file whose words to take: .srt, .vtt, .ass, .ssa.",
        ),
    ] = None,
    subtitles_language: Annotated[
        str, typer.Option("--subtitles-language", help="Its language; else as its name tells.")
    ] = "",
    audio_track: Annotated[
        int | None,
        typer.Option("--audio-track", min=1, help="Which sound track to hear, from 1."),
    ] = None,
    out: Out = None,
    force: Force = False,  # noqa: FBT002 - a flag on the command line
    url: Url = None,
    poll: Poll = 2.0,
) -> None:
    """Upload a video, follow its job and write the results."""
    tags = _tags(languages)
    words = None if subtitles is None else (subtitles, sidecars.read(subtitles), subtitles_language)
    size = video.stat().st_size
    if not size:
        message = f"{video} is empty."
        raise UsageError(message)
    place = Destination(out, force)
    screen = Screen()
    with _gateway(url) as gateway:
        engine = gateway.engine()
        _check_languages(tags, engine)
        # Rather now than after the work was paid for.
        place.folder(Origin("", valid(video.name), video))
        if engine.name:
            screen.say(f"Engine: {engine.name}")
        if words is None:
            sidecars.tell(screen, video)
        wishes = Wishes(tuple(tags), audio_track)
        job_id = _start(gateway, screen, video, size, wishes, poll, words)
        screen.say(f"Job {job_id}")
        job = _followed(gateway, screen, job_id, poll)
        try:
            _finish(gateway, screen, job, place, video)
        except UsageError as error:
            # The results are kept; only their folder was taken while the job ran.
            message = f"{error} `docreel results {job_id}` writes what came of the job."
            raise UsageError(message) from error


@app.command()
def estimate(
    video: Annotated[
        Path, typer.Argument(metavar="VIDEO", exists=True, dir_okay=False, readable=True)
    ],
    languages: Annotated[
        str, typer.Option("--languages", help="To translate to, as in es,ca; none without.")
    ] = "",
    as_json: AsJson = False,  # noqa: FBT002 - a flag on the command line
    url: Url = None,
) -> None:
    """Predict what a video would cost, before anything is spent."""
    tags, seconds = _tags(languages), length(video)
    with _gateway(url) as gateway:
        found = gateway.estimate(seconds, tags)
    screen = Screen()
    if as_json:
        screen.say_plain(_json(found.told))
        return
    for line in described(found):
        screen.say(line)


@app.command()
def jobs(
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most.")] = 20,
    as_json: AsJson = False,  # noqa: FBT002 - a flag on the command line
    url: Url = None,
) -> None:
    """List jobs, the newest first."""
    screen = Screen()
    with _gateway(url) as gateway:
        found = gateway.jobs(limit)
    if as_json:
        screen.say_plain(_json([job.told for job in found]))
        return
    heads = ("Job", "Status", "Done", "Video", "Created")
    rows = [(j.id, j.status, _percent(j), j.video_title, j.created_at) for j in found]
    if found or not screen.live:
        screen.rows(heads, rows)
    else:
        screen.say("There are no jobs yet: `docreel process VIDEO` starts one.")


@app.command()
def status(
    job_id: JobId,
    as_json: AsJson = False,  # noqa: FBT002 - a flag on the command line
    follow: Annotated[bool, typer.Option("--follow", help="Until the job has ended.")] = False,  # noqa: FBT002 - the same
    url: Url = None,
    poll: Poll = 2.0,
) -> None:
    """Tell how far a job is."""
    screen = Screen()
    with _gateway(url) as gateway:
        job = gateway.job(job_id)
        if follow and as_json:
            message = "Use --follow or --json, not both."
            raise UsageError(message)
        if follow:
            _end(screen, _followed(gateway, screen, job_id, poll), [])
    if as_json:
        screen.say_plain(_json(job.told))
        return
    screen.say(f"Job {job.id} ({job.video_title}): {job.status}, {_percent(job)}")
    for line in lines(job):
        screen.say(f"{line.name}: {line.words}")
    _tell_cost(screen, job)
    if job.error:
        screen.say(job.error)
    for issue in job.issues:
        screen.say(f"Issue: {issue}")


@app.command()
def cancel(job_id: JobId, url: Url = None) -> None:
    """Ask for a job to be cancelled; no more is spent on it."""
    with _gateway(url) as gateway:
        job = gateway.cancel(job_id)
    told = "is cancelled" if job.status == "cancelled" else "will be cancelled"
    Screen().say(f"Job {job.id} {told}.")


@app.command()
def retry(job_id: JobId, url: Url = None) -> None:
    """Run the missing pieces of a job again."""
    with _gateway(url) as gateway:
        again = gateway.retry(job_id)
    Screen().say(f"Job {again} runs again: `docreel status {again} --follow` follows it.")


@app.command()
def results(
    job_id: JobId,
    out: Out = None,
    force: Force = False,  # noqa: FBT002 - a flag on the command line
    video: Annotated[
        Path | None,
        typer.Option("--video", exists=True, dir_okay=False, help="For the page to play."),
    ] = None,
    url: Url = None,
) -> None:
    """Write the results of a job that has ended."""
    with _gateway(url) as gateway:
        job = gateway.job(job_id)
        if not job.over:
            message = (
                f"Job {job.id} has not ended ({job.status}, {_percent(job)}): "
                f"`docreel status {job.id} --follow` follows it."
            )
            raise CommandError(message)
        _finish(gateway, Screen(), job, Destination(out, force), video)


class Form(StrEnum):
    """What a video's documents are written as."""

    ZIP = "zip"
    HTML = "html"
    DOCX = "docx"
    PDF = "pdf"


@app.command()
def export(
    job_id: JobId,
    form: Annotated[
        Form, typer.Option("--format", help="A site for MkDocs (zip), or one file to read.")
    ] = Form.ZIP,
    language: Annotated[
        str | None,
        typer.Option("--language", help="One of the job's; else the video's own (zip: all)."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", dir_okay=False, help="The file; else in this folder.")
    ] = None,
    url: Url = None,
) -> None:
    """Write a video's documents as one file: zip, HTML, DOCX or PDF."""
    with _gateway(url) as gateway:
        job = gateway.job(job_id)
        tags = _tags(language or "")
        data = gateway.export(job.video_id, form, tags[0] if tags else None)
        name = component(stem(gateway.video(job.video_id).filename), "video")
    # A file that is not named is in nobody's way.
    file = out or free(Path(".".join([name, *tags[:1], form])))
    try:
        write(file, data)
    except OSError as error:
        message = f"{file} cannot be written: {error.strerror or error}."
        raise CommandError(message) from error
    Screen().say(f"Written: {file}")


def main() -> None:
    """Run the command and exit with its status."""
    for stream in (sys.stdout, sys.stderr):
        # A title that the terminal cannot show must not end the command.
        getattr(stream, "reconfigure", lambda **_: None)(errors="replace")
    try:
        app()
    except CommandError as error:
        Screen().warn(f"Error: {error}")
        sys.exit(error.exit_status)


def _gateway(url: str | None) -> Gateway:
    address = gateway_address(url, Path.cwd())
    return Gateway(address, tokens(address, os.environ))


def _tags(languages: str) -> list[str]:
    tags = list(dict.fromkeys(tag.strip() for tag in languages.split(",") if tag.strip()))
    for tag in tags:
        if not _TAG.fullmatch(tag):
            message = f"{tag!r} is no language tag: give tags as in --languages es,pt-BR."
            raise UsageError(message)
    return tags


def _check_languages(tags: list[str], engine: Engine) -> None:
    # The gateway refuses the same, but only after the video was uploaded.
    if engine.languages is None:
        return
    known = {tag.lower() for tag in engine.languages}
    unknown = [tag for tag in tags if tag.lower() not in known]
    if unknown:
        there = ", ".join(engine.languages) or "nothing here: its language pairs are not installed"
        message = (
            f"The {engine.name} engine does not translate to {', '.join(unknown)}; "
            f"it translates to {there}."
        )
        raise UsageError(message)


def _start(  # noqa: PLR0913, PLR0917 - what an upload and its job are made of
    gateway: Gateway,
    screen: Screen,
    path: Path,
    size: int,
    wishes: Wishes,
    poll: float,
    words: tuple[Path, bytes, str] | None,
) -> str:
    try:
        video = gateway.create_video(path.name, size)
        if words is not None:
            sidecars.give(gateway, screen, video, *words)
        with screen.uploading(path.name, size) as view:
            if video.ticket is None:
                message = "The gateway does not say where the video is to be uploaded."
                raise CommandError(message)
            Upload(gateway, path, size, video.ticket, view.progressed, pause=poll / 2).run()
        return gateway.process(video.id, wishes)
    except KeyboardInterrupt:
        screen.warn("Stopped: the video was not uploaded and no job was started.")
        raise typer.Exit(INTERRUPTED) from None


def _followed(gateway: Gateway, screen: Screen, job_id: str, poll: float) -> Job:
    back = f"come back with `docreel status {job_id}`."
    try:
        with screen.following() as view:
            return Follow(gateway, job_id, view, poll).run()
    except KeyboardInterrupt:
        screen.warn(
            f"The job goes on without you: {back} "
            f"When it has ended, `docreel results {job_id}` writes what came of it."
        )
        raise typer.Exit(INTERRUPTED) from None
    except (GatewayError, UnreachableError) as error:
        message = f"{error} The job goes on: {back}"
        raise CommandError(message) from error


def _finish(
    gateway: Gateway, screen: Screen, job: Job, place: Destination, video: Path | None
) -> None:
    origin = Origin(job.video_id, gateway.video(job.video_id).filename, video)
    with place.staged(origin) as stage:
        written = Results(gateway, job, stage.part, origin.address(stage.folder))
        written.write()
    screen.say(f"Results in {stage.folder}: open {stage.folder / 'index.html'}")
    for path in stage.kept:
        screen.warn(f"Kept, since Docreel did not write it: {path}")
    # What a job that failed never made is no news.
    _end(screen, job, written.missing if job.status == "completed" else [])


def _end(screen: Screen, job: Job, missing: list[str]) -> None:
    """Tell how the job ended and exit with the status that says so."""
    issues = [*job.issues, *missing]
    _tell_cost(screen, job)
    for issue in issues:
        screen.warn(f"Issue: {issue}")
    again = f"`docreel retry {job.id}` runs what is missing again."
    if job.status != "completed":
        reason = f": {job.error}" if job.error else "."
        screen.warn(f"Error: Job {job.id} {_ENDINGS.get(job.status, job.status)}{reason}")
        screen.warn(again)
        raise typer.Exit(FAILED)
    if issues:
        screen.warn(f"Complete with {len(issues)} issue{'s' * (len(issues) > 1)}: {again}")
        raise typer.Exit(ISSUES)
    screen.say("Complete")
    raise typer.Exit


def _tell_cost(screen: Screen, job: Job) -> None:
    if job.cost is not None:
        screen.say(f"Cost: ${job.cost:.2f}" if job.cost >= _CENT else "Cost: less than $0.01")


_CENT = 0.01
_ENDINGS = {"failed": "failed", "cancelled": "was cancelled"}


def _percent(job: Job) -> str:
    return f"{int(100 * job.progress)} %"


def _json(value: Any) -> str:
    plain = (sys.stdout.encoding or "").lower() not in {"utf-8", "utf8"}
    return json.dumps(value, ensure_ascii=plain, indent=2)
