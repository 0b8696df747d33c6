"""Archives of others: what is read, what is refused in one line; nothing lands outside the target."""

import gzip
import io
import stat
import tarfile
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feebly.core.archives import ArchiveLimits, extract_archive, read_archive, write_zip
from feebly.core.errors import DataError

FILES = {"run/result.json": b'{"a": 1}', "run/grid.h5": bytes(range(256)) * 40, "größe.txt": "µ".encode()}
SMALL = ArchiveLimits(archive=10**6, members=5, member=20_000, total=30_000)


def zipped(members):
    """Bytes of a zip with (name or ZipInfo, content)."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return memory.getvalue()


def tarred(members, mode="w", kind=tarfile.REGTYPE):
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode=mode) as archive:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd" if kind != tarfile.REGTYPE else ""
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return memory.getvalue()


def zip_with_mode(mode):
    entry = zipfile.ZipInfo("link")
    entry.create_system, entry.external_attr = 3, mode << 16
    return zipped([(entry, b"/etc/passwd")])


def renamed(archive, old, new):
    """The archive with a name of the same length changed in all its headers."""
    assert len(old) == len(new)
    assert old in archive
    return archive.replace(old, new)


def encrypted():
    """A zip whose member says that it is encrypted, in both headers."""
    content = bytearray(zipped([("a.txt", b"text")]))
    for magic, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(magic) + flags] |= 1
    return bytes(content)


def lying_size():
    """A zip whose member is longer than it says."""
    content = bytearray(zipped([("a.txt", bytes(10_000))]))
    for magic, size in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = content.index(magic) + size
        content[start : start + 4] = (100).to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize("mode", ["zip", "w", "w:gz", "w:bz2", "w:xz"])
def test_what_was_packed_is_read_and_extracted(tmp_path, mode):
    path = tmp_path / "some"
    path.write_bytes(zipped(FILES.items()) if mode == "zip" else tarred(FILES.items(), mode))
    assert read_archive(path) == FILES
    folder = extract_archive(path, tmp_path / "new" / "target")
    found = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert found == FILES


def test_own_zips_are_the_same_bytes_and_read_back(tmp_path):
    for name in ("one.zip", "two.zip"):
        write_zip(tmp_path / name, FILES)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert read_archive(tmp_path / "one.zip") == FILES
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert archive.testzip() is None
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_folders_and_leading_dots_of_members_are_no_files(tmp_path):
    path = tmp_path / "some.tar"
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w") as archive:
        for name in (".", "./sub"):
            folder = tarfile.TarInfo(name)
            folder.type = tarfile.DIRTYPE
            archive.addfile(folder)
        entry = tarfile.TarInfo("./sub/a.txt")
        entry.size = 1
        archive.addfile(entry, io.BytesIO(b"1"))
    path.write_bytes(memory.getvalue())
    assert read_archive(path) == {"sub/a.txt": b"1"}


OUTSIDE = "lies outside the archive"
SPECIAL = "is a link or a device"
REFUSED = {
    "zip, absolute": (lambda: zipped([("/etc/x", b"")]), OUTSIDE),
    "zip, parent": (lambda: zipped([("a/../../x", b"")]), OUTSIDE),
    "zip, backslash": (lambda: zipped([("..\\x", b"")]), OUTSIDE),
    "zip, drive": (lambda: zipped([("C:/x", b"")]), OUTSIDE),
    "zip, link": (lambda: zip_with_mode(stat.S_IFLNK | 0o777), SPECIAL),
    "zip, device": (lambda: zip_with_mode(stat.S_IFCHR | 0o777), SPECIAL),
    "zip, twice": (lambda: renamed(zipped([("a1", b"1"), ("a2", b"2")]), b"a2", b"a1"), "is there twice"),
    "zip, capitals": (lambda: zipped([("A.txt", b"1"), ("a.TXT", b"2")]), "is there twice"),
    "zip, file and folder": (lambda: zipped([("a", b"1"), ("a/b", b"2")]), "is a file and a folder"),
    "zip, folder and file": (lambda: zipped([("a/b", b"1"), ("a", b"2")]), "is a file and a folder"),
    "zip, empty part": (lambda: zipped([("a//b", b"1")]), "names of 1 to 255 bytes"),
    "zip, long part": (lambda: zipped([("a" * 256, b"1")]), "names of 1 to 255 bytes"),
    "zip, long name": (lambda: zipped([("a/" * 600, b"1")]), "a short name"),
    "zip, NUL": (lambda: renamed(zipped([("a.txt~.png", b"1")]), b"~", b"\0"), "a short name of UTF-8 text"),
    "zip, line end": (lambda: zipped([("a\nb", b"1")]), "a short name of UTF-8 text"),
    "zip, Latin-1": (lambda: renamed(zipped([("gr~n.txt", b"1")]), b"~", b"\xfc"), "is not UTF-8"),
    "zip, encrypted": (encrypted, "is encrypted"),
    "zip, lying size": (lying_size, "damaged, or not an archive (Bad CRC-32"),
    "zip, bomb": (lambda: zipped([("a", bytes(10**7))]), "10 MB unpacked; expected at most 0.02 MB"),
    "zip, many small": (lambda: zipped([("a", bytes(19_000)), ("b", bytes(19_000))]), "all members"),
    "zip, too many": (lambda: zipped([(f"{i}", b"") for i in range(6)]), "more than 5 members"),
    "zip, cut off": (lambda: zipped(FILES.items())[:-30], "damaged, or not an archive"),
    "archive too large": (lambda: zipped([("a", b"")]) + bytes(10**6), "expected at most 1 MB"),
    "tar, absolute": (lambda: tarred([("/etc/x", b"")]), OUTSIDE),
    "tar, parent": (lambda: tarred([("../x", b"")], "w:gz"), OUTSIDE),
    "tar, symbolic link": (lambda: tarred([("a", b"")], kind=tarfile.SYMTYPE), SPECIAL),
    "tar, hard link": (lambda: tarred([("a", b"")], kind=tarfile.LNKTYPE), SPECIAL),
    "tar, device": (lambda: tarred([("a", b"")], kind=tarfile.CHRTYPE), SPECIAL),
    "tar, fifo": (lambda: tarred([("a", b"")], kind=tarfile.FIFOTYPE), SPECIAL),
    "tar, twice": (lambda: tarred([("a", b"1"), ("a", b"2")]), "is there twice"),
    "tar, file and folder": (lambda: tarred([("a", b"1"), ("a/b", b"2")]), "is a file and a folder"),
    "tar, Latin-1": (lambda: renamed(tarred([("gr~n", b"")], "w"), b"gr~n", b"gr\xfcn"), "damaged"),
    "tar, bomb": (lambda: tarred([("a", bytes(10**7))], "w:gz"), "10 MB unpacked"),
    "tar, many small": (
        lambda: tarred([(f"{i}", bytes(19_000)) for i in range(3)], "w:xz"),
        "unpacks to more than",
    ),
    "tar, too many": (lambda: tarred([(f"{i}", b"") for i in range(6)], "w:bz2"), "more than 5 members"),
    "tar, cut off": (lambda: tarred(FILES.items(), "w:gz")[:-30], "damaged"),
    "tar, cut off inside": (lambda: tarred(FILES.items())[:3000], "damaged"),
    "gzip of something else": (lambda: gzip.compress(b"text" * 500), "damaged"),
    "text": (lambda: b"mass,coupling\n" * 100, "not an archive; expected a zip or tar file"),
    "empty": (lambda: b"", "not an archive; expected a zip or tar file"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_line_with_nothing_written(tmp_path, case):
    content, words = REFUSED[case]
    path = tmp_path / "theirs.zip"
    path.write_bytes(content())
    for read in (read_archive, lambda *given: extract_archive(path, tmp_path / "target", SMALL)):
        with pytest.raises(DataError) as refusal:
            read(path, SMALL)
        assert words in str(refusal.value)
        assert str(path) in str(refusal.value)
        assert "\n" not in str(refusal.value)
        assert str(refusal.value).isprintable()
    assert [p.name for p in tmp_path.iterdir()] == ["theirs.zip"]


def test_a_missing_file_or_a_folder_is_one_line(tmp_path):
    for path, words in ((tmp_path / "none.zip", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(DataError, match=words):
            read_archive(path)


def test_a_target_that_holds_something_is_left_alone(tmp_path):
    path, target = tmp_path / "some.zip", tmp_path / "target"
    write_zip(path, FILES)
    target.mkdir()
    extract_archive(path, target)
    with pytest.raises(DataError, match="expected a new or empty folder"):
        extract_archive(path, target)
    assert (target / "run/result.json").read_bytes() == FILES["run/result.json"]


def test_a_header_that_claims_a_huge_name_is_not_believed(tmp_path):
    # an extended header of 1 GB would be read into memory before any member is seen
    entry = tarfile.TarInfo("pax")
    entry.type, entry.size = tarfile.XHDTYPE, 10**9
    path = tmp_path / "some.tar.gz"
    path.write_bytes(gzip.compress(entry.tobuf() + bytes(4 * 10**6)))
    with pytest.raises(DataError, match="unpacks to more than"):
        read_archive(path, SMALL)


VALID = [zipped(FILES.items()), tarred(FILES.items()), tarred(FILES.items(), "w:gz")]


@settings(max_examples=150)
@given(st.sampled_from(VALID), st.integers(0, 10**6), st.integers(0, 255), st.integers(0, 12))
def test_any_damaged_bytes_are_read_or_refused(tmp_path_factory, archive, position, value, length):
    content = bytearray(archive)
    at = position % len(content)
    content[at : at + length] = bytes([value]) * length
    path = tmp_path_factory.mktemp("fuzz") / "some"
    path.write_bytes(content)
    try:
        found = read_archive(path)
    except DataError as error:
        found = {str(error): b""}
    assert not any("\n" in name for name in found)
