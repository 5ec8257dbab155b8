"""Before the server answers: the database is brought up to date, and the owner can log in."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import argilla_server
from alembic import command
from alembic.config import Config
from argilla_server.contexts import accounts
from argilla_server.database import AsyncSessionLocal, async_engine
from argilla_server.models import User, UserRole, Workspace
from sqlalchemy import text

from pipelines.argilla_local.credentials import WORKSPACE, Credentials


def prepare(credentials: Credentials) -> Iterator[str]:
    """Makes or migrates the database in the working folder, sees to workspace and owner, and tells what is new."""
    _migrate()
    yield from asyncio.run(_admit(credentials))


def _migrate() -> None:
    config = Config()  # without its file, which would set up the logging of the whole process
    config.set_main_option("script_location", str(Path(argilla_server.__file__).parent / "alembic"))
    command.upgrade(config, "head")


async def _admit(credentials: Credentials) -> list[str]:
    """The credentials in the folder are the owner's; where they had been lost, the new ones take their place."""
    told = []
    async with AsyncSessionLocal() as session:
        await session.execute(text("PRAGMA journal_mode = WAL"))  # readers and the writer don't wait for each other
        workspace = await Workspace.get_by(session, name=WORKSPACE) or await Workspace.create(session, name=WORKSPACE)
        owner = await User.get_by(session, username=credentials.username)
        if owner is None:
            await User.create(
                session,
                first_name="Owner",
                username=credentials.username,
                role=UserRole.owner,
                password_hash=accounts.hash_password(credentials.password),
                api_key=credentials.api_key,
                workspaces=[workspace],
            )
        elif owner.api_key != credentials.api_key:
            password_hash = accounts.hash_password(credentials.password)
            await owner.update(session, api_key=credentials.api_key, password_hash=password_hash)
            told.append(f"{credentials.username} has a new password and a new key: the old ones had been lost")
    await async_engine.dispose()  # its connections belong to this event loop
    return told
