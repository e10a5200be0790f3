"""Archives with paths that must lead nowhere."""

from functools import partial

from support.market.archives.forge import (
    Cases,
    extended,
    member,
    package,
    package_of,
    record,
)

CASES = Cases()
PATHS: dict[str, tuple[str, ...]] = {
    "a path to the parent": ("../evil.txt",),
    "a path through the parent": ("templates/../../evil.txt",),
    "a dot in a path": ("templates/./evil.txt",),
    "an empty component": ("templates//evil.txt",),
    "an absolute path": ("/etc/evil.txt",),
    "a drive letter": ("C:/evil.txt",),
    "a drive-relative path": ("c:evil.txt",),
    "a backslash": ("templates\\..\\evil.txt",),
    "a network path": ("\\\\host\\share\\evil.txt",),
    "a long component": ("x" * 256,),
    "a long path": ("/".join(["x" * 200] * 21),),
    "a deep path": ("/".join(["x"] * 65),),
    "an escape character": ("evil\x1b[2J.txt",),
    "a line feed": ("evil\n.txt",),
    "a delete character": ("evil\x7f.txt",),
    "a C1 control": ("evil\x9b.txt",),
    "a line separator": ("evil\u2028.txt",),
    "a bidi override": ("evil\u202etxt.exe",),
    "a bidi isolate": ("evil\u2066.txt",),
    "a zero-width character": ("evil\u200b.txt",),
    "a soft hyphen": ("ev\u00adil.txt",),
    "two names equal but for case": ("README.txt", "readme.txt"),
    "two names equal but for sharp s": ("stra\u00dfe.txt", "strasse.txt"),
    "two names equal but for Unicode form": ("cafe\u0301.txt", "caf\u00e9.txt"),
    "two names equal but for width": ("evil.txt", "\uff45vil.txt"),
    "two folders equal but for case": ("Templates/a.txt", "templates/b.txt"),
    "one name twice": ("evil.txt", "evil.txt"),
    "a file that is a folder too": ("evil", "evil/inner.txt"),
    "a file that is a folder but for case": ("EVIL", "evil/inner.txt"),
    "a Windows device": ("con",),
    "a Windows device with an extension": ("templates/Aux.txt",),
    "a Windows port": ("COM1",),
    "a Windows port with a superscript": ("lpt\u00b2.tmpl",),
    "a Windows console": ("conin$",),
    "a trailing dot": ("evil.",),
    "a trailing space": ("templates /evil.txt",),
    "an alternate stream": ("evil.txt:stream",),
    "a wildcard": ("evil*.txt",),
    "the product's folder": (".ggen/packages/evil.txt",),
    "the product's folder in capitals": ("templates/.GGEN/evil.txt",),
    "the product's lock": ("ggen.lock",),
    "the product's project file": ("templates/ggen.toml",),
    "the product's staging mark": (".ggen-staged-00",),
    "the product's short name": ("GGEN~1/journal.json",),
    "a git folder": (".git/config",),
    "a git folder's short name": ("git~1/config",),
    "a mercurial folder": ("templates/.hg/hgrc",),
}


CASES.update({name: partial(package_of, names) for name, names in PATHS.items()})


@CASES.add
def a_name_in_Latin_1() -> bytes:  # noqa: N802 - the name is the case
    return package(before=member(b"caf\xe9.txt"))


@CASES.add
def a_lone_surrogate_in_a_name() -> bytes:
    name = "evil\ud800.txt".encode("utf-8", "surrogatepass")
    return package(before=extended(record(b"path", name)) + member(b"evil_.txt"))


@CASES.add
def a_zero_byte_in_a_name() -> bytes:
    return package(before=extended(record(b"path", b"evil.txt\0.png")) + member(b"evil.txt"))
