"""The `campaign` command: the same questions from a terminal. Results on stdout, notes on stderr.

The commands are in pages/terminal; here they get their order, and their errors are caught.

Exit: 0 done, 1 the data is at fault, 2 the call is at fault.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from data.errors import CampaignError
from data.settings import home_folder
from pages.terminal import (
    fetching,
    figures,
    handing_in,
    keep_to_the_end,
    meeting,
    memory,
    people,
    ready_for_a_load,
    reports,
    upkeep,
    work,
)
from pages.terminal.options import DbOption, HomeOption, close_stores
from pages.terminal.printing import note

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Bảng điều hành chiến dịch cải cách thủ tục hành chính.",
)


def serve(
    host: Annotated[
        str, typer.Option("--host", help="Địa chỉ lắng nghe; chưa khai báo đăng nhập thì chỉ nhận máy này.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 8501,
    home: HomeOption = None,
    db: DbOption = None,
) -> None:
    """Mở các trang tại http://localhost:8501."""
    # The server reads how it lets people in when it is imported.
    os.environ["CAMPAIGN_HOME"] = str(home_folder(home).resolve())
    if db:
        os.environ["CAMPAIGN_DATABASE_URL"] = db
    import server

    server.serve(host, port)


COMMANDS = (
    handing_in.demo,
    handing_in.load,
    fetching.pull,
    fetching.watch,
    fetching.sources,
    memory.loads,
    memory.undo,
    handing_in.held,
    reports.report,
    reports.digest,
    reports.packs,
    memory.issue,
    memory.issues,
    memory.corrections,
    figures.kpi,
    figures.explain,
    figures.forecast,
    figures.rank,
    figures.compare,
    figures.published,
    work.worklist,
    meeting.decisions,
    meeting.decide,
    work.apologies,
    work.whatif,
    figures.variants,
    figures.scores,
    figures.definitions,
    upkeep.check,
    upkeep.rebuild,
    upkeep.audit,
    upkeep.backup,
    upkeep.restore,
    serve,
)
"""In the order of `campaign --help`; each is called as its function."""

for _command in COMMANDS:
    app.command()(_command)
app.add_typer(handing_in.profile_commands, name="profile")
app.add_typer(people.people_commands, name="people")
app.add_typer(people.token_commands, name="token")


class _WithoutPandas:
    """Arrow imports pandas where there is one: a third of a second, and a load has no use for it."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name=name)


def main() -> None:
    """Entry of the `campaign` command: errors are caught once, here."""
    alone = Path(getattr(sys.modules["__main__"], "__file__", None) or "").stem == "campaign"
    if alone and sys.argv[1:2] == ["load"]:
        sys.meta_path.insert(0, _WithoutPandas)
        ready_for_a_load()
    try:
        app()
    except CampaignError as fault:
        note(str(fault))
        sys.exit(fault.exit_code)
    finally:
        close_stores()
        keep_to_the_end()


if __name__ == "__main__":
    main()
