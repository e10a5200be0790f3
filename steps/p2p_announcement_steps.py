"""Steps about announcements: what they hold, how long they may be, and which are refused."""

from behave import then

from marketplace.p2p.announce import Announcement
from marketplace.p2p.limits import MAX_ANNOUNCE
from support.p2p import announcements
from support.p2p.announcements import encoded, read


@then("ann's newest entry is read from its announcement, with the manifest")
def step_read(context):
    announcement = announcements.newest(context.author)
    assert announcement.manifest and read(encoded(announcement)) == announcement


@then("ann's newest entry is read from its announcement, without a manifest")
def step_read_alone(context):
    announcement = Announcement(context.author.entries[-1])
    assert read(encoded(announcement)) == announcement


@then("an announcement of exactly 64 KiB holds the manifest")
def step_fits(context):
    announcement = announcements.sized(context.author, MAX_ANNOUNCE)
    assert len(encoded(announcement)) == MAX_ANNOUNCE and read(encoded(announcement)) == announcement


@then("one byte more, and it goes without the manifest")
def step_without(context):
    announcement = announcements.sized(context.author, MAX_ANNOUNCE + 1)
    assert read(encoded(announcement)) == Announcement(announcement.entry)


@then("an entry that fills 64 KiB alone is announced, and one that is a byte longer is not")
def step_not_announced(context):
    announcement = announcements.lone(context.author, MAX_ANNOUNCE)
    assert read(encoded(announcement)) == announcement
    assert announcements.lone(context.author, MAX_ANNOUNCE + 1).encode() is None


@then('an announcement {what} is refused as "{code}"')
def step_refused(context, what, code):
    assert announcements.refusal(context.author, what) == code
