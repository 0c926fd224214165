"""Makes a tracker in the folder it is run in, with a user who may report and one who may only look.

Prints their passwords as JSON. Runs in a Python of its own, with Roundup and without the rest of this
project.
"""

import json
import secrets
from pathlib import Path

import roundup
from roundup import configuration, init, instance, password

# Every request asks for a password, and at Roundup's own cost a check takes a quarter of a second.
SETTINGS = {
    "TRACKER_WEB": "http://127.0.0.1/",
    "MAIL_DOMAIN": "example.com",
    "MAIL_HOST": "127.0.0.1",
    "MAIL_DEBUG": "mail.txt",
    "PASSWORD_PBKDF2_DEFAULT_ROUNDS": "1000",
    "RDBMS_BACKEND": "sqlite",
}
# What a reporter needs and no more: an issue is a record of its own, messages and files; to add to one is to
# edit two of its properties.
RIGHTS = """
for role in "Reader", "Reporter":
    db.security.addRole(name=role, description="")
    for right in "Web Access", "Rest Access":
        db.security.addPermissionToRole(role, right)
    for kind in "issue", "msg", "file", "status", "priority", "keyword":
        db.security.addPermissionToRole(role, "View", kind)
for kind in "issue", "msg", "file":
    db.security.addPermissionToRole("Reporter", "Create", kind)
adding = db.security.addPermission(name="Edit", klass="issue", properties=("messages", "files"))
db.security.addPermissionToRole("Reporter", adding)
"""
HOME = Path("tracker")


def main() -> None:
    """Make the tracker and its users."""
    templates = Path(roundup.__file__).parents[1] / "share" / "roundup" / "templates"
    init.install(str(HOME), str(templates / "classic"))
    config = configuration.CoreConfig(str(HOME))
    for name, value in SETTINGS.items():
        config[name] = value
    config.save(str(HOME / "config.ini"))
    with (HOME / "schema.py").open("a") as schema:
        schema.write(RIGHTS)
    tracker = instance.open(str(HOME))
    tracker.init(password.Password(secrets.token_hex(), config=config))
    database = tracker.open("admin")
    passwords = {}
    for name in ("reporter", "reader"):
        passwords[name] = secrets.token_hex(16)
        database.user.create(
            username=name, address=f"{name}@example.com", roles=name.capitalize(),
            password=password.Password(passwords[name], config=config),
        )  # fmt: skip
    database.commit()
    database.close()
    print(json.dumps(passwords))


main()
