"""What was spent on a job or a project, and what a job would cost."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.gateway import problems
from services.gateway.forecast import forecast
from services.gateway.languages import targets
from services.gateway.models.usage import Estimate, JobSpent, Part, Spent
from services.gateway.parts import Given
from services.gateway.queries import jobs, projects, usage

router = APIRouter(tags=["usage"])


@router.get("/jobs/{job_id}/usage", responses=problems.responses(404))
async def of_job(parts: Given, job_id: UUID) -> JobSpent:
    """Return what a job has used so far, in all and by unit."""
    async with parts.access.transaction() as db:
        if await jobs.writer(db, job_id) is None:
            raise problems.not_found(what="job", listing="GET /api/jobs")
        return JobSpent(
            total=await usage.of_job(db, job_id), units=await usage.of_units(db, job_id)
        )


@router.get("/projects/{project_id}/usage", responses=problems.responses(404))
async def of_project(parts: Given, project_id: UUID) -> Spent:
    """Return what all jobs of a project have used so far."""
    async with parts.access.transaction() as db:
        if not await projects.exists(db, project_id):
            raise problems.not_found(what="project", listing="GET /api/projects")
        return await usage.of_project(db, project_id)


@router.get("/estimate", responses=problems.responses(422))
async def estimate(
    parts: Given,
    seconds: Annotated[float, Query(gt=0, le=360_000, description="the video's length")],
    languages: Annotated[list[str], Query(max_length=100)] = [],  # noqa: B006 - FastAPI copies it
) -> Estimate:
    """Predict tokens and cost of a job on a video of this length. Nothing is spent."""
    async with parts.access.transaction() as db:
        engine = await projects.engine(db)
        price = await usage.price(db, engine.engine)
    # Every project that is made here speaks English: what is asked for besides is translated.
    chosen = targets(languages, "en", engine.languages)
    free = price is not None and price.prompt == price.output == 0
    expected = [] if free else forecast(seconds, chosen)
    prompt = sum(one.prompt_tokens for one in expected)
    output = sum(one.output_tokens for one in expected)
    return Estimate(
        engine=engine.engine,
        seconds=seconds,
        languages=chosen,
        calls=sum(one.calls for one in expected),
        prompt_tokens=prompt,
        output_tokens=output,
        cost=None
        if price is None
        else round((prompt * price.prompt + output * price.output) / 1e6, 6),
        parts=[
            Part(
                part=one.part,
                calls=one.calls,
                prompt_tokens=one.prompt_tokens,
                output_tokens=one.output_tokens,
            )
            for one in expected
        ],
    )
