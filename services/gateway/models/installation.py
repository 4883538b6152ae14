"""The installation itself: what it runs on, and what a frontend has to know before it starts."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.gateway.settings import SignUp


class Engine(BaseModel):
    """What the AI services run on; `languages` is null where any can be translated to."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"engine": "offline", "languages": ["es"]}}
    )

    engine: str | None = Field(description="null until a worker has told it")
    languages: list[str] | None


class Login(BaseModel):
    """How users log in: not at all, or with Supabase Auth."""

    kind: Literal["none", "supabase"]
    supabase_url: str | None = None
    supabase_publishable_key: str | None = None
    sign_up: SignUp | None = Field(
        default=None,
        description="what somebody finds who belongs to no organization yet: one of their own; "
        "those that invited them; nothing, until who runs the installation adds them. "
        "null where nobody logs in",
    )


class Configuration(BaseModel):
    """What a frontend has to know before anybody has logged in."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "login": {
                    "kind": "none",
                    "supabase_url": None,
                    "supabase_publishable_key": None,
                    "sign_up": None,
                },
                "max_upload_bytes": 21474836480,
                "upload_chunk_bytes": 6291456,
                "version": "0.1.0",
            }
        }
    )

    login: Login
    max_upload_bytes: int
    upload_chunk_bytes: int = Field(description="the size of an upload's chunks but the last")
    version: str


class Me(BaseModel):
    """Who the caller is, and what they may do."""

    user_id: str
    email: str | None = Field(description="that the token names")
    operator: bool = Field(description="may see the operations page")
    organizations: list["Membership"]
    next_step: str | None = Field(description="what to do, where one belongs to no organization")


Role = Literal["owner", "writer", "viewer"]


class MemberRole(BaseModel):
    """What a member may do: read; write too; or say who the members are as well."""

    model_config = ConfigDict(json_schema_extra={"example": {"role": "writer"}})

    role: Role


class Member(MemberRole):
    """A member of an organization."""

    user_id: UUID
    email: str | None = Field(description="that they last logged in with")
    created_at: datetime


class NewInvitation(BaseModel):
    """Whom to invite, and what they may do then."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"email": "ada@example.org", "role": "writer"}}
    )

    email: Annotated[
        str,
        StringConstraints(
            strip_whitespace=True, to_lower=True, max_length=320, pattern=r"^[^@\s]+@[^@\s]+$"
        ),
    ]
    role: Role = "writer"


class Invitation(BaseModel):
    """An invitation that waits for somebody with its address to log in."""

    id: UUID
    email: str
    role: Role
    invited_by: UUID
    created_at: datetime


class Membership(BaseModel):
    """An organization that the caller belongs to."""

    id: str
    name: str
    role: Role
