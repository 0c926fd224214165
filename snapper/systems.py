"""The ticket systems snapper speaks to, as one table: what each is called, asks for, takes and proves. Pure.

What is sent to them is in `delivery/endpoints/`, one file for each name here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from snapper.language import _

MB = 1_000_000
MIB = 1 << 20
PIECES_MAX = 20  # a file in more pieces is nobody's pleasure to put together


@dataclass(frozen=True)
class Limits:
    """What a ticket system takes. `file_bytes` and `report_bytes` (all files of one report) are None where
    there is no limit; a larger file goes in pieces where it `splits`; `text_chars` and `subject_bytes` cut
    the text of a ticket; `settle_seconds` is how long after a connection broke a report may still turn up in
    its search."""

    file_bytes: int | None = None
    report_bytes: int | None = None
    splits: bool = True
    empty_files: bool = True
    text_chars: int | None = None
    subject_bytes: int = 200
    settle_seconds: float = 60.0

    @property
    def room(self) -> int | None:
        """How many bytes one report may have; None without a limit."""
        if self.file_bytes is None or self.report_bytes is not None:
            return self.report_bytes
        return self.file_bytes * (PIECES_MAX if self.splits else 1)


@dataclass(frozen=True)
class Option:
    """One thing a destination may or must say about its system: its key in the file, and as a question."""

    key: str
    about: str
    required: bool = False
    default: str = ""


@dataclass(frozen=True)
class System:
    """One ticket system.

    `token` says where a person finds one (“” where it takes none), `login` whether a user name goes with it;
    `tickets` are the ways a ticket is written in its web addresses, the ticket as the groups (joined by a
    dash, where an address does not have the number that people say); `key` is how tickets are numbered;
    `verifies` tells whether what it stored can be read back.
    """

    title: str
    address: str
    token: str
    options: tuple[Option, ...] = ()
    login: str = ""
    limits: Limits = Limits()
    tickets: tuple[str, ...] = ()
    key: str = r"[0-9]{1,18}"
    attaches: bool = True
    verifies: bool = True

    def ticket_in(self, path: str, project: str = "") -> str | None:
        """The ticket that the part of a web address after the system's own address names, in this project
        where there are several."""
        named = "[^?#]+" if project.isdigit() else re.escape(project)  # a number is not in the address
        for pattern in self.tickets:
            if found := re.search(pattern.replace("{project}", named), path):
                return "-".join(found.groups())
        return None

    def ticket_key(self, text: str) -> str | None:
        """A ticket's number as it stands there, however its letters are written; None when it is none."""
        return next((each for each in (text, text.upper()) if re.fullmatch(self.key, each)), None)


_INTERNAL = Option(
    # Translators: “yes” and “no” are typed like this in every language.
    "public",
    _("whether the person who opened a ticket sees what is added to it: yes or no"),
    default="no",
)

SYSTEMS: dict[str, System] = {
    "desk": System(
        title="snapper desk",
        address="https://desk.example.com",
        token=_("“snapper desk token NAME”, where the desk runs, makes one."),
        tickets=(r"/tickets/([0-9]+)",),
        key=r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}",
    ),
    "rt": System(
        title="Request Tracker (RT 5)",
        address="https://rt.example.com",
        token=_("In RT: Logged in as … > Settings > Auth Tokens."),
        options=(Option("queue", _("the queue that new tickets go to"), required=True), _INTERNAL),
        # Of its usual limit of 10 MB in base64, where it drops what is larger.
        limits=Limits(file_bytes=7_500_000, empty_files=False),
        tickets=(r"/Ticket/[A-Za-z]+\.html\?(?:.*&)?id=([0-9]+)", r"/ticket/([0-9]+)"),
    ),
    "redmine": System(
        title="Redmine",
        address="https://redmine.example.com",
        token=_("In Redmine: My account > API access key."),
        options=(
            Option("project", _("the project's identifier, as in its web address"), required=True),
            Option("tracker", _("the tracker, such as Bug or Support; without one, the project's first")),
            Option(
                "private",
                # Translators: “yes” and “no” are typed like this in every language.
                _(
                    "whether reports go into private tickets only (a private note does not hide its files): "
                    "yes or no"
                ),
                default="no",
            ),
        ),
        limits=Limits(file_bytes=5 * MIB),  # as it comes; its administrator may have set another
        tickets=(r"/issues/([0-9]+)",),
    ),
    "roundup": System(
        title="Roundup",
        address="https://issues.example.com/tracker",
        token=_("The password of your account."),
        login=_("your user name"),
        options=(
            Option(
                "closed",
                _("the statuses in which nothing is to be added to an issue"),
                default="resolved, done-cbb, closed, done, rejected",
            ),
        ),
        limits=Limits(empty_files=False),
        tickets=(r"/issue([0-9]+)",),
        key=r"(?:[Ii]ssue)?[0-9]{1,18}",
    ),
    "zammad": System(
        title="Zammad",
        address="https://example.zammad.com",
        token=_("In Zammad: your picture > Profile > Token Access, with the right ticket.agent."),
        options=(
            Option("group", _("the group that new tickets go to"), required=True),
            Option("customer", _("the e-mail address of the customer on new tickets; without one, you")),
            _INTERNAL,
        ),
        limits=Limits(report_bytes=35 * MB),  # nginx takes 50 MiB, and base64 makes four bytes of three
        tickets=(r"#ticket/(zoom)/([0-9]+)",),  # its address has an id, which is not its number
        key=r"[0-9]{1,18}|zoom-[0-9]{1,18}",
    ),
    "zendesk": System(
        title="Zendesk",
        address="https://example.zendesk.com",
        token=_("In Zendesk: Admin Center > Apps and integrations > APIs > API tokens."),
        login=_("the agent's e-mail address"),
        options=(
            Option("group", _("the group that new tickets go to; without one, Zendesk's triggers decide")),
            _INTERNAL,
        ),
        limits=Limits(file_bytes=50 * MB, text_chars=65_000),
        tickets=(r"/tickets/([0-9]+)", r"/requests/([0-9]+)"),
    ),
    "jira_sm": System(
        title="Jira Service Management",
        address="https://example.atlassian.net",
        token=_("At id.atlassian.com: Security > API tokens; on a server: Profile > Personal access tokens."),
        login=_("your e-mail address (nothing, where it is a personal access token)"),
        options=(
            Option("desk", _("the key of the service project, such as OPS"), required=True),
            Option("request_type", _("the name of the request type for new tickets"), required=True),
            Option(
                "public",
                # Translators: “yes” and “no” are typed like this in every language.
                _(
                    "whether the person who opened a ticket sees what is added to it: yes or no "
                    "(customers can only say yes)"
                ),
                default="no",
            ),
        ),
        # A server's own limit for one file; the search of the cloud lags by “seconds to minutes”.
        limits=Limits(file_bytes=10 * MB, text_chars=32_000, settle_seconds=300),
        tickets=(
            r"/browse/([A-Z][A-Z0-9_]*-[0-9]+)",
            r"/portal/[0-9]+/([A-Z][A-Z0-9_]*-[0-9]+)",
            r"/queues/(?:[a-z0-9]+/){1,2}([A-Z][A-Z0-9_]*-[0-9]+)",
            r"[?&]selectedIssue=([A-Z][A-Z0-9_]*-[0-9]+)",
        ),
        key=r"[A-Z][A-Z0-9_]*-[0-9]+",
    ),
    "freshdesk": System(
        title="Freshdesk",
        address="https://example.freshdesk.com",
        token=_("In Freshdesk: your picture > Profile settings > View API key."),
        options=(
            Option("requester", _("the e-mail address of the requester on new tickets"), required=True),
            Option("group", _("the group that new tickets go to; without one, Freshdesk's rules decide")),
            Option("type", _("the type of new tickets, such as Problem, where your Freshdesk wants one")),
            _INTERNAL,
        ),
        limits=Limits(report_bytes=20 * MB),  # and all files of a ticket together
        tickets=(r"/tickets/([0-9]+)",),
    ),
    "gitlab": System(
        title="GitLab",
        address="https://gitlab.example.com",
        token=_("In GitLab: Edit profile > Access tokens, with the scope “api”."),
        options=(
            Option("project", _("the project's path, such as group/project"), required=True),
            # Translators: “yes” and “no” are typed like this in every language.
            Option("confidential", _("whether new issues are hidden from guests: yes or no"), default="yes"),
        ),
        limits=Limits(file_bytes=100 * MB, text_chars=900_000),  # a note has 1,000,000 with all its links
        tickets=(r"^/{project}/(?:-/)?(?:issues|work_items)/(?:incident/)?([0-9]+)",),
    ),
    "servicenow": System(
        title="ServiceNow",
        address="https://example.service-now.com",
        token=_("The password of your account, or an OAuth token."),
        login=_("your user name (nothing, where it is an OAuth token)"),
        options=(
            Option("caller", _("the user name of the caller on new incidents; without one, you")),
            _INTERNAL,
        ),
        limits=Limits(file_bytes=1024 * MIB, empty_files=False, text_chars=4000, subject_bytes=160),
        tickets=(
            r"sysparm_query=number(?:=|%3D)(INC[0-9]+)",
            r"sys_id(?:=|%3D)([0-9a-f]{32})",
            r"/incident/([0-9a-f]{32})",
        ),
        key=r"INC[0-9]+|[0-9a-f]{32}",
    ),
    "rageshake": System(
        title="rageshake",
        address="https://rageshake.example.com",
        token="",
        options=(Option("app", _("the name of the app that rageshake expects"), default="snapper"),),
        limits=Limits(report_bytes=54 * MIB, splits=False),
        attaches=False,
        verifies=False,
    ),
    "custom": System(
        title=_("any other, described in the settings file"),
        address="https://tickets.example.com",
        token=_("Ask whoever runs it; a token is put where the description says {token}."),
        tickets=(r"/([A-Za-z0-9][A-Za-z0-9._-]*)/?(?:[?#].*)?$",),
        key=r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}",
    ),
}
